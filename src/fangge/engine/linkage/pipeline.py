"""The stages in order."""

from dataclasses import dataclass

import polars as pl

from fangge.engine.linkage.blocking import pair_records
from fangge.engine.linkage.clustering import cluster_records
from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.decision import decide_pairs
from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.scoring import score_pairs
from fangge.engine.linkage.standardise.records import standardise_records


@dataclass(frozen=True, slots=True)
class Linked:
    """What a run found: CLUSTERS, and the pairs that a person should look at."""

    clusters: pl.DataFrame
    pairs: pl.DataFrame


def link_records(records: pl.DataFrame, parameters: Parameters) -> Linked:
    """Find which records are one subject: standardise, block, compare, score, decide, cluster.

    Parameters
    ----------
    records : polars.DataFrame
        RESIDENT_RECORD or ORGANISATION_RECORD, in any order.
    parameters : Parameters
        Of the same kind of subject.

    Returns
    -------
    Linked
        The order of rows does not change the answer.
    """
    ready = standardise_records(records)
    pairs = pair_records(ready, parameters)
    scored = score_pairs(compare_pairs(ready, pairs, parameters), parameters)
    linked, doubtful = decide_pairs(scored, parameters)
    clusters, cut = cluster_records(
        ready, linked.select("left", "right", "weight"), parameters.identifier
    )
    joined = (
        dict(zip(clusters["record_id"], clusters["cluster"], strict=True))
        if doubtful.height
        else {}
    )
    apart = (
        doubtful.select("left", "right", "weight").filter(
            pl.col("left").replace_strict(joined, default=None)
            != pl.col("right").replace_strict(joined, default=None)
        )
        if joined
        else doubtful.select("left", "right", "weight")
    )
    return Linked(clusters=clusters, pairs=pl.concat([apart, cut]).sort("left", "right"))
