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
    """Give each value once, in order; values of a few runs that are in order cost a pass."""
    ordered = np.sort(values, kind="stable")
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]
    return np.asarray(ordered[first])


@numba.njit(cache=True, nogil=True)
def seek_sorted(held: Ints, wanted: Ints) -> Ints:
    """Give the row of each wanted number in a sorted column, or NOBODY.

    Each is looked for by strides from the one before: those that are in order are soon found.
    """
    found = np.full(len(wanted), NOBODY, dtype=np.int64)
    row: Int = np.int64(0)
    for i in range(len(wanted) if len(held) else 0):
        row = _lower_bound(held, wanted[i], row)
        if held[row] == wanted[i]:
            found[i] = row
    return found


@numba.njit(cache=True, nogil=True)
def _lower_bound(held: Ints, wanted: Int, guess: Int) -> Int:
    """Give the first row that is not before a number, or the last row, looking from a guess on."""
    low, high, stride = guess, guess, 1
    while low > 0 and held[low] >= wanted:
        high = low
        low = max(low - stride, 0)
        stride *= 2
    while high < len(held) - 1 and held[high] < wanted:
        low = high
        high = min(high + stride, len(held) - 1)
        stride *= 2
    while low < high:
        middle = (low + high) >> 1
        if held[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def are_among(values: Ints, held: Ints) -> Flags:
    """Tell which values are among some that are in order."""
    if not held.size:
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(held, values), len(held) - 1)
    return np.asarray(held[at] == values)


def _count_bits(n_keys: int) -> int:
    return max(FEWEST_BITS, (n_keys // ROWS_A_BUCKET).bit_length())


def list_candidates(chains: Chains, wanted: Ints) -> tuple[Ints, Ints]:
    """List the rows whose key may be the wanted one: which it is of `wanted`, and the row.

    The rows of each are in order.
    """
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
    """Go down all chains at once, a row of each at a time: none waits for another's to be fetched.

    So the rows of a key are in order, but those of other keys stand between them.
    """
    n_bits = 0
    while (1 << n_bits) < len(first):
        n_bits += 1
    rows, numbers = np.empty(len(wanted), dtype=np.int32), np.arange(len(wanted))
    for number in range(len(wanted)):
        rows[number] = first[_bucket(wanted[number], n_bits)]
    found = np.empty((2, 4 * len(wanted) + 1), dtype=np.int64)
    n_found, n_left = 0, len(wanted)
    while n_left:
        if n_found + n_left > found.shape[1]:
            more = np.empty((2, 2 * (n_found + n_left)), dtype=np.int64)
            more[:, :n_found] = found[:, :n_found]
            found = more
        n_before, n_left = n_left, 0
        for at in range(n_before):
            row, number = rows[at], numbers[at]
            if row >= 0:
                found[0, n_found], found[1, n_found] = number, row
                n_found += 1
                rows[n_left], numbers[n_left] = following[row], number
                n_left += 1
    return found[0, :n_found], found[1, :n_found]


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


@numba.njit(cache=True, nogil=True)
def put_rows(values: Ints, rows: Ints, into: Ints, places: Ints) -> None:
    """Put the values of some rows into places of another column."""
    for i in range(len(rows)):
        into[places[i]] = values[rows[i]]


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


class Ends(NamedTuple):
    """Pairs of rows, by the rows at their ends."""

    left: Places
    right: Places
    firsts: Places  # of each row, and one more
    numbers: Places  # of the pairs of each row, from its first on


def list_ends(left: Ints, right: Ints, n_rows: int) -> Ends:
    """List the pairs that end at each row."""
    ends = left.astype(np.int32), right.astype(np.int32)
    return Ends(*ends, *_list_ends(*ends, n_rows))


@numba.njit(cache=True, nogil=True)
def _list_ends(left: Places, right: Places, n_rows: int) -> tuple[Places, Places]:
    firsts = np.zeros(n_rows + 1, dtype=np.int32)
    numbers = np.empty(2 * len(left), dtype=np.int32)
    if not len(left):
        return firsts, numbers
    for side in (left, right):
        for row in side:
            firsts[row] += 1
    total = 0
    for row in range(n_rows + 1):
        total += firsts[row]
        firsts[row] = total
    for side in (right, left):
        for number in range(len(side) - 1, -1, -1):
            firsts[side[number]] -= 1
            numbers[firsts[side[number]]] = number
    return firsts, numbers


@numba.njit(cache=True, nogil=True)
def gather_ends(firsts: Places, numbers: Places, rows: Ints) -> Ints:
    """Give the numbers of the pairs that end at some rows, row by row."""
    n_found = 0
    for row in rows:
        n_found += firsts[row + 1] - firsts[row]
    found = np.empty(n_found, dtype=np.int64)
    n_found = 0
    for row in rows:
        for at in range(firsts[row], firsts[row + 1]):
            found[n_found] = numbers[at]
            n_found += 1
    return found


def close_rows(ring: Places, ends: Ends, rows: Ints) -> Ints:
    """Give these rows with all that hangs together with them by rings and pairs, in order."""
    return np.sort(_close_rows(ring, *ends, rows))


@numba.njit(cache=True, nogil=True)
def _close_rows(
    ring: Places, left: Places, right: Places, firsts: Places, numbers: Places, rows: Ints
) -> Ints:
    seen = np.zeros(len(ring), dtype=np.bool_)
    found = np.empty(len(ring), dtype=np.int64)
    n_found = 0
    for row in rows:
        if not seen[row]:
            seen[row] = True
            found[n_found] = row
            n_found += 1
    done = 0
    while done < n_found:
        row = found[done]
        done += 1
        n_found = _see(ring[row], seen, found, n_found)
        for at in range(firsts[row], firsts[row + 1]):
            n_found = _see(left[numbers[at]], seen, found, n_found)
            n_found = _see(right[numbers[at]], seen, found, n_found)
    return found[:n_found].copy()


@numba.njit(cache=True, nogil=True)
def _see(row: Int, seen: Flags, found: Ints, n_found: int) -> int:
    if seen[row]:
        return n_found
    seen[row] = True
    found[n_found] = row
    return n_found + 1
