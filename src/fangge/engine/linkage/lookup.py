"""Rows found by a number, without a look at the others.

A row points to the next with the same hash: a column of pointers, made in one pass.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.linkage.codes import PRIME, Bytes, Flags, Int, Ints

Places = NDArray[np.int32]

ROWS_A_BUCKET = 4
FEWEST_BITS = 4
WORD_BITS = 64
NOBODY = -1


class Chains(NamedTuple):
    """Rows by the hash of their key."""

    first: Places  # of each bucket
    following: Places  # of each row


class FewChains(NamedTuple):
    """A few of the rows by the hash of their key, with the key."""

    chains: Chains
    keys: Ints
    rows: Places


def chain_keys(keys: Ints) -> Chains:
    """Chain the rows of keys; 0 is no key."""
    return Chains(*_chain_keys(keys, _count_bits(len(keys))))


def chain_few(keys: Ints, rows: Places) -> FewChains:
    """Chain the keys that a few rows have."""
    return FewChains(chain_keys(keys), keys, rows)


def distinct(values: Ints) -> Ints:
    """Give each value once, in order."""
    ordered = np.sort(values)
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]
    return np.asarray(ordered[first])


@numba.njit(cache=True, nogil=True)
def seek_sorted(held: Ints, wanted: Ints) -> Ints:
    """Give the row of each wanted number in a sorted column, or NOBODY.

    Numbers that are in order are found by strides from the one before.
    """
    found = np.full(len(wanted), NOBODY, dtype=np.int64)
    low = 0
    for i in range(len(wanted)):
        if i and wanted[i] < wanted[i - 1]:
            low = 0
        stride = 1
        high = low
        while high < len(held) and held[high] < wanted[i]:
            low = high
            high += stride
            stride *= 2
        high = min(high, len(held) - 1)
        while low < high:
            middle = (low + high) >> 1
            if held[middle] < wanted[i]:
                low = middle + 1
            else:
                high = middle
        if low < len(held) and held[low] == wanted[i]:
            found[i] = low
    return found


def are_among(values: Ints, held: Ints) -> Flags:
    """Tell which values are among some that are in order."""
    if not held.size:
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(held, values), len(held) - 1)
    return np.asarray(held[at] == values)


def _count_bits(n_keys: int) -> int:
    return max(FEWEST_BITS, (n_keys // ROWS_A_BUCKET).bit_length())


def list_candidates(chains: Chains, wanted: Ints) -> tuple[Ints, Ints]:
    """List the rows whose key may be the wanted one: which it is of `wanted`, and the row."""
    return _list_candidates(*chains, wanted)


def list_few(few: FewChains, wanted: Ints) -> tuple[Ints, Ints]:
    """List the rows whose key is the wanted one: which it is of `wanted`, and the row."""
    which, places = _list_candidates(*few.chains, wanted)
    same = few.keys[places] == wanted[which]
    return which[same], few.rows[places[same]].astype(np.int64)


def mark_known(few: FewChains, keys: Ints) -> Flags:
    """Tell which keys a few rows have; 0 is no key."""
    return np.asarray(_mark_known(*few.chains, few.keys, keys))


@numba.njit(cache=True, nogil=True)
def _bucket(key: Int, n_bits: Int) -> Int:
    return np.int64((np.uint64(key) * PRIME) >> np.uint64(WORD_BITS - n_bits))


@numba.njit(cache=True, nogil=True)
def _chain_keys(keys: Ints, n_bits: int) -> tuple[Places, Places]:
    first = np.full(1 << n_bits, NOBODY, dtype=np.int32)
    following = np.full(len(keys), NOBODY, dtype=np.int32)
    for place in range(len(keys) - 1, -1, -1):
        if keys[place] != 0:
            bucket = _bucket(keys[place], n_bits)
            following[place] = first[bucket]
            first[bucket] = place
    return first, following


@numba.njit(cache=True, nogil=True)
def _list_candidates(first: Places, following: Places, wanted: Ints) -> tuple[Ints, Ints]:
    n_bits = 0
    while (1 << n_bits) < len(first):
        n_bits += 1
    n_found = 0
    for key in wanted:
        place = first[_bucket(key, n_bits)]
        while place >= 0:
            n_found += 1
            place = following[place]
    which, found = np.empty(n_found, dtype=np.int64), np.empty(n_found, dtype=np.int64)
    n_found = 0
    for number in range(len(wanted)):
        place = first[_bucket(wanted[number], n_bits)]
        while place >= 0:
            which[n_found], found[n_found] = number, place
            n_found += 1
            place = following[place]
    return which, found


@numba.njit(cache=True, nogil=True)
def _mark_known(first: Places, following: Places, held: Ints, keys: Ints) -> Flags:
    n_bits = 0
    while (1 << n_bits) < len(first):
        n_bits += 1
    known = np.zeros(len(keys), dtype=np.bool_)
    for i in range(len(keys)):
        place = first[_bucket(keys[i], n_bits)] if keys[i] != 0 else NOBODY
        while place >= 0 and not known[i]:
            known[i] = held[place] == keys[i]
            place = following[place]
    return known


class Sole(NamedTuple):
    """Of each key, whether one group alone has it, and who of it comes first."""

    n_groups: Ints  # 0, 1, or 2 for more and for a group that cannot be the only one
    row: Ints


def find_sole(
    chains: Chains,
    wanted: Ints,
    keys: Ints,
    passed: Flags,
    groups: Ints,
    holds: Flags | Bytes,
    also_passed: Bytes | None = None,
) -> Sole:
    """Tell which keys only one group has; rows that are passed over do not count.

    `chains` are of all rows of `keys`. A group that does not hold is never the only one.
    """
    also = np.zeros(len(keys), dtype=np.uint8) if also_passed is None else also_passed
    return Sole(
        *_find_sole(
            chains.first, chains.following, wanted, keys, passed, groups, holds.view(np.uint8), also
        )
    )


@numba.njit(cache=True, nogil=True)
def _find_sole(
    first: Places,
    following: Places,
    wanted: Ints,
    keys: Ints,
    passed: Flags,
    groups: Ints,
    holds: Bytes,
    also_passed: Bytes,
) -> tuple[Ints, Ints]:
    n_bits = 0
    while (1 << n_bits) < len(first):
        n_bits += 1
    n_groups = np.zeros(len(wanted), dtype=np.int64)
    rows = np.full(len(wanted), NOBODY, dtype=np.int64)
    for number in range(len(wanted)):
        key = wanted[number]
        row = first[_bucket(key, n_bits)]
        while row >= 0 and n_groups[number] <= 1:
            if keys[row] == key and not passed[row] and not also_passed[row]:
                if rows[number] < 0:
                    rows[number] = row
                    n_groups[number] = 1 if holds[row] else 2
                elif groups[row] != groups[rows[number]]:
                    n_groups[number] = 2
            row = following[row]
    return n_groups, rows


@numba.njit(cache=True, nogil=True)
def link_rings(labels: Ints) -> Places:
    """Let each row point to the next with its label, and the last to the first.

    A label is the first row that bears it.
    """
    ring = np.arange(len(labels), dtype=np.int32)
    for row in range(len(labels) - 1, -1, -1):
        label = labels[row]
        if label != row:
            ring[row] = ring[label] if ring[label] != label else label
            ring[label] = row
    return ring


@numba.njit(cache=True, nogil=True)
def walk_rings(ring: Places, rows: Ints, seen: Flags) -> Ints:
    """List all rows of the rings of these rows that were not seen yet, and mark them as seen."""
    found = np.empty(len(ring), dtype=np.int64)
    n_found = 0
    for row in rows:
        here = np.int64(row)
        while not seen[here]:
            seen[here] = True
            found[n_found] = here
            n_found += 1
            here = np.int64(ring[here])
    return found[:n_found].copy()
