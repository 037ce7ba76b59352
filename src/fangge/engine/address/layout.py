"""Texts as one buffer of characters, and the classes of characters."""

from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within
from fangge.engine.address.elements import NUMERALS

GAP = 4
"""Blank places between two texts, so that no feature of one looks into the other."""

MARKERS = "省市区县镇乡街道路巷弄号幢栋楼座单元门层室房村社组园苑厦城场公寓里庄-#("
_BLANK, _ZERO, _TEN = np.uint32(ord(" ")), np.uint32(ord("0")), np.uint32(10)
_BIG_A, _SMALL_A, _CASE = np.uint32(ord("A")), np.uint32(ord("a")), np.uint32(0x20)
_N_LETTERS = np.uint32(26)
OTHER, DIGIT, LETTER, NUMERAL, MARK, MARKER = range(6)

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Layout:
    """Texts in one buffer of characters, apart; digits are 0 and letters A."""

    codes: Codes
    starts: Places
    sizes: Places
    digits: NDArray[np.bool_]  # whether a text has a digit other than 0


def lay_out(folded: pl.Series, digits: NDArray[np.bool_] | None = None) -> Layout:
    """Put folded texts into one buffer; `digits` says what masked texts had, if they are."""
    joined = ("\0" * GAP).join(["", *folded.to_list(), ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).copy()
    sizes = folded.str.len_chars().to_numpy().astype(np.int64)
    starts = GAP + np.concatenate([[0], np.cumsum(sizes + GAP)])[:-1].astype(np.int64)
    held = _mask(codes, starts, sizes)
    return Layout(codes, starts, sizes, held if digits is None else digits)


@dataclass(frozen=True, slots=True)
class Runs:
    """Some texts of a buffer laid out, and where in its text each character stands."""

    laid: Layout
    origins: NDArray[np.uint16]


def lay_out_runs(codes: Codes, bounds: Places, rows: Places, digits: NDArray[np.bool_]) -> Runs:
    """Lay out the texts `codes[bounds[i] : bounds[i + 1]]` for the rows i.

    Where a blank stands between a number and its word, a text's blanks are left out: 88 号.
    """
    laid_codes, starts, sizes, origins = _copy(codes, bounds, rows, _COUNTED)
    return Runs(Layout(laid_codes, starts, sizes, digits), origins)


# 单 for 单元; no other word begins like it.
_COUNTED = np.array([ord(c) for c in "号幢栋座楼单层室弄"], dtype=np.uint32)


@compiled
def _copy(
    codes: Codes, bounds: Places, rows: Places, counted: Codes
) -> tuple[Codes, Places, Places, NDArray[np.uint16]]:
    n = len(rows)
    size = GAP
    for row in rows:
        size += bounds[row + 1] - bounds[row] + GAP
    out, origins = np.zeros(size, np.uint32), np.zeros(size, np.uint16)
    starts, sizes = np.empty(n, np.int64), np.empty(n, np.int64)
    at = GAP
    for i in range(n):
        begin, end = bounds[rows[i]], bounds[rows[i] + 1]
        closes = _has_gap(codes[begin:end], counted)
        starts[i] = at
        for j in range(begin, end):
            c = codes[j]
            if closes and c == _BLANK:
                continue
            if c - _ZERO < _TEN:
                c = _ZERO
            elif (c | _CASE) - _SMALL_A < _N_LETTERS:
                c = _BIG_A
            out[at], origins[at] = c, j - begin
            at += 1
        sizes[i] = at - starts[i]
        at += GAP
    return out[:at], starts, sizes, origins


@within
def _has_gap(run: Codes, counted: Codes) -> bool:
    """Tell whether a text has a blank between a digit and a word that counts."""
    for i in range(1, len(run) - 1):
        if run[i] == _BLANK and run[i - 1] - _ZERO < _TEN:
            for word in counted:
                if run[i + 1] == word:
                    return True
    return False


@numba.njit(cache=True, nogil=True)
def _mask(codes: Codes, starts: Places, sizes: Places) -> NDArray[np.bool_]:
    digits = np.zeros(len(starts), np.bool_)
    for text in range(len(starts)):
        for i in range(starts[text], starts[text] + sizes[text]):
            c = codes[i]
            if ord("0") <= c <= ord("9"):
                digits[text] |= c != ord("0")
                codes[i] = ord("0")
            elif ord("a") <= (c | 32) <= ord("z"):
                codes[i] = ord("A")
    return digits


@cache
def classes_of_characters() -> Bytes:
    """Give the class of each character of the basic plane."""
    table = np.zeros(1 << 16, dtype=np.uint8)
    for c in MARKERS:
        table[ord(c)] = MARKER
    for c in NUMERALS:
        table[ord(c)] = NUMERAL
    table[ord("0")] = DIGIT
    table[ord("A")] = LETTER
    for c in " ,;:/|.()\\<>\"'":
        table[ord(c)] = MARK
    return table
