"""A batch of texts as one buffer of characters, folded, without marks that part nothing."""

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within_lean
from fangge.engine.address.elements import NUMERALS, STEMS
from fangge.engine.address.normalise import FOLDED, MOST_CHARACTERS

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]
Classes = NDArray[np.uint8]
Bytes = NDArray[np.uint8]
Folds = NDArray[np.uint16]

OTHER, DIGIT, LETTER, NUMERAL, PLACE, STEM, DASH, MARK, OPEN, CLOSE = range(10)
"""What a character may be: DIGIT to STEM belong to numbers, MARK parts words."""
SPACE_CODE, DASH_CODE = ord(" "), ord("-")
LEAST_PHONE = 8
ZERO = ord("0")
LONGEST_BRACKET = 60
PLANE = 1 << 16
ONE_BYTE, TWO_BYTES, THREE_BYTES = 0x80, 0xE0, 0xF0  # lead bytes of UTF-8 are below


@cache
def character_classes() -> Classes:
    """Give the class of each character of the basic plane; all others are OTHER."""
    table = np.zeros(PLANE, dtype=np.uint8)
    for kind, characters in (
        (DIGIT, "0123456789"),
        (LETTER, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        (NUMERAL, NUMERALS.replace("十", "").replace("百", "")),
        (PLACE, "十百千"),
        (STEM, STEMS),
        (DASH, "-"),
        (MARK, " ,;:/|.\\·•'\"`*+=&!?^%$@~_{}<>\ue000"),
        (OPEN, "("),
        (CLOSE, ")"),
    ):
        for c in characters:
            table[ord(c)] = kind
    table[:32] = MARK
    return table


@cache
def _folds() -> Folds:
    table = np.arange(PLANE, dtype=np.uint16)
    for c, fold in FOLDED.items():
        table[ord(c)] = ord(fold)
    for c in "abcdefghijklmnopqrstuvwxyz":
        table[ord(c)] = ord(c.upper())
    return table


def lay_out_texts(texts: pl.Series) -> tuple[Codes, Folds, Places]:
    """Put texts into one buffer of folded characters.

    Returns
    -------
    codes : uint32 array
        The characters that are kept. Brackets with what they hold, phone numbers and marks are
        left out; between two numbers a mark stays, as a dash or a space.
    origins : uint16 array
        The place of each character in its own text.
    starts : int64 array, one longer than the texts
        Where each text begins in `codes`.
    """
    array = (
        texts.cast(pl.String).fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    )
    _, places, held = array.buffers()
    offsets = np.frombuffer(places, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    raw = np.frombuffer(held if held is not None else b"", dtype=np.uint8)
    sizes = np.minimum(np.diff(offsets), MOST_CHARACTERS)
    codes = np.empty(int(sizes.sum()) + 1, dtype=np.uint32)
    origins = np.empty(len(codes), dtype=np.uint16)
    starts = np.zeros(len(array) + 1, dtype=np.int64)
    n_codes = _lay_out(raw, offsets, _folds(), character_classes(), codes, origins, starts)
    return codes[:n_codes], origins[:n_codes], starts


@within_lean
def class_of(codes: Codes, at: int, end: int, classes: Classes) -> int:
    """Give the class of the character at a place; MARK at the end of the text."""
    if at >= end:
        return MARK
    code = codes[at]
    return classes[code] if code < PLANE else OTHER


@within_lean
def is_numeral(kind: int) -> bool:
    """Tell whether a class of characters belongs to numbers."""
    return DIGIT <= kind <= STEM


@within_lean
def _decode(raw: Bytes, at: int) -> tuple[int, int]:
    """Read one character of UTF-8: its code and how many bytes it takes."""
    first = raw[at]
    if first < ONE_BYTE:
        return int(first), 1
    if first < TWO_BYTES:
        return (int(first) & 0x1F) << 6 | (int(raw[at + 1]) & 0x3F), 2
    if first < THREE_BYTES:
        code = (int(first) & 0x0F) << 12 | (int(raw[at + 1]) & 0x3F) << 6
        return code | (int(raw[at + 2]) & 0x3F), 3
    code = (int(first) & 0x07) << 18 | (int(raw[at + 1]) & 0x3F) << 12
    return code | (int(raw[at + 2]) & 0x3F) << 6 | (int(raw[at + 3]) & 0x3F), 4


@within_lean
def _read_folded(raw: Bytes, begin: int, end: int, folds: Folds, folded: Codes) -> int:
    """Decode and fold one text into `folded`; returns how many characters it has."""
    n, at = 0, begin
    while at < end and n < MOST_CHARACTERS:
        code, size = _decode(raw, at)
        folded[n] = folds[code] if code < PLANE else code
        n += 1
        at += size
    return n


@within_lean
def _blank_out(folded: Codes, n: int, classes: Classes) -> None:
    """Write spaces over brackets with what they hold, and over phone and identity numbers."""
    at = 0
    while at < n:
        kind = class_of(folded, at, n, classes)
        end = at + 1
        if kind == OPEN and at > 0:
            while end < min(n, at + LONGEST_BRACKET) and class_of(folded, end, n, classes) != CLOSE:
                end += 1
            end = min(n, end + 1)
            folded[at:end] = SPACE_CODE
        elif kind in (OPEN, CLOSE):
            folded[at] = SPACE_CODE
        elif kind == DIGIT:
            end = _end_digits(folded, end, n, classes)
            phone = _end_phone(folded, at, end, n, classes)
            if phone > end or end - at >= LEAST_PHONE:
                end = max(end, phone)
                folded[at:end] = SPACE_CODE
        at = end


@within_lean
def _end_digits(folded: Codes, at: int, n: int, classes: Classes) -> int:
    while class_of(folded, at, n, classes) == DIGIT:
        at += 1
    return at


@within_lean
def _end_phone(folded: Codes, at: int, end: int, n: int, classes: Classes) -> int:
    """Find the end of a number like 0512-65230000, or of an identity number that ends in X."""
    if end - at >= LEAST_PHONE:
        return end + 1 if class_of(folded, end, n, classes) == LETTER else end
    if folded[at] == ZERO and class_of(folded, end, n, classes) == DASH:
        last = _end_digits(folded, end + 1, n, classes)
        return last if last - end >= LEAST_PHONE else end
    return end


@compiled
def _lay_out(
    raw: Bytes,
    offsets: Places,
    folds: Folds,
    classes: Classes,
    codes: Codes,
    origins: Folds,
    starts: Places,
) -> int:
    folded = np.empty(MOST_CHARACTERS, dtype=np.uint32)
    out = 0
    for row in range(len(offsets) - 1):
        starts[row] = out
        n = _read_folded(raw, offsets[row], offsets[row + 1], folds, folded)
        _blank_out(folded, n, classes)
        out = _keep(folded, n, classes, codes, origins, out)
    starts[len(offsets) - 1] = out
    return out


@within_lean
def _keep(folded: Codes, n: int, classes: Classes, codes: Codes, origins: Folds, out: int) -> int:
    """Keep what is no mark; between two numbers one mark stays."""
    mark, before = 0, OTHER
    for at in range(n):
        kind = class_of(folded, at, n, classes)
        if kind in (DASH, MARK):
            mark = DASH_CODE if kind == DASH and mark != SPACE_CODE else SPACE_CODE
            continue
        if mark and is_numeral(before) and is_numeral(kind):
            codes[out] = mark
            origins[out] = at
            out += 1
        codes[out] = folded[at]
        origins[out] = at
        out += 1
        mark, before = 0, kind
    return out
