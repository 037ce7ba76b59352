"""The stages in order."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.linkage.blocking import named_rows, pair_records
from fangge.engine.linkage.clustering import (
    METHODS,
    Grouped,
    Links,
    attach_rows,
    count_known,
    describe_clusters,
    find_bearers,
    group_rows,
    known_bits,
    tell_methods,
)
from fangge.engine.linkage.codes import Flags, Ints
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
    prepared: pl.DataFrame, counts: pl.DataFrame, parameters: Parameters
) -> pl.DataFrame:
    """Give the pairs of rows that link or are for a person: PLACES and weight."""
    pairs = pair_records(prepared, parameters)
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
    ids, found = prepared["record_id"], group_prepared(prepared, edges, parameters)
    linked = Linked(
        clusters=describe_clusters(
            ids, found.grouped.labels, found.methods, found.grouped.strongest
        ),
        pairs=name_rows(found.doubts, ids).sort("left", "right"),
        first_rows=pl.Series("first_row", found.grouped.labels),
    )
    if decided is None or decided.is_empty():
        return linked
    keys = pl.DataFrame({"record_id": ids, "key": found.codes}).filter(pl.col("key") != 0)
    return keep_decided(linked, keys, name_rows(found.links, ids), decided)


@dataclass(frozen=True, slots=True)
class Grouping:
    """How the evidence alone groups prepared rows, before what persons decided."""

    codes: Ints  # the number of each row's valid identifier; 0 for none
    grouped: Grouped
    methods: NDArray[np.uint8]  # of METHODS
    lone: Flags  # rows that say a name and no more, and nothing links
    borne: Flags  # those of them whose name one subject alone bears
    links: pl.DataFrame  # PLACES and weight
    doubts: pl.DataFrame  # PLACES and weight


def group_prepared(
    prepared: pl.DataFrame,
    edges: pl.DataFrame,
    parameters: Parameters,
    *,
    barred: Ints | None = None,
) -> Grouping:
    """Group prepared records by their identifiers and edges, and list what is left in doubt.

    `barred` are names that others bear who are not among these records: there a name is not enough.
    """
    links, doubtful = decide_pairs(edges, parameters)
    codes = identifier_codes(prepared, parameters)
    grouped = group_rows(
        codes, Links(*(links[name].to_numpy() for name in ("left", "right", "weight")))
    )
    cut = links.filter(pl.Series(grouped.is_cut))
    bits = _bits_of_a_name(prepared, codes, grouped, parameters)
    unsure = pl.concat([doubtful, cut])
    lone = _mark_lone(prepared, codes, grouped, unsure, bits)
    rows, bearers = _find_bearers(prepared, codes, grouped, lone, parameters, barred)
    attached = np.zeros(0, dtype=np.int64)
    if bits is not None and bits < parameters.link_from_bits:
        doubtful = pl.concat([doubtful, _pair_bearers(rows, bearers, bits)])
    elif bits is not None:
        grouped, attached = attach_rows(grouped, rows, bearers, bits), rows
    methods = tell_methods(codes, grouped.labels)
    methods[attached] = METHODS.index("name")
    borne = np.zeros(len(codes), dtype=np.bool_)
    borne[rows] = True
    named = named_rows(prepared, parameters)
    doubts = _list_doubts(doubtful, cut, grouped.labels, named)
    return Grouping(codes, grouped, methods, lone, borne, links, doubts)


def identifier_codes(prepared: pl.DataFrame, parameters: Parameters) -> Ints:
    """Give the number of each row's valid identifier; 0 for none."""
    if parameters.identifier is None:
        return np.zeros(prepared.height, dtype=np.int64)
    return np.asarray(prepared[parameters.identifier].to_numpy())


def name_rows(pairs: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Put record_id for the places of prepared records."""
    return pairs.select(
        ids.gather(pairs["left"]).alias("left"), ids.gather(pairs["right"]).alias("right"), "weight"
    )


def keep_decided(
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


def _bits_of_a_name(
    prepared: pl.DataFrame, codes: Ints, grouped: Grouped, parameters: Parameters
) -> float | None:
    """Give what a name alone says, in bits; nothing where it is not even a doubt."""
    if parameters.lone_field is None:
        return None
    bits = parameters.lone_bits
    if bits is None:
        bits = known_bits(*count_known(codes, prepared["is_bare"].to_numpy() != 0, grouped.labels))
    return None if bits is None or bits < parameters.review_from_bits else bits


def _mark_lone(
    prepared: pl.DataFrame, codes: Ints, grouped: Grouped, unsure: pl.DataFrame, bits: float | None
) -> Flags:
    """Mark the rows that say a name and no more, and that nothing links or may link."""
    if bits is None:
        return np.zeros(len(codes), dtype=np.bool_)
    is_bare = prepared["is_bare"].to_numpy() != 0
    lone = is_bare & (codes == 0) & np.isnan(grouped.strongest)
    lone[unsure["left"].to_numpy()] = False
    lone[unsure["right"].to_numpy()] = False
    return np.asarray(lone)


def _find_bearers(
    prepared: pl.DataFrame,
    codes: Ints,
    grouped: Grouped,
    lone: Flags,
    parameters: Parameters,
    barred: Ints | None,
) -> tuple[Ints, Ints]:
    """Give the lone rows whose name one subject alone bears, and a row of it that has the name."""
    if parameters.lone_field is None or not lone.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    names = prepared[parameters.lone_field].to_numpy()
    rows, bearers = find_bearers(codes, names, lone, grouped.labels)
    if barred is None:
        return rows, bearers
    free = ~np.isin(names[rows], barred)
    return rows[free], bearers[free]


def _pair_bearers(rows: Ints, bearers: Ints, bits: float) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "left": np.minimum(rows, bearers),
            "right": np.maximum(rows, bearers),
            "weight": np.full(rows.size, bits, dtype=np.float32),
        },
        schema=dict(REVIEWED),
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
