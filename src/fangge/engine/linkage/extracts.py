"""A full extract beside the one before it: which records say something else.

Of the one before no more is kept than its marks: a number for each record, made of all it says.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from fangge.engine.linkage.codes import OTHER_PRIME, PRIME, Bytes, Flags, Int, Ints, encode_texts

Words = NDArray[np.uint64]
Views = NDArray[np.int32]

NOWHERE = -1
N_THREADS = 2
ROWS_A_PART = 1 << 17
"""So many marks stay near the processor while the columns are gone through."""
LONGEST_HELD = 12
"""Bytes of a text that stands in its view; a longer one stands in a buffer."""
BLANK = np.uint64(0x5851F42D4C957F2D)
HALF = np.uint64(32)
WORD = 8


class Marks(NamedTuple):
    """What a run keeps of an extract, to tell the next one's changes."""

    ids: Ints  # record_id, in order
    marks: Words  # of each, made of the names of its columns and what it says in them


class Difference(NamedTuple):
    """What an extract says otherwise than the one before it."""

    changed: pl.DataFrame  # records that are new or say something else
    removed: pl.Series  # record_id of those that are no more
    marks: Marks  # of the later extract, for the next one


def mark_records(records: pl.DataFrame) -> Marks:
    """Give each record a number for all that it says.

    Parameters
    ----------
    records : polars.DataFrame
        Of texts, dates and whole numbers, with record_id, which is unique; in any order.

    Notes
    -----
    Records that differ in one text of at most twelve bytes, or in one number, never have the same
    mark; of others that differ one pair in 2**64 has. Time O(bytes), in parts on two threads.
    """
    return _mark(records)[0]


def find_changes(before: Marks, after: pl.DataFrame) -> Difference:
    """Compare an extract with the marks of the one before.

    Parameters
    ----------
    before : Marks
        What `mark_records` gave.
    after : polars.DataFrame
        With record_id, which is unique; in any order.

    Returns
    -------
    Difference
        In the order of record_id. Where columns came, went or changed their type, all records did.

    Notes
    -----
    A pass over what `after` says and one over both their marks.
    """
    now, order = _mark(after)
    differs, stays = _tell_differences(*before, *now)
    rows = np.flatnonzero(differs) if order is None else order[differs]
    removed = pl.Series("record_id", before.ids[~stays], dtype=pl.Int64)
    return Difference(after[rows], removed, now)


def _mark(records: pl.DataFrame) -> tuple[Marks, Ints | None]:
    """Give the marks of records, and the rows in the order of record_id if they are in another."""
    columns = [name for name in records.columns if name != "record_id"]
    seeds = encode_texts(pl.Series([f"{name} {records[name].dtype}" for name in columns]))
    marks = np.zeros(records.height, dtype=np.uint64)

    def mark(part: tuple[int, pl.DataFrame]) -> None:
        start, rows = part
        own = marks[start : start + rows.height]
        for name, seed in zip(columns, seeds.view(np.uint64), strict=True):
            _mark_column(rows[name], seed, own)

    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(mark, _cut(records)))
    ids = np.asarray(records["record_id"].cast(pl.Int64).to_numpy())
    if records["record_id"].is_sorted():
        return Marks(ids, marks), None
    order = np.argsort(ids, kind="stable")
    return Marks(ids[order], marks[order]), order


def _cut(records: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for start in range(0, records.height, ROWS_A_PART):
        yield start, records[start : start + ROWS_A_PART]


def _mark_column(values: pl.Series, seed: np.uint64, marks: Words) -> None:
    """Take what a column says into the marks of its rows."""
    if values.dtype != pl.String:
        numbers = values.to_physical().cast(pl.Int64)
        blank = numbers.is_null().to_numpy() if numbers.null_count() else None
        plain = numbers.fill_null(0).rechunk().to_numpy().view(np.uint64)
        _take_numbers(plain, _or_none(blank), seed, marks)
        return
    start = 0
    for chunk in values.get_chunks():
        own = marks[start : start + chunk.len()]
        start += chunk.len()
        blank = chunk.is_null().to_numpy() if chunk.null_count() else None
        array = chunk.to_arrow(compat_level=pl.CompatLevel.newest())
        _take_texts(array, _or_none(blank), seed, own)


def _or_none(flags: Flags | None) -> Flags:
    return np.zeros(0, dtype=np.bool_) if flags is None else np.asarray(flags)


def _take_texts(array: pa.Array, blank: Flags, seed: np.uint64, marks: Words) -> None:
    _, held, *buffers = array.buffers()
    if not len(array):
        return
    views = np.frombuffer(held, dtype=np.int32).reshape(-1, 4)
    views = views[array.offset : array.offset + len(array)]
    used = _take_heads(views.view(np.uint64), views, blank, seed, marks, len(buffers))
    for number in np.flatnonzero(used):
        data = np.frombuffer(buffers[number], dtype=np.uint8)
        _take_rests(data, views, blank, np.int32(number), marks)


@numba.njit(cache=True, nogil=True)
def _take(mark: np.uint64, word: np.uint64) -> np.uint64:
    """Take one more word into a mark, so that other words give another one."""
    mark = (mark ^ word) * PRIME
    return mark ^ (mark >> HALF)


@numba.njit(cache=True, nogil=True)
def _take_numbers(numbers: Words, blank: Flags, seed: np.uint64, marks: Words) -> None:
    for i in range(len(marks)):
        word = BLANK if len(blank) and blank[i] else numbers[i] * OTHER_PRIME
        marks[i] = _take(marks[i] ^ seed, word)


@numba.njit(cache=True, nogil=True)
def _take_heads(
    words: Words, views: Views, blank: Flags, seed: np.uint64, marks: Words, n_buffers: int
) -> Flags:
    """Take what stands in the views; tell in which buffers the rest stands."""
    used = np.zeros(n_buffers, dtype=np.bool_)
    for i in range(len(marks)):
        if len(blank) and blank[i]:
            marks[i] = _take(marks[i] ^ seed, BLANK)
        else:
            marks[i] = _take(marks[i] ^ seed, words[i, 0])
            if views[i, 0] <= LONGEST_HELD:
                marks[i] = _take(marks[i], words[i, 1])
            else:
                used[views[i, 2]] = True
    return used


@numba.njit(cache=True, nogil=True)
def _take_rests(data: Bytes, views: Views, blank: Flags, number: np.int32, marks: Words) -> None:
    """Take the texts that stand in one buffer."""
    for i in range(len(marks)):
        n_bytes = views[i, 0]
        if n_bytes <= LONGEST_HELD or views[i, 2] != number or (len(blank) and blank[i]):
            continue
        start = np.int64(views[i, 3])
        end = start + n_bytes
        mark = marks[i]
        for at in range(start, end - WORD, WORD):
            mark = _take(mark, _word(data, at))
        marks[i] = _take(mark, _word(data, end - WORD))


@numba.njit(cache=True, nogil=True)
def _word(data: Bytes, at: Int) -> np.uint64:
    """Read eight bytes as a number."""
    word = np.uint64(0)
    for i in range(WORD):
        word |= np.uint64(data[np.uint64(at + i)]) << np.uint64(8 * i)
    return word


@numba.njit(cache=True, nogil=True)
def _tell_differences(
    old: Ints, old_marks: Words, new: Ints, new_marks: Words
) -> tuple[Flags, Flags]:
    """Tell which new rows no old one is like, and which old ones are still there."""
    differs, stays = np.ones(len(new), dtype=np.bool_), np.zeros(len(old), dtype=np.bool_)
    row = 0
    for i in range(len(new)):
        while row < len(old) and old[row] < new[i]:
            row += 1
        if row < len(old) and old[row] == new[i]:
            stays[row] = True
            differs[i] = old_marks[row] != new_marks[i]
    return differs, stays
