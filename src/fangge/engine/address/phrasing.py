"""Elements written the register's way: the many plain ones in one pass, the rest one by one."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within
from fangge.engine.address.divisions import load_divisions
from fangge.engine.address.elements import DIVISION_KINDS, KINDS
from fangge.engine.address.grammar import NUMBERED, write_piece
from fangge.engine.address.lexicon import BASIS, PRIME, Hashes, find_key, make_table
from fangge.engine.address.normalise import FILLER
from fangge.engine.address.strings import make_texts, to_series

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_BITS = 16  # of a character of the basic plane, in an ending packed into one number
_MOST_ENDINGS = 1 + max(len(endings) for _, endings in NUMBERED.values())
_MOST_BYTES = 4  # that UTF-8 has for a character
_MOST_ADDED = 8  # bytes of the word behind a number
_FILLER = np.uint32(ord(FILLER))
_ONE_ONLY = np.uint32(ord("弄"))
_ZERO, _TEN, _LETTERS = np.uint32(ord("0")), np.uint32(10), np.uint32(26)
_LOWER, _CASE = np.uint32(ord("a")), np.uint32(0x20)
_HYPHEN, _OF = np.uint32(ord("-")), np.uint32(ord("之"))
_ORDINAL = np.uint32(ord("第"))
# What a division's seat is called ends in one of these: 平江街道办事处.
_SEAT, _COMMITTEE = np.uint32(ord("处")), np.uint32(ord("委"))


class _Rules(NamedTuple):
    is_division: NDArray[np.bool_]  # by kind
    endings: NDArray[np.uint64]  # by kind, packed; 0 where there are no more
    words: Codes  # by kind, up to two characters
    renamed: Hashes


@cache
def _make_rules() -> _Rules:
    endings = np.zeros((len(KINDS), _MOST_ENDINGS), dtype=np.uint64)
    words = np.zeros((len(KINDS), 2), dtype=np.uint32)
    for kind, (word, cut) in NUMBERED.items():
        row = KINDS.index(kind.value)
        words[row, : len(word)] = [ord(c) for c in word]
        endings[row, : len(cut)] = [_pack(ending) for ending in cut]
    renamed = sorted(load_divisions().renamed)
    held = "".join(renamed).encode("utf-32-le")
    sizes = np.fromiter(map(len, renamed), dtype=np.int64, count=len(renamed))
    hashes = _hash_names(np.frombuffer(held, dtype=np.uint32), np.cumsum(sizes), sizes)
    divisions = {kind.value for kind in DIVISION_KINDS}
    return _Rules(np.array([kind in divisions for kind in KINDS]), endings, words, hashes)


def _pack(ending: str) -> int:
    return sum(ord(c) << _BITS * place for place, c in enumerate(ending))


@compiled
def _hash_names(codes: Codes, ends: Places, sizes: Places) -> Hashes:
    hashes = np.empty(len(ends), np.uint64)
    for name in range(len(ends)):
        hashes[name] = _hash(codes[ends[name] - sizes[name] : ends[name]])
    return make_table(hashes)


@within
def _hash(codes: Codes) -> np.uint64:
    h = BASIS
    for code in codes:
        h = (h ^ np.uint64(code)) * PRIME
    return h


def write_wordings(codes: Codes, bounds: Places, kinds: Bytes) -> pl.Series:
    """Write elements as `write_piece` does.

    Parameters
    ----------
    codes : uint32 array
        The characters of all elements.
    bounds : int64 array, shape (n_elements + 1,)
        Element i is `codes[bounds[i] : bounds[i + 1]]`.
    kinds : uint8 array
        The place of each element's kind in KINDS.

    Returns
    -------
    polars.Series of String
    """
    if not len(kinds):
        return pl.Series(dtype=pl.String)
    data, offsets, odd = _write_plain(codes, bounds, kinds, _make_rules())
    written = to_series(make_texts(offsets, data[: offsets[-1]]))
    places = np.flatnonzero(odd)
    if not len(places):
        return written
    said = [codes[bounds[i] : bounds[i + 1]].tobytes().decode("utf-32-le") for i in places]
    rest = [write_piece(KINDS[kinds[i]], text) for i, text in zip(places, said, strict=True)]
    return written.scatter(places, pl.Series(rest, dtype=pl.String))


@compiled
def _write_plain(codes: Codes, bounds: Places, kinds: Bytes, rules: _Rules) -> Any:
    """Write what is plain in UTF-8; tells what is not, which stays empty."""
    n = len(kinds)
    out = np.empty(_MOST_BYTES * (bounds[n] - bounds[0]) + _MOST_ADDED * n, np.uint8)
    offsets, odd = np.zeros(n + 1, np.int64), np.zeros(n, np.bool_)
    at = 0
    for i in range(n):
        run, kind = codes[bounds[i] : bounds[i + 1]], kinds[i]
        is_plain = _is_plain(run)
        if not is_plain:
            odd[i] = True
        elif rules.endings[kind, 0] != 0 and run[-1] != _ONE_ONLY:
            wrote = _write_numbered(run, rules.endings[kind], rules.words[kind], out, at)
            odd[i] = wrote < 0
            at = max(at, wrote)
        elif rules.is_division[kind] and _may_be_renamed(run, rules.renamed):
            odd[i] = True
        else:
            at = _write_run(run, out, at)
        offsets[i + 1] = at
    return out, offsets, odd


@within
def _is_plain(run: Codes) -> bool:
    """Tell whether nothing is to be stripped from a run."""
    if len(run) == 0 or _may_be_blank(run[0]) or _may_be_blank(run[-1]):
        return False
    for code in run:  # noqa: SIM110 - a loop compiles to less than any()
        if code == _FILLER:
            return False
    return True


@within
def _may_be_blank(code: np.uint32) -> bool:
    """Tell whether a character may be white space; some that are not are among them."""
    return bool(
        code <= 0x20 or 0x7F <= code <= 0xA0 or code == 0x1680 or 0x2000 <= code <= 0x3000  # noqa: PLR2004 - blocks of Unicode
    )


@within
def _may_be_renamed(run: Codes, renamed: Hashes) -> bool:
    for code in run:
        if code in (_SEAT, _COMMITTEE):
            return True
    return bool(find_key(renamed, _hash(run)) >= 0)


@within
def _write_numbered(
    run: Codes, endings: NDArray[np.uint64], word: Codes, out: Bytes, at: int
) -> int:
    """Write a number the register's way with its word; -1 where it is not plain."""
    first = 1 if run[0] == _ORDINAL else 0
    core = run[first : _cut_ending(run, first, endings)]
    begin, has_any = 0, False
    while begin < len(core):
        end = begin
        while end < len(core) and core[end] != _HYPHEN and core[end] != _OF:
            end += 1
        if end == begin or end == len(core) - 1:
            return -1
        if has_any:
            out[at] = _HYPHEN
            at += 1
        at = _write_number(core[begin:end], out, at)
        if at < 0:
            return -1
        begin, has_any = end + 1, True
    return _write_run(word[: 2 if word[1] else 1], out, at) if has_any else -1


@within
def _cut_ending(run: Codes, first: int, endings: NDArray[np.uint64]) -> int:
    """Tell where the first of the endings begins that a run has."""
    end = len(run)
    for ending in endings:
        size, left = 0, ending
        while left:
            size, left = size + 1, left >> np.uint64(_BITS)
        if size == 0 or end - first <= size:
            continue
        is_there = True
        for k in range(size):
            wanted = (ending >> np.uint64(_BITS * k)) & np.uint64(0xFFFF)
            is_there &= np.uint64(run[end - size + k]) == wanted
        if is_there:
            return end - size
    return end


@within
def _write_number(part: Codes, out: Bytes, at: int) -> int:
    """Write digits without leading zeros, a letter before and after them; -1 if it is more."""
    begin, end = 0, len(part)
    if _is_letter(part[0]):
        out[at] = part[0] & ~_CASE
        begin, at = 1, at + 1
    last = np.uint32(0)
    if end > begin and _is_letter(part[end - 1]):
        last = part[end - 1] & ~_CASE
        end -= 1
    for i in range(begin, end):
        if part[i] - _ZERO >= _TEN:
            return -1
    while begin < end - 1 and part[begin] == _ZERO:
        begin += 1
    for i in range(begin, end):
        out[at] = part[i]
        at += 1
    if last:
        out[at] = last
        at += 1
    return at


@within
def _is_letter(code: np.uint32) -> bool:
    return bool((code | _CASE) - _LOWER < _LETTERS)


@within
def _write_run(run: Codes, out: Bytes, at: int) -> int:
    """Write characters in UTF-8."""
    for code in run:
        if code < 0x80:  # noqa: PLR2004 - the sizes of UTF-8
            out[at] = code
            at += 1
        elif code < 0x800:  # noqa: PLR2004
            out[at] = 0xC0 | code >> 6
            out[at + 1] = 0x80 | code & 0x3F
            at += 2
        elif code < 0x10000:  # noqa: PLR2004
            out[at] = 0xE0 | code >> 12
            out[at + 1] = 0x80 | code >> 6 & 0x3F
            out[at + 2] = 0x80 | code & 0x3F
            at += 3
        else:
            out[at] = 0xF0 | code >> 18
            out[at + 1] = 0x80 | code >> 12 & 0x3F
            out[at + 2] = 0x80 | code >> 6 & 0x3F
            out[at + 3] = 0x80 | code & 0x3F
            at += 4
    return at
