"""Texts as one buffer of characters, and the classes of characters."""

from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import NUMERALS

GAP = 4
"""Blank places between two texts, so that no feature of one looks into the other."""

MARKERS = "省市区县镇乡街道路巷弄号幢栋楼座单元门层室房村社组园苑厦城场公寓里庄-#("
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
