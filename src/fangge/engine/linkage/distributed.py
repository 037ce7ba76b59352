"""The same stages on Spark: each shard goes through the local engine, so that the result is equal.

What runs on the workers takes and gives Arrow batches. `mapInArrow` goes by position, so columns
are put in order; it has no unsigned numbers, so all are Int64.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from fangge.engine.linkage.blocking import block_keys, named_rows
from fangge.engine.linkage.codes import Flags, Ints
from fangge.engine.linkage.parameters import Parameters, rescale_prior
from fangge.engine.linkage.pipeline import Linked, cluster_prepared, find_edges
from fangge.engine.linkage.schema import REVIEWED, VALUE_COUNTS, Schema
from fangge.engine.linkage.scoring import count_values
from fangge.engine.linkage.standardise.records import prepare_records
from fangge.engine.linkage.survivorship import N_PLANE, measure_commonness

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Batches = Iterator[pa.RecordBatch]
Work = Callable[[pl.DataFrame], pl.DataFrame]
KEYED: Schema = {"_block": pl.Int64, "_key": pl.Int64}
"""Which block a copy of a record is for, and the value that it has there."""


def link_distributed(records: "DataFrame", parameters: Parameters, *, n_shards: int) -> Linked:
    """Find which records are one subject, as `link_records` does and with the same result.

    Parameters
    ----------
    records : pyspark.sql.DataFrame
        RESIDENT_RECORD, ORGANISATION_RECORD or any other with the fields of the parameters.
    parameters : Parameters
        Of the same kind of subject.
    n_shards : int
        Into how many parts the candidates are dealt out.

    Returns
    -------
    Linked
        On the driver: its memory holds a few numbers for each record, but no text.

    Notes
    -----
    A record is sent to a shard once for each block in which a record without an identifier could
    meet it, so that both sides of every candidate pair are there, and the whole block with them.
    """
    spark = records.sparkSession
    prepared = _map(records, lambda rows: prepare_records(rows, parameters)).persist()
    try:
        own = filter(None, dict.fromkeys((parameters.identifier, parameters.lone_field, "is_bare")))
        narrow = _collect(prepared.select("record_id", *own)).sort("record_id")
        fitted = rescale_prior(parameters, narrow.height)
        counts = _count(prepared, fitted)
        edges = _find_edges(spark, prepared, counts, fitted, n_shards)
    finally:
        prepared.unpersist()
    ids = narrow["record_id"].to_numpy()
    places = edges.select(
        left=pl.Series(np.searchsorted(ids, edges["left"].to_numpy())),
        right=pl.Series(np.searchsorted(ids, edges["right"].to_numpy())),
        weight="weight",
    ).sort("left", "right")
    return cluster_prepared(narrow, places, fitted)


def choose_distributed(
    records: "DataFrame",
    clusters: pl.DataFrame,
    choose: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame],
    *,
    n_shards: int,
) -> "DataFrame":
    """Choose the best values of each subject where its records meet.

    Parameters
    ----------
    records : pyspark.sql.DataFrame
        As they were linked.
    clusters : polars.DataFrame
        record_id and cluster.
    choose : callable
        Gives the entries of whole clusters from their records and clusters.
    n_shards : int
        Into how many parts the clusters are dealt out.

    Returns
    -------
    pyspark.sql.DataFrame
        The entries, in no order.
    """
    spark = records.sparkSession
    known = spark.createDataFrame(_to_arrow(clusters.select("record_id", "cluster")))
    together = records.join(known, "record_id").repartition(n_shards, "cluster")
    return _map(
        together,
        lambda rows: choose(rows.drop("cluster"), rows.select("record_id", "cluster")),
        whole=True,
    )


def measure_distributed(records: "DataFrame", field: str) -> Ints:
    """Count the characters of all names, as `measure_commonness` does of a column."""
    parts = _map(
        records.select(field),
        lambda rows: (
            pl.DataFrame({"n": measure_commonness(rows[field])})
            .with_row_index("character")
            .select(pl.col("character").cast(pl.Int64), "n")
            .filter(pl.col("n") > 0)
        ),
    )
    added = _collect(parts.groupBy("character").sum("n").toDF("character", "n"))
    counts = np.zeros(N_PLANE, dtype=np.int64)
    counts[added["character"].to_numpy()] = added["n"].to_numpy()
    return counts


def _count(prepared: "DataFrame", parameters: Parameters) -> pl.DataFrame:
    """Add up each value's count over all parts."""
    parts = _map(prepared, lambda rows: count_values(rows, parameters))
    added = parts.groupBy("field", "value").sum("n").toDF(*VALUE_COUNTS)
    return _collect(added.select(*VALUE_COUNTS)).sort("field", "value")


def _find_edges(
    spark: "SparkSession",
    prepared: "DataFrame",
    counts: pl.DataFrame,
    parameters: Parameters,
    n_shards: int,
) -> pl.DataFrame:
    """Give the pairs of records, by record_id, that link or are for a person."""
    keys = _collect(_map(prepared, lambda rows: _seek_keys(rows, parameters)).distinct())
    sought = spark.sparkContext.broadcast(
        [keys.filter(_block=at)["_key"].sort().to_numpy() for at in range(len(parameters.blocks))]
    )
    shared = spark.sparkContext.broadcast(counts)
    keyed = _map(prepared, lambda rows: _deal_rows(rows, parameters, sought.value))
    dealt = keyed.repartition(n_shards, *KEYED)
    found = _map(dealt, lambda rows: _pair_shard(rows, shared.value, parameters), whole=True)
    return _collect(found.distinct())


def _seek_keys(rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Give the keys of records without an identifier: a block without one of them has no pairs."""
    nameless = ~named_rows(rows, parameters)
    found = []
    for at, block in enumerate(parameters.blocks):
        keys = block_keys(rows, block)
        own = pl.Series("_key", keys[nameless & (keys != 0)]).unique()
        found.append(pl.DataFrame(own).select(pl.lit(at, pl.Int64).alias("_block"), "_key"))
    return pl.concat(found)


def _deal_rows(
    rows: pl.DataFrame, parameters: Parameters, sought: list[np.ndarray]
) -> pl.DataFrame:
    """Give each record once for each block where somebody without an identifier is."""
    dealt = []
    for at, block in enumerate(parameters.blocks):
        keys = block_keys(rows, block)
        kept = _are_among(keys, sought[at])
        dealt.append(
            rows.filter(pl.Series(kept)).with_columns(
                _block=pl.lit(at, pl.Int64), _key=pl.Series(keys[kept])
            )
        )
    return pl.concat(dealt)


def _are_among(keys: Ints, held: Ints) -> Flags:
    """Tell the keys that are among others, which are in order."""
    if not len(held):
        return np.zeros(len(keys), dtype=np.bool_)
    at = np.minimum(np.searchsorted(held, keys), len(held) - 1)
    return np.asarray(held[at] == keys)


def _pair_shard(rows: pl.DataFrame, counts: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Find the edges of the blocks that are whole in this shard."""
    found = [pl.DataFrame(schema=dict(REVIEWED))]
    for at, block in enumerate(parameters.blocks):
        part = rows.filter(_block=at).drop(*KEYED).sort("record_id")
        edges = find_edges(part, counts, replace(parameters, blocks=(block,)))
        ids = part["record_id"]
        found.append(
            edges.select(
                left=ids.gather(edges["left"]), right=ids.gather(edges["right"]), weight="weight"
            )
        )
    return pl.concat(found).unique()


def _map(frame: "DataFrame", work: Work, *, whole: bool = False) -> "DataFrame":
    """Let the workers do work on each batch, or on each partition as a whole.

    What it gives is told by what it makes of no rows.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    nothing = to_arrow_schema(frame.schema).empty_table()
    target = _to_arrow(work(pl.DataFrame(nothing))).schema

    def go(batches: Batches) -> Batches:
        tables = (pa.Table.from_batches([batch]) for batch in batches)
        for table in [pa.concat_tables([nothing, *tables])] if whole else tables:
            if table.num_rows:
                made = work(pl.DataFrame(table)).select(target.names)
                yield from _to_arrow(made).cast(target).to_batches()

    return frame.mapInArrow(go, from_arrow_schema(target))


def _collect(frame: "DataFrame") -> pl.DataFrame:
    return pl.DataFrame(frame.toArrow())


def _to_arrow(frame: pl.DataFrame) -> pa.Table:
    """Give the frame with texts as Spark knows them."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    plain = [
        field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(plain))
