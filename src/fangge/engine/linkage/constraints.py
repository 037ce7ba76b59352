"""Clusters that keep what persons decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import polars as pl

from fangge.engine.linkage.schema import CLUSTERS

Edge = tuple[int, int]


def honour_decisions(
    clusters: pl.DataFrame, keys: pl.DataFrame, links: pl.DataFrame, decided: pl.DataFrame
) -> pl.DataFrame:
    """Join and part records as persons decided, and let the rest follow the evidence.

    Parameters
    ----------
    clusters : polars.DataFrame
        CLUSTERS, found without the decisions.
    keys : polars.DataFrame
        record_id and key of the records that have an identifier; equal keys name one subject.
    links : polars.DataFrame
        left, right and weight of the pairs that link.
    decided : polars.DataFrame
        left, right and is_same; pairs of records that are not there are passed over.

    Returns
    -------
    polars.DataFrame
        CLUSTERS. Two records that were decided to differ are never in one cluster; two decided
        to be the same are, unless that joins two that differ.

    Notes
    -----
    Only the clusters that a decision names are built anew: first the decisions join, then equal
    identifiers, then links, the strongest first, each unless it would join two that differ. What
    was in one cluster and may be, stays in one: a record taken out does not scatter the others.
    Of equal links the one with the smaller numbers goes first, so the order of rows is no matter.
    """
    known = decided.join(clusters.select("record_id"), left_on="left", right_on="record_id").join(
        clusters.select("record_id"), left_on="right", right_on="record_id"
    )
    if known.is_empty():
        return clusters
    named = pl.concat([known["left"], known["right"]]).unique()
    touched = clusters.filter(
        pl.col("cluster").is_in(
            clusters.filter(pl.col("record_id").is_in(named.implode()))["cluster"]
            .unique()
            .implode()
        )
    ).sort("record_id")
    groups = _Groups.of(touched["record_id"], known.filter(~pl.col("is_same")))
    forced = list(known.filter("is_same").sort("left", "right").select("left", "right").rows())
    joined = [edge for edge in forced if groups.join(*edge)]
    for edge in _edges_within(touched, keys, links):
        groups.join(*edge)
    return pl.concat(
        [clusters.join(touched, on="record_id", how="anti"), _describe(touched, groups, joined)]
    ).sort("record_id")


def _edges_within(touched: pl.DataFrame, keys: pl.DataFrame, links: pl.DataFrame) -> Iterable[Edge]:
    """Give what held the clusters together, best first: identifiers, links, having been one."""
    labels = touched.select("record_id", "cluster")
    keyed = (
        keys.join(labels, on="record_id")
        .sort("record_id")
        .with_columns(first=pl.col("record_id").first().over("key"))
    )
    yield from keyed.select("first", "record_id").rows()
    inside = (
        links.join(labels, left_on="left", right_on="record_id")
        .join(labels, left_on="right", right_on="record_id", suffix="_right")
        .filter(pl.col("cluster") == pl.col("cluster_right"))
        .sort(["weight", "left", "right"], descending=[True, False, False])
    )
    yield from inside.select("left", "right").rows()
    groups = labels.sort("record_id").group_by("cluster", maintain_order=True).agg("record_id")
    for members in groups["record_id"]:
        yield from combinations(members.to_list(), 2)


@dataclass(slots=True)
class _Groups:
    """Groups that grow, and for each the records that it must not take in."""

    leader: dict[int, int]
    members: dict[int, set[int]]
    foes: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: pl.Series, differing: pl.DataFrame) -> "_Groups":
        listed = ids.to_list()
        groups = cls({one: one for one in listed}, {one: {one} for one in listed})
        for left, right in differing.select("left", "right").rows():
            groups.foes.setdefault(left, set()).add(right)
            groups.foes.setdefault(right, set()).add(left)
        return groups

    def join(self, left: int, right: int) -> bool:
        """Join the groups of two records; say whether they are one now."""
        into, gone = sorted((self.leader[left], self.leader[right]))
        if into == gone:
            return True
        if self.foes.get(into, set()) & self.members[gone]:
            return False
        for record in self.members[gone]:
            self.leader[record] = into
        self.members[into] |= self.members.pop(gone)
        self.foes[into] = self.foes.get(into, set()) | self.foes.pop(gone, set())
        return True


def _describe(touched: pl.DataFrame, groups: _Groups, joined: list[Edge]) -> pl.DataFrame:
    by_person = np.unique(np.array(joined, dtype=np.int64).ravel())
    leaders = [groups.leader[record] for record in touched["record_id"]]
    alone = pl.len().over("cluster") == 1
    return (
        touched.with_columns(cluster=pl.Series(leaders, dtype=pl.Int64))
        .with_columns(
            method=pl.when(alone)
            .then(pl.lit("single"))
            .when(pl.col("record_id").is_in(by_person.tolist()))
            .then(pl.lit("person"))
            .otherwise("method"),
            weight=pl.when(~alone).then("weight"),
        )
        .select(list(CLUSTERS))
    )
