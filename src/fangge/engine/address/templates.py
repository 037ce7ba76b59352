"""Texts as templates: folded in one buffer, told apart by all but their digits, read once each."""

from dataclasses import dataclass, field
from itertools import pairwise

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import NUMERALS
from fangge.engine.address.normalise import (
    FOLDED,
    HOUSE,
    MOST_CHARACTERS,
    MOST_DIGITS,
    MOST_NUMERALS,
    NOT_A_NAME,
    ROAD_ENDINGS,
    fold_texts,
)

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]
Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]

FIRST_SLOTS = 1 << 12
LOAD = 2  # slots for each thing held
N_CODES = 1 << 16
# A run this long may be a phone or identity number.
LONG_RUN = 7
DIGIT, NUMERAL, ROADLIKE, NAMING = 1, 2, 4, 8
FIRST_HAN, LAST_HAN = 0x4E00, 0x9FFF
LOU, HAO, HASH = np.uint32(ord("楼")), np.uint32(ord("号")), np.uint32(ord("#"))
ZERO, NINE = np.uint32(ord("0")), np.uint32(ord("9"))
# First bytes from which on a character of UTF-8 has so many, and the bits that the others carry.
TWO_BYTES, THREE_BYTES, FOUR_BYTES, TAIL = (np.uint32(n) for n in (0x80, 0xE0, 0xF0, 0x3F))
ONE, SIX, TEN = np.uint64(1), np.uint32(6), np.uint32(10)
MOST = np.uint64(MOST_CHARACTERS)
HOUSE_CODE = np.uint32(ord(HOUSE))
SEED, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class Buffer:
    """Folded texts, one after the other: text i is `codes[starts[i] : starts[i + 1]]`."""

    codes: Codes
    starts: Places

    def tell(self, first: int = 0) -> list[str]:
        """Give the texts from the one numbered `first` on."""
        begin = self.starts[first]
        whole = self.codes[begin : self.starts[-1]].tobytes().decode("utf-32-le")
        bounds = (self.starts[first:] - begin).tolist()
        return [whole[a:b] for a, b in pairwise(bounds)]

    def tell_one(self, number: int) -> str:
        """Give one text."""
        run = self.codes[self.starts[number] : self.starts[number + 1]]
        return run.tobytes().decode("utf-32-le")


def lay_out_folded(texts: pl.Series) -> Buffer:
    """Fold texts as `fold_texts` does, into one buffer; missing ones are empty.

    Notes
    -----
    One pass over the bytes. Only texts with a long run of digits or a # pass through the regular
    expressions of `fold_texts`, which change no text's length.
    """
    # Characters have at most four bytes, so what is cut off here is not read anyway.
    held = texts.cast(pl.String).fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = held.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[held.offset : held.offset + len(held) + 1]
    raw = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    codes, starts, odd = _fold(raw, bounds, _FOLD_TABLE, _SHAPES)
    buffer = Buffer(codes, starts)
    rows = np.flatnonzero(odd)
    if len(rows):
        for row, text in zip(rows, fold_texts(texts.gather(rows)), strict=True):
            codes[starts[row] : starts[row + 1]] = np.frombuffer(
                text.encode("utf-32-le"), dtype=np.uint32
            )
    return buffer


def _make_fold_table() -> Codes:
    table = np.arange(N_CODES, dtype=np.uint32)
    for written, folded in FOLDED.items():
        table[ord(written)] = ord(folded)
    return table


def _make_shapes() -> NDArray[np.uint8]:
    shapes = np.zeros(N_CODES, dtype=np.uint8)
    shapes[FIRST_HAN : LAST_HAN + 1] = NAMING
    shapes[[ord(c) for c in NOT_A_NAME]] = 0
    for characters, shape in (("0123456789", DIGIT), (NUMERALS, NUMERAL), (ROAD_ENDINGS, ROADLIKE)):
        shapes[[ord(c) for c in characters]] |= shape
    return shapes


_FOLD_TABLE, _SHAPES = _make_fold_table(), _make_shapes()


@numba.njit(cache=True, nogil=True)
def _decode(raw: NDArray[np.uint8], i: np.uint64) -> tuple[np.uint32, np.uint64]:
    """Decode the character at a byte of UTF-8, which is known to be whole; and its size."""
    byte = np.uint32(raw[i])
    if byte < TWO_BYTES:
        return byte, ONE
    second = np.uint32(raw[i + ONE]) & TAIL
    if byte < THREE_BYTES:
        return (byte & np.uint32(0x1F)) << SIX | second, np.uint64(2)
    third = np.uint32(raw[i + np.uint64(2)]) & TAIL
    if byte < FOUR_BYTES:
        return ((byte & np.uint32(0x0F)) << SIX | second) << SIX | third, np.uint64(3)
    fourth = np.uint32(raw[i + np.uint64(3)]) & TAIL
    upper = ((byte & np.uint32(0x07)) << SIX | second) << SIX | third
    return upper << SIX | fourth, np.uint64(4)


@numba.njit(cache=True, nogil=True)
def _fold(
    raw: NDArray[np.uint8], bounds: Places, table: Codes, shapes: NDArray[np.uint8]
) -> tuple[Codes, Places, Flags]:
    """Decode and fold UTF-8; tell which texts need a closer look."""
    n = len(bounds) - 1
    codes = np.empty(max(0, bounds[n] - bounds[0]), dtype=np.uint32)
    starts = np.empty(n + 1, dtype=np.int64)
    odd = np.zeros(n, dtype=np.bool_)
    # Unsigned places, so that no index is looked at for its sign.
    at = np.uint64(0)
    for row in range(n):
        starts[row] = at
        i, end, stop = np.uint64(bounds[row]), np.uint64(bounds[row + 1]), at + MOST
        run, is_odd, has_house = 0, False, False
        while i < end and at < stop:
            code, size = _decode(raw, i)
            if code < N_CODES:
                code = table[code]
            codes[at] = code
            if code - ZERO < TEN:
                run += 1
                is_odd |= run >= LONG_RUN
            else:
                run = 0
                is_odd |= code == HASH
                has_house |= code == LOU
            at += ONE
            i += size
        odd[row] = is_odd
        if has_house and not is_odd:
            _mark_houses(codes[starts[row] : at], shapes)
    starts[n] = at
    return codes[:at], starts, odd


@numba.njit(cache=True, nogil=True)
def _mark_houses(codes: Codes, shapes: NDArray[np.uint8]) -> None:
    """Mark the 号 of each house number that a name beginning with 楼 follows."""
    begin = 0
    for at in range(2, len(codes) - 1):
        if codes[at] != LOU or codes[at - 1] != HAO or _shape(codes[at + 1], shapes) & NAMING == 0:
            continue
        last = _shape(codes[at - 2], shapes) & (DIGIT | NUMERAL)
        i = at - 2
        while i > begin and _shape(codes[i], shapes) & last:
            i -= 1
        n_digits = at - 2 - i
        most = MOST_DIGITS if last == DIGIT else MOST_NUMERALS
        if 0 < n_digits <= most and _shape(codes[i], shapes) & ROADLIKE:
            codes[at - 1] = HOUSE_CODE
            begin = at + 2


@numba.njit(cache=True, nogil=True)
def _shape(code: np.uint32, shapes: NDArray[np.uint8]) -> int:
    return shapes[code] if code < N_CODES else 0


@dataclass(slots=True)
class Held:
    """Distinct runs of characters, numbered in the order they were met."""

    codes: Codes = field(default_factory=lambda: np.empty(1 << 14, dtype=np.uint32))
    starts: Places = field(default_factory=lambda: np.zeros(1 << 10, dtype=np.int64))
    marks: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(1 << 10, dtype=np.uint8))
    slots: Numbers = field(default_factory=lambda: np.full(FIRST_SLOTS, -1, dtype=np.int32))
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1 << 10, dtype=np.uint64))
    n: int = 0
    masks_digits: bool = False
    """Whether runs that differ only in digits are one, kept with each digit as 0."""

    def number(
        self, codes: Codes, starts: Places, ends: Places, marks: NDArray[np.uint8]
    ) -> Numbers:
        """Give each run of characters its number; equal ones with equal marks are one."""
        self._make_room(len(starts), int((ends - starts).sum()))
        numbers, self.n = _number(
            codes, starts, ends, marks,
            self.codes, self.starts, self.marks, self.slots, self.hashes, self.n,
            NINE if self.masks_digits else ZERO,
        )  # fmt: skip
        return numbers

    def tell(self, first: int) -> list[str]:
        """Give the runs numbered from `first` on."""
        return Buffer(self.codes, self.starts[: self.n + 1]).tell(first)

    def _make_room(self, n_more: int, n_characters: int) -> None:
        wanted = self.n + n_more + 1
        if wanted > len(self.starts):
            size = max(wanted, 2 * len(self.starts))
            self.starts, self.marks, self.hashes = (
                np.concatenate([held, np.zeros(size - len(held), dtype=held.dtype)])
                for held in (self.starts, self.marks, self.hashes)
            )
        if (filled := int(self.starts[self.n]) + n_characters) > len(self.codes):
            size = max(filled, 2 * len(self.codes))
            self.codes = np.concatenate(
                [self.codes, np.zeros(size - len(self.codes), dtype=np.uint32)]
            )
        if LOAD * wanted > len(self.slots):
            size = 1 << (LOAD * wanted).bit_length()
            self.slots = (
                _lay_slots(self.hashes, self.n, size) if self.n else np.full(size, -1, np.int32)
            )


@numba.njit(cache=True)
def _lay_slots(hashes: NDArray[np.uint64], n: int, size: int) -> Numbers:
    slots = np.full(size, -1, dtype=np.int32)
    for i in range(n):
        at = hashes[i] & np.uint64(size - 1)
        while slots[at] >= 0:
            at = (at + np.uint64(1)) & np.uint64(size - 1)
        slots[at] = i
    return slots


@numba.njit(cache=True, nogil=True)
def _mask(code: np.uint32, nine: np.uint32) -> np.uint32:
    return ZERO if ZERO < code <= nine else code


@numba.njit(cache=True, nogil=True)
def _hash_run(codes: Codes, start: int, end: int, mark: int, nine: np.uint32) -> np.uint64:
    h = SEED ^ np.uint64(mark)
    for i in range(start, end):
        h = (h ^ np.uint64(_mask(codes[i], nine))) * PRIME
        h ^= h >> np.uint64(29)
    return h


@numba.njit(cache=True, nogil=True)
def _is_run(
    codes: Codes, start: int, end: int, held: Codes, held_start: int, held_end: int, nine: np.uint32
) -> bool:
    if held_end - held_start != end - start:
        return False
    for i in range(end - start):  # noqa: SIM110 - a loop compiles to less than all()
        if held[held_start + i] != _mask(codes[start + i], nine):
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _number(  # noqa: PLR0913, PLR0917 - Numba takes arrays by place, not by name
    codes: Codes,
    starts: Places,
    ends: Places,
    marks: NDArray[np.uint8],
    held: Codes,
    held_starts: Places,
    held_marks: NDArray[np.uint8],
    slots: Numbers,
    hashes: NDArray[np.uint64],
    n_held: int,
    nine: np.uint32,
) -> tuple[Numbers, int]:
    """Probe an open-addressing table with each run, and add what it lacks."""
    numbers = np.empty(len(starts), dtype=np.int32)
    mask = np.uint64(len(slots) - 1)
    for row in range(len(starts)):
        start, end, mark = starts[row], ends[row], marks[row]
        h = _hash_run(codes, start, end, mark, nine)
        at = h & mask
        while slots[at] >= 0:
            k = slots[at]
            if (
                hashes[k] == h
                and held_marks[k] == mark
                and _is_run(codes, start, end, held, held_starts[k], held_starts[k + 1], nine)
            ):
                break
            at = (at + np.uint64(1)) & mask
        if slots[at] < 0:
            begin = held_starts[n_held]
            for i in range(end - start):
                held[begin + i] = _mask(codes[start + i], nine)
            held_starts[n_held + 1] = begin + end - start
            held_marks[n_held], hashes[n_held], slots[at] = mark, h, n_held
            n_held += 1
        numbers[row] = slots[at]
    return numbers, n_held


@numba.njit(cache=True, nogil=True)
def hold_digits(codes: Codes, starts: Places, ends: Places) -> Flags:
    """Tell which runs of characters hold a digit."""
    held = np.zeros(len(starts), dtype=np.bool_)
    for run in range(len(starts)):
        for i in range(starts[run], ends[run]):
            held[run] |= codes[i] - ZERO < TEN
    return held


@numba.njit(cache=True, nogil=True)
def hold_other_digits(codes: Codes, starts: Places, ends: Places) -> Flags:
    """Tell which runs of characters hold a digit other than 0."""
    held = np.zeros(len(starts), dtype=np.bool_)
    for run in range(len(starts)):
        for i in range(starts[run], ends[run]):
            if ZERO < codes[i] <= NINE:
                held[run] = True
                break
    return held
