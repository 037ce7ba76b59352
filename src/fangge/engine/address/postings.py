"""Sorted hashes that lead to rows: what a memory-mapped index is searched by."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.characters import Codes
from fangge.engine.address.compiling import compiled_lean, within_lean

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
BASIS, PRIME = 1469598103934665603, 1099511628211
A_BUCKET, MOST_BITS = 4, 26


class Postings(NamedTuple):
    """Rows by hash; `leads` says where the hashes with the same first bits begin."""

    keys: U64
    rows: U32
    leads: U32


def sort_postings(keys: U64, rows: U32) -> Postings:
    """Sort by hash, then by row, each pair once; the order they come in makes no difference."""
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    again = np.zeros(len(keys), dtype=np.bool_)
    again[1:] = (keys[1:] == keys[:-1]) & (rows[1:] == rows[:-1])
    return lead_postings(keys[~again], rows[~again]) if again.any() else lead_postings(keys, rows)


def merge_postings(held: Postings, more: Postings) -> Postings:
    """Merge two sorted lists into one, each pair once."""
    if not len(held.keys):
        return more
    keys = np.empty(len(held.keys) + len(more.keys), dtype=np.uint64)
    rows = np.empty(len(keys), dtype=np.uint32)
    n = _merge(*(as_fixed(array) for array in (*held[:2], *more[:2])), keys, rows)
    return lead_postings(keys[:n], rows[:n])


def as_fixed(array: NDArray[Any]) -> NDArray[Any]:
    """Give a view that nobody writes to, so that compiled functions see one type of it."""
    view = array.view()
    view.flags.writeable = False
    return view


def lead_postings(keys: U64, rows: U32) -> Postings:
    """Note where hashes begin, for postings that are sorted."""
    n_bits = min(MOST_BITS, max(1, int(len(keys) // A_BUCKET).bit_length()))
    leads = np.zeros((1 << n_bits) + 1, dtype=np.uint32)
    _lead(as_fixed(keys), 64 - n_bits, leads)
    return Postings(keys, rows, leads)


@compiled_lean
def _lead(keys: U64, shift: int, leads: U32) -> None:
    """Count hashes by their first bits, and add the counts up."""
    for i in range(len(keys)):
        leads[np.int64(keys[i] >> np.uint64(shift)) + 1] += np.uint32(1)
    for bucket in range(1, len(leads)):
        leads[bucket] += leads[bucket - 1]


@compiled_lean
def _merge(held: U64, nodes: U32, more: U64, others: U32, keys: U64, rows: U32) -> int:
    at, other, n = 0, 0, 0
    while at < len(held) or other < len(more):
        first = other == len(more) or (
            at < len(held) and (held[at], nodes[at]) <= (more[other], others[other])
        )
        key = held[at] if first else more[other]
        row = nodes[at] if first else others[other]
        at += first
        other += not first
        if n == 0 or keys[n - 1] != key or rows[n - 1] != row:
            keys[n], rows[n] = key, row
            n += 1
    return n


@compiled_lean
def mix(a: int, b: int) -> np.uint64:
    """Mix two 64-bit numbers into one."""
    h = (np.uint64(a) ^ np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(32)
    h = (h ^ np.uint64(b)) * np.uint64(0xC4CEB9FE1A85EC53)
    h ^= h >> np.uint64(29)
    h *= np.uint64(0x9E3779B97F4A7C15)
    return h ^ (h >> np.uint64(32))


@compiled_lean
def hash_characters(codes: Codes, start: int, end: int, left_out: int) -> np.uint64:
    """Hash characters, but the one at `left_out` (-1 for none)."""
    h = np.uint64(BASIS)
    for i in range(start, end):
        if i != left_out:
            h = (h ^ np.uint64(codes[i])) * np.uint64(PRIME)
    return h


@within_lean
def find_rows(postings: Postings, key: np.uint64) -> tuple[int, int]:
    """Give where the rows of a hash begin and end."""
    n_bits = 0
    while (1 << n_bits) + 1 < len(postings.leads):
        n_bits += 1
    bucket = np.int64(key >> np.uint64(64 - n_bits))
    at, end = np.int64(postings.leads[bucket]), np.int64(postings.leads[bucket + 1])
    while at < end and postings.keys[at] < key:
        at += 1
    last = at
    while last < end and postings.keys[last] == key:
        last += 1
    return at, last
