"""Links to clusters, none of which contradicts itself."""

from typing import NamedTuple

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.linkage.codes import Flags, Int, Ints
from fangge.engine.linkage.grouping import group_members, lead_codes
from fangge.engine.linkage.schema import CLUSTERS

Weights = NDArray[np.float32]

METHODS = ("single", "identifier", "score", "name")
STEPS_A_BIT = 2
LEAST_MEASURED = 200
"""So many records with an identifier and no more than a name tell how many such are known."""
SURE_BITS = 12.0


class Links(NamedTuple):
    """Links by rows of the prepared records, the strongest of each pair of rows once."""

    left: Ints
    right: Ints
    weight: Weights


class Grouped(NamedTuple):
    """The cluster of each row, and which links joined or were cut."""

    labels: Ints  # the first row of the row's cluster
    strongest: Weights  # of the links that joined each row to others; NaN without one
    is_cut: Flags  # of each link: it would have joined two different identifiers


def group_rows(codes: Ints, links: Links) -> Grouped:
    """Group rows by their identifier and by links, the strongest links first.

    A link that would join two different identifiers is cut, so that no chain contradicts itself.
    Equally strong links are taken in the order of their rows.

    Parameters
    ----------
    codes : int64 array
        Number of the valid identifier of each row; 0 for none.
    links : Links
        In the order of their rows.
    """
    # Sixty-fourths of a bit fit sixteen bits, which NumPy sorts by their digits.
    steps = np.clip(np.rint(links.weight * 64), -32_000, 32_000).astype(np.int16)
    order = np.argsort(-steps, kind="stable")
    labels, is_cut = _join_rows(lead_codes(codes), codes != 0, links.left, links.right, order)
    strongest = np.full(len(codes), np.nan, dtype=np.float32)
    _keep_strongest(strongest, links.left, links.right, links.weight, is_cut)
    return Grouped(labels, strongest, is_cut)


@numba.njit(cache=True, nogil=True)
def _lead(leaders: Ints, row: Int) -> Int:
    while leaders[row] != row:
        leaders[row] = leaders[leaders[row]]
        row = leaders[row]
    return row


@numba.njit(cache=True, nogil=True)
def _join_rows(
    leaders: Ints, holds: Flags, left: Ints, right: Ints, order: Ints
) -> tuple[Ints, Flags]:
    """Join greedily; a leader is the first row of its group and knows if it holds an identifier."""
    is_cut = np.zeros(len(left), dtype=np.bool_)
    for link in order:
        a, b = _lead(leaders, left[link]), _lead(leaders, right[link])
        if a == b:
            continue
        if holds[a] and holds[b]:
            is_cut[link] = True
            continue
        first, second = min(a, b), max(a, b)
        leaders[second] = first
        holds[first] = holds[a] or holds[b]
    for row in range(len(leaders)):
        leaders[row] = leaders[leaders[row]]
    return leaders, is_cut


@numba.njit(cache=True, nogil=True)
def _keep_strongest(
    strongest: Weights, left: Ints, right: Ints, weight: Weights, is_cut: Flags
) -> None:
    for link in range(len(left)):
        if not is_cut[link]:
            for row in (left[link], right[link]):
                if not strongest[row] >= weight[link]:
                    strongest[row] = weight[link]


def count_known(codes: Ints, is_bare: Flags, labels: Ints) -> tuple[int, int]:
    """Count records that say no more than a name but have an identifier.

    Returns
    -------
    n_known, n_counted : two int
        How many of them are in a cluster with a record that says more, and how many there are.
    """
    says_more = np.zeros(len(labels), dtype=np.bool_)
    says_more[labels[~is_bare]] = True
    known = says_more[labels[is_bare & (codes != 0)]]
    return int(known.sum()), int(known.size)


def known_bits(n_known: int, n_counted: int) -> float | None:
    """Give the odds, in bits, that a record with no more than a name is of a known subject.

    It is measured on those that `count_known` counts. None if they are too few to tell.
    """
    if n_counted < LEAST_MEASURED:
        return None
    odds = np.log2(max(n_known, 1) / max(n_counted - n_known, 1))
    return float(np.clip(np.floor(STEPS_A_BIT * odds) / STEPS_A_BIT, -SURE_BITS, SURE_BITS))


def find_bearers(codes: Ints, names: Ints, lone: Flags, labels: Ints) -> tuple[Ints, Ints]:
    """Find, for lone rows, the only cluster with an identifier that has their name.

    Returns
    -------
    rows, bearers : two int64 arrays
        A lone row, and the first row with its name in that cluster.
    """
    firsts, members = group_members(names, lone)
    holds = np.zeros(len(labels), dtype=np.bool_)
    holds[labels[codes != 0]] = True
    return _find_bearers(firsts, members, lone, labels, holds)


@numba.njit(cache=True, nogil=True)
def _find_bearers(
    firsts: Ints, members: Ints, lone: Flags, labels: Ints, holds: Flags
) -> tuple[Ints, Ints]:
    rows, bearers = np.zeros(len(members), dtype=np.int64), np.zeros(len(members), dtype=np.int64)
    n_found = 0
    for group in range(len(firsts) - 1):
        bearer, n_clusters = -1, 0
        for at in range(firsts[group], firsts[group + 1]):
            row = members[at]
            if lone[row]:
                continue
            # A cluster without an identifier may be anybody, and so nobody is the only one.
            if bearer < 0 or labels[row] != labels[bearer]:
                n_clusters += 1 if holds[labels[row]] else 2
                bearer = row if bearer < 0 else bearer
        if n_clusters == 1:
            for at in range(firsts[group], firsts[group + 1]):
                if lone[members[at]]:
                    rows[n_found], bearers[n_found] = members[at], bearer
                    n_found += 1
    return rows[:n_found], bearers[:n_found]


def attach_rows(grouped: Grouped, rows: Ints, bearers: Ints, bits: float) -> Grouped:
    """Add lone rows to the clusters of their bearers."""
    labels, strongest = grouped.labels.copy(), grouped.strongest.copy()
    _attach(labels, rows, bearers)
    strongest[rows] = bits
    return Grouped(labels, strongest, grouped.is_cut)


@numba.njit(cache=True, nogil=True)
def _attach(labels: Ints, rows: Ints, bearers: Ints) -> None:
    first = np.arange(len(labels))
    for i in range(len(rows)):
        label = labels[bearers[i]]
        first[label] = min(first[label], rows[i])
        labels[rows[i]] = label
    for row in range(len(labels)):
        labels[row] = first[labels[row]]


def describe_clusters(
    ids: pl.Series, labels: Ints, methods: NDArray[np.uint8], strongest: Weights
) -> pl.DataFrame:
    """Write CLUSTERS: each record's cluster, and how it came there."""
    return pl.DataFrame(
        {
            "record_id": ids,
            "cluster": ids.gather(labels),
            "method": pl.Series(METHODS).gather(methods),
            "weight": pl.Series(strongest, nan_to_null=True),
        },
        schema=dict(CLUSTERS),
    )


@numba.njit(cache=True, nogil=True)
def tell_methods(codes: Ints, labels: Ints) -> NDArray[np.uint8]:
    """Tell of METHODS how each row came to its cluster, by an identifier or by a score."""
    n = len(codes)
    n_here, n_coded = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int32)
    for row in range(n):
        n_here[labels[row]] += 1
        n_coded[labels[row]] += codes[row] != 0
    method = np.zeros(n, dtype=np.uint8)
    for row in range(n):
        if n_here[labels[row]] > 1:
            method[row] = 1 if codes[row] != 0 and n_coded[labels[row]] > 1 else 2
    return method
