"""Strings as bytes with the places where they begin, which compiled functions compare and join."""

from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled_lean, within_lean
from fangge.engine.address.postings import U32, U64, as_fixed

Bytes = NDArray[np.uint8]
I64 = NDArray[np.int64]
BASIS, PRIME, SPREAD = 1469598103934665603, 1099511628211, 0x9E3779B97F4A7C15


class Texts(NamedTuple):
    """Strings one behind the other, as UTF-8; nobody writes to them."""

    places: I64  # where each begins; one more than there are strings
    raw: Bytes


class Strings(NamedTuple):
    """Strings by number; those of later versions come after those of the first."""

    base: Texts
    added: Texts


class Spans(NamedTuple):
    """Parts of strings: from where to where in their bytes."""

    raw: Bytes
    starts: I64
    ends: I64


def make_texts(places: I64, raw: Bytes) -> Texts:
    """Put strings together, so that compiled functions see one type of them."""
    return Texts(as_fixed(places), as_fixed(raw))


def no_texts() -> Texts:
    """Give no strings at all."""
    return make_texts(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint8))


def to_texts(series: pl.Series) -> Texts:
    """Look at the bytes of a column; what is missing is empty."""
    column = series if series.dtype == pl.String else series.cast(pl.String)
    column = (column.fill_null("") if column.null_count() else column).rechunk()
    array = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, places, raw = array.buffers()
    begins = np.frombuffer(places, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    held = np.frombuffer(raw if raw is not None else b"", dtype=np.uint8)
    return make_texts(begins if len(begins) else np.zeros(1, dtype=np.int64), held)


class _Column:
    """An Arrow array that shows nothing but its buffers.

    Polars loads all of Arrow's compute functions for one that it knows, which takes longer than
    most work on addresses.
    """

    def __init__(self, held: pa.Array) -> None:
        self._held = held

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        told: tuple[object, object] = self._held.__arrow_c_array__(requested_schema)
        return told


def to_series(texts: Texts) -> pl.Series:
    """Give strings as a column."""
    buffers = (pa.py_buffer(texts.places), pa.py_buffer(texts.raw))
    held = pa.LargeStringArray.from_buffers(len(texts.places) - 1, *buffers)
    return pl.Series(_Column(held), dtype=pl.String)


def make_spans(raw: Bytes, starts: I64, ends: I64) -> Spans:
    """Give parts of strings, so that compiled functions see one type of them."""
    return Spans(as_fixed(raw), as_fixed(starts), as_fixed(ends))


def span_texts(texts: Texts) -> Spans:
    """Give strings whole, as spans."""
    return make_spans(texts.raw, texts.places[:-1], texts.places[1:])


def count_strings(strings: Strings) -> int:
    """Count strings, old and new."""
    return len(strings.base.places) + len(strings.added.places) - 2


def add_strings(strings: Strings, spans: Spans) -> tuple[Strings, U32]:
    """Add strings, each distinct one once; gives their numbers."""
    n_spans = len(spans.starts)
    table = np.full(1 << max(4, (2 * n_spans).bit_length()), -1, dtype=np.int32)
    firsts, numbers = np.zeros(n_spans, dtype=np.int64), np.zeros(n_spans, dtype=np.uint32)
    n_distinct = _number_spans(spans, table, firsts, numbers)
    kept = firsts[:n_distinct]
    distinct = copy_spans(make_spans(spans.raw, spans.starts[kept], spans.ends[kept]))
    numbers += np.uint32(count_strings(strings))
    return Strings(strings.base, join_texts(strings.added, distinct)), numbers


def join_texts(first: Texts, second: Texts) -> Texts:
    """Put strings behind others."""
    begin, end = first.places[0], first.places[-1]
    places = np.concatenate([first.places - begin, second.places[1:] + (end - begin)])
    return make_texts(places, np.concatenate([first.raw[begin:end], second.raw]))


def copy_spans(spans: Spans) -> Texts:
    """Copy spans behind each other."""
    places = np.zeros(len(spans.starts) + 1, dtype=np.int64)
    np.cumsum(spans.ends - spans.starts, out=places[1:])
    raw = np.zeros(places[-1], dtype=np.uint8)
    _copy_spans(spans, places, raw)
    return make_texts(places, raw)


def hash_texts(texts: Texts) -> U64:
    """Hash strings whole."""
    hashes = np.zeros(len(texts.places) - 1, dtype=np.uint64)
    _hash_spans(span_texts(texts), hashes)
    return hashes


@within_lean
def _hash_span(raw: Bytes, start: int, end: int) -> np.uint64:
    h = np.uint64(BASIS)
    for at in range(start, end):
        h = (h ^ np.uint64(raw[at])) * np.uint64(PRIME)
    h ^= h >> np.uint64(32)
    return h * np.uint64(SPREAD)


@compiled_lean
def _hash_spans(spans: Spans, hashes: U64) -> None:
    for i in range(len(hashes)):
        hashes[i] = _hash_span(spans.raw, spans.starts[i], spans.ends[i])


@compiled_lean
def _copy_spans(spans: Spans, places: I64, raw: Bytes) -> None:
    for i in range(len(spans.starts)):
        start = spans.starts[i]
        for k in range(spans.ends[i] - start):
            raw[places[i] + k] = spans.raw[start + k]


@compiled_lean
def _number_spans(spans: Spans, table: NDArray[np.int32], firsts: I64, numbers: U32) -> int:
    """Give each span a number by its first appearance; returns how many are distinct."""
    n, mask = 0, len(table) - 1
    for i in range(len(spans.starts)):
        start, end = spans.starts[i], spans.ends[i]
        at = np.int64(_hash_span(spans.raw, start, end) >> np.uint64(20)) & mask
        while table[at] >= 0:
            first = firsts[table[at]]
            if same_bytes(spans.raw, start, end, spans.raw, spans.starts[first], spans.ends[first]):
                break
            at = (at + 1) & mask
        if table[at] < 0:
            table[at], firsts[n] = n, i
            n += 1
        numbers[i] = table[at]
    return n


@within_lean
def same_bytes(left: Bytes, start: int, end: int, right: Bytes, first: int, last: int) -> bool:
    """Tell whether two strings are one, byte for byte."""
    if end - start != last - first:
        return False
    at = 0
    while at < end - start and left[start + at] == right[first + at]:
        at += 1
    return at == end - start


@within_lean
def size_of(strings: Strings, number: int) -> int:
    """Give how many bytes a string has."""
    n_base = len(strings.base.places) - 1
    if number < n_base:
        return int(strings.base.places[number + 1] - strings.base.places[number])
    at = number - n_base
    return int(strings.added.places[at + 1] - strings.added.places[at])


@within_lean
def is_string(strings: Strings, number: int, raw: Bytes, start: int, end: int) -> bool:
    """Tell whether bytes are a string."""
    n_base = len(strings.base.places) - 1
    if number < n_base:
        places = strings.base.places
        return bool(
            same_bytes(raw, start, end, strings.base.raw, places[number], places[number + 1])
        )
    at, places = number - n_base, strings.added.places
    return bool(same_bytes(raw, start, end, strings.added.raw, places[at], places[at + 1]))


@within_lean
def copy_string(strings: Strings, number: int, raw: Bytes, at: int) -> int:
    """Copy a string to a place; returns its size."""
    n_base = len(strings.base.places) - 1
    if number < n_base:
        places = strings.base.places
        return int(_copy_bytes(strings.base.raw, places[number], places[number + 1], raw, at))
    row, places = number - n_base, strings.added.places
    return int(_copy_bytes(strings.added.raw, places[row], places[row + 1], raw, at))


@within_lean
def _copy_bytes(held: Bytes, start: int, end: int, raw: Bytes, at: int) -> int:
    for k in range(end - start):
        raw[at + k] = held[start + k]
    return end - start
