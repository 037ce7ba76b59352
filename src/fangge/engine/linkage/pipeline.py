"""The stages in order."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from fangge.engine.linkage.blocking import named_rows, pair_records
from fangge.engine.linkage.clustering import (
    Grouped,
    Links,
    attach_rows,
    describe_clusters,
    find_bearers,
    group_rows,
    measure_known_bits,
)
from fangge.engine.linkage.codes import Flags
from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.constraints import honour_decisions
from fangge.engine.linkage.decision import decide_pairs
from fangge.engine.linkage.parameters import Parameters, rescale_prior
from fangge.engine.linkage.schema import REVIEWED
from fangge.engine.linkage.scoring import count_values, score_pairs
from fangge.engine.linkage.standardise.records import prepare_records


@dataclass(frozen=True, slots=True)
class Linked:
    """What a run found: CLUSTERS, and the pairs that a person should look at."""

    clusters: pl.DataFrame
    pairs: pl.DataFrame
    prepared: pl.DataFrame | None = None
    """The records as numbers, where the run was over all of them in one place."""
    first_rows: pl.Series | None = None
    """The row of the first record of each one's cluster, where no person decided any."""


def link_records(
    records: pl.DataFrame, parameters: Parameters, decided: pl.DataFrame | None = None
) -> Linked:
    """Find which records are one subject: standardise, block, compare, score, decide, cluster.

    Parameters
    ----------
    records : polars.DataFrame
        RESIDENT_RECORD or ORGANISATION_RECORD, in any order.
    parameters : Parameters
        Of the same kind of subject.
    decided : polars.DataFrame, optional
        left, right (the smaller record_id first) and is_same: what persons decided; it holds
        whatever the evidence says, and such a pair is not offered again.

    Returns
    -------
    Linked
        The order of rows does not change the answer.
    """
    prepared = prepare_records(records, parameters)
    fitted = rescale_prior(parameters, prepared.height)
    counts = count_values(prepared, fitted)
    linked = cluster_prepared(prepared, find_edges(prepared, counts, fitted), fitted, decided)
    known = [] if linked.first_rows is None else [linked.first_rows]
    return replace(linked, prepared=prepared.with_columns(known))


def find_edges(
    prepared: pl.DataFrame,
    counts: pl.DataFrame,
    parameters: Parameters,
    *,
    seekers: Flags | None = None,
) -> pl.DataFrame:
    """Give the pairs of rows that link or are for a person: PLACES and weight.

    `seekers`, if given, are the rows whose pairs are wanted.
    """
    pairs = pair_records(prepared, parameters, seekers=seekers)
    scored = score_pairs(prepared, compare_pairs(prepared, pairs, parameters), counts, parameters)
    return scored.filter(pl.col("weight") >= parameters.review_from_bits)


def cluster_prepared(
    prepared: pl.DataFrame,
    edges: pl.DataFrame,
    parameters: Parameters,
    decided: pl.DataFrame | None = None,
) -> Linked:
    """Group prepared records by their identifiers and edges, and list what is left in doubt.

    `decided` is as in `link_records`.
    """
    linked, doubtful = decide_pairs(edges, parameters)
    named = named_rows(prepared, parameters)
    codes = (
        prepared[parameters.identifier].to_numpy()
        if parameters.identifier
        else np.zeros(prepared.height, dtype=np.int64)
    )
    links = Links(*(linked[name].to_numpy() for name in ("left", "right", "weight")))
    grouped = group_rows(codes, links)
    cut = linked.filter(pl.Series(grouped.is_cut))
    unsure = pl.concat([doubtful, cut])
    grouped, attached, lone = _join_by_name(prepared, codes, grouped, unsure, parameters)
    clusters = describe_clusters(prepared["record_id"], codes, grouped, attached)
    pairs = _list_doubts(pl.concat([doubtful, lone]), cut, grouped.labels, named)
    ids = prepared["record_id"]
    found = Linked(
        clusters=clusters,
        pairs=_name_rows(pairs, ids).sort("left", "right"),
        first_rows=pl.Series("first_row", grouped.labels),
    )
    if decided is None or decided.is_empty():
        return found
    keys = pl.DataFrame({"record_id": ids, "key": codes}).filter(pl.col("key") != 0)
    return _keep_decided(found, keys, _name_rows(linked, ids), decided)


def _name_rows(pairs: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Put record_id for the places of prepared records."""
    return pairs.select(
        ids.gather(pairs["left"]).alias("left"), ids.gather(pairs["right"]).alias("right"), "weight"
    )


def _keep_decided(
    found: Linked, keys: pl.DataFrame, links: pl.DataFrame, decided: pl.DataFrame
) -> Linked:
    """Let what persons decided hold, and leave in doubt only what is still apart and undecided."""
    clusters = honour_decisions(found.clusters, keys, links, decided)
    labels = clusters.select("record_id", "cluster")
    apart = (
        found.pairs.join(labels, left_on="left", right_on="record_id")
        .join(labels, left_on="right", right_on="record_id", suffix="_right")
        .filter(pl.col("cluster") != pl.col("cluster_right"))
        .join(decided, on=["left", "right"], how="anti")
    )
    return Linked(clusters=clusters, pairs=apart.select(found.pairs.columns).sort("left", "right"))


def _join_by_name(
    prepared: pl.DataFrame,
    codes: np.ndarray,
    grouped: Grouped,
    unsure: pl.DataFrame,
    parameters: Parameters,
) -> tuple[Grouped, np.ndarray, pl.DataFrame]:
    """Join records that say only a name to the only subject that has it, if most are known."""
    nobody = np.zeros(0, dtype=np.int64)
    if parameters.lone_field is None:
        return grouped, nobody, unsure.clear()
    is_bare = prepared["is_bare"].to_numpy() != 0
    bits = parameters.lone_bits
    if bits is None:
        bits = measure_known_bits(codes, is_bare, grouped.labels)
    if bits is None or bits < parameters.review_from_bits:
        return grouped, nobody, unsure.clear()
    lone = is_bare & (codes == 0) & np.isnan(grouped.strongest)
    lone[unsure["left"].to_numpy()] = False
    lone[unsure["right"].to_numpy()] = False
    names = prepared[parameters.lone_field].to_numpy()
    rows, bearers = find_bearers(codes, names, lone, grouped.labels)
    if bits >= parameters.link_from_bits:
        return attach_rows(grouped, rows, bearers, bits), rows, unsure.clear()
    pairs = {"left": np.minimum(rows, bearers), "right": np.maximum(rows, bearers)}
    return (
        grouped,
        nobody,
        pl.DataFrame(
            {**pairs, "weight": np.full(rows.size, bits, dtype=np.float32)}, schema=unsure.schema
        ),
    )


def _list_doubts(
    doubtful: pl.DataFrame, cut: pl.DataFrame, labels: np.ndarray, named: np.ndarray
) -> pl.DataFrame:
    """List the strongest pair between each two clusters, and what was cut.

    Two clusters with identifiers of their own are two subjects: no pair between them is in doubt.
    """
    holds = np.zeros(len(labels), dtype=np.bool_)
    holds[labels[named]] = True
    ends = [labels[doubtful[side].to_numpy()] for side in ("left", "right")]
    open_pairs = (ends[0] != ends[1]) & ~(holds[ends[0]] & holds[ends[1]])
    left = doubtful.with_columns(
        first=pl.Series(np.minimum(*ends)), second=pl.Series(np.maximum(*ends))
    ).filter(pl.Series(open_pairs))
    both = pl.concat(
        [
            left,
            cut.with_columns(
                first=pl.Series(labels[cut["left"].to_numpy()]),
                second=pl.Series(labels[cut["right"].to_numpy()]),
            ).select(left.columns),
        ]
    )
    return (
        both.sort(["weight", "left", "right"], descending=[True, False, False])
        .unique(["first", "second"], keep="first", maintain_order=True)
        .select(list(REVIEWED))
    )
