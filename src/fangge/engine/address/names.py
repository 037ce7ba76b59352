"""The names of a register: roads, estates and areas, found whole or with one mistake."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.characters import PLANE, Codes, lay_out_texts
from fangge.engine.address.compiling import compiled_lean, within_lean
from fangge.engine.address.postings import U32, Postings, find_rows, sort_postings
from fangge.engine.address.spelling import (
    EXACT,
    LONGEST,
    SHORTENED,
    SHORTEST,
    Letters,
    compare_names,
    hash_names,
    hash_sounds,
    name_key,
)

LONGEST_NAME, SHORTEST_NAME = 24, 2
MOST_SIMILAR, LONGEST_SEGMENT, LONGEST_WINDOW = 24, 16, 12
LEFT_OVER_COST, UNLIKE = 3, 9

Window = tuple[int, int, int]
"""From where to where a name may stand, and what is left over."""

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Names(NamedTuple):
    """Names with what bears them; areas have no node but a number of their own below zero."""

    codes: Codes
    begins: U32  # where each name begins in `codes`, one more than there are names
    nodes: I32  # -1 - n for the area name n
    keys: Postings
    longest: Bytes  # by the hash of its first two characters: how long a name may be


class Similar(NamedTuple):
    """Names like a piece of text, in scratch space: which, how alike, and from where to where."""

    names: I64
    likeness: I64
    starts: I64
    ends: I64
    costs: I64


SIMILAR = np.dtype([(name, np.int64, (MOST_SIMILAR,)) for name in Similar._fields])


def make_names(names: pl.Series, nodes: I32, letters: Letters) -> Names:
    """Index names; their order makes no difference to what is found."""
    codes, _, starts = lay_out_texts(names)
    sizes = np.diff(starts)
    kept = (sizes >= SHORTEST_NAME) & (sizes <= LONGEST_NAME)
    codes = codes[np.repeat(kept, sizes)]
    begins = np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.uint32)
    n_most = int((sizes[kept] + 2).sum())
    keys, rows = np.zeros(n_most, dtype=np.uint64), np.zeros(n_most, dtype=np.uint32)
    n_keys = hash_names(codes, begins, letters, keys, rows)
    longest = np.zeros(PLANE, dtype=np.uint8)
    _note_longest(codes, begins, longest)
    return Names(codes, begins, nodes[kept], sort_postings(keys[:n_keys], rows[:n_keys]), longest)


@within_lean
def _first_two(codes: Codes, at: int) -> int:
    return (np.int64(codes[at]) * 31 + np.int64(codes[at + 1])) & (PLANE - 1)


@compiled_lean
def _note_longest(codes: Codes, begins: U32, longest: Bytes) -> None:
    for row in range(len(begins) - 1):
        start, end = np.int64(begins[row]), np.int64(begins[row + 1])
        place = _first_two(codes, start)
        longest[place] = max(np.int64(longest[place]), end - start)


@within_lean
def is_name(names: Names, row: int, codes: Codes, start: int, end: int) -> bool:
    """Tell whether a name is written here, character for character."""
    first, last = np.int64(names.begins[row]), np.int64(names.begins[row + 1])
    if last - first != end - start:
        return False
    same = True
    for i in range(end - start):
        same &= names.codes[first + i] == codes[start + i]
    return same


@within_lean
def find_longest(names: Names, codes: Codes, at: int, end: int) -> tuple[int, int, int]:
    """Find the longest name that begins here: where it ends, and its rows among the keys."""
    if at + SHORTEST_NAME > end:
        return at, 0, 0
    most = min(end, at + np.int64(names.longest[_first_two(codes, at)]))
    for stop in range(most, at + SHORTEST_NAME - 1, -1):
        low, high = find_rows(names.keys, name_key(EXACT, codes, at, stop, -1))
        if low < high and is_name(names, np.int64(names.keys.rows[low]), codes, at, stop):
            return stop, low, high
    return at, 0, 0


@within_lean
def find_similar(
    names: Names, codes: Codes, start: int, end: int, letters: Letters, found: Similar
) -> int:
    """Find the names that a piece of text may mean by one mistake; gives how many.

    Every window of the piece is tried; what it leaves over costs, and so does unlikeness.
    """
    n = 0
    end = min(end, start + LONGEST_SEGMENT)
    for first in range(start, end):
        for last in range(first + SHORTEST_NAME, min(end, first + LONGEST_WINDOW) + 1):
            over = LEFT_OVER_COST * (end - start - (last - first))
            n = _try_window(names, codes, (first, last, over), letters, found, n)
    return n


@within_lean
def _try_window(
    names: Names, codes: Codes, window: Window, letters: Letters, found: Similar, n: int
) -> int:
    first, last, _ = window
    size = last - first
    key = name_key(SHORTENED, codes, first, last, -1)
    n = _try_rows(names, key, codes, window, letters, found, n)
    if size < SHORTEST:
        return n
    key = hash_sounds(codes, first, last, letters)
    n = _try_rows(names, key, codes, window, letters, found, n)
    if size > LONGEST:
        return n
    for i in range(first, last):
        key = name_key(SHORTENED, codes, first, last, i)
        n = _try_rows(names, key, codes, window, letters, found, n)
        if size > SHORTEST:
            key = name_key(EXACT, codes, first, last, i)
            n = _try_rows(names, key, codes, window, letters, found, n)
    return n


@within_lean
def _try_rows(
    names: Names,
    key: np.uint64,
    codes: Codes,
    window: Window,
    letters: Letters,
    found: Similar,
    n: int,
) -> int:
    low, high = find_rows(names.keys, key)
    for at in range(low, high):
        row = np.int64(names.keys.rows[at])
        begin, stop = np.int64(names.begins[row]), np.int64(names.begins[row + 1])
        how = compare_names(codes, window[0], window[1], names.codes, begin, stop, letters)
        if 0 < how < UNLIKE:
            n = _keep_similar(found, n, row, how, window)
    return n


@within_lean
def _keep_similar(found: Similar, n: int, row: int, how: int, window: Window) -> int:
    """Keep a name if it is new or costs less than before; of too many, the dearest goes."""
    first, last, over = window
    cost = over + how
    place = n
    for i in range(n):
        if found.names[i] == row:
            if found.costs[i] <= cost:
                return n
            place = i
            break
    if place == n and n == MOST_SIMILAR:
        place = np.argmax(found.costs)
        if found.costs[place] <= cost:
            return n
    found.names[place], found.likeness[place] = row, how
    found.starts[place], found.ends[place], found.costs[place] = first, last, cost
    return max(n, place + 1)
