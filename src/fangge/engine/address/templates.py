"""Texts as templates: folded in one buffer, told apart by all but their digits, read once each."""

from dataclasses import dataclass, field
from itertools import pairwise

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.normalise import FOLDED, MOST_CHARACTERS, fold_texts

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]
Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]

FIRST_SLOTS = 1 << 12
LOAD = 2  # slots for each thing held
N_CODES = 1 << 16
# A run this long may be a phone or identity number.
LONG_RUN = 7
LOU, HAO, HASH = np.uint32(ord("楼")), np.uint32(ord("号")), np.uint32(ord("#"))
ZERO, NINE = np.uint32(ord("0")), np.uint32(ord("9"))
# First bytes from which on a character of UTF-8 has so many, and the bits that the others carry.
TWO_BYTES, THREE_BYTES, FOUR_BYTES, TAIL = (np.uint32(n) for n in (0x80, 0xE0, 0xF0, 0x3F))
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


def lay_out_folded(texts: pl.Series) -> Buffer:
    """Fold texts as `fold_texts` does, into one buffer; missing ones are empty.

    Notes
    -----
    One pass over the bytes. Only texts with a long run of digits, a # or 号楼 pass through the
    regular expressions of `fold_texts`, which change no text's length.
    """
    # Characters have at most four bytes, so what is cut off here is not read anyway.
    held = texts.cast(pl.String).fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = held.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[held.offset : held.offset + len(held) + 1]
    raw = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    codes, starts, odd = _fold(raw, bounds, _FOLD_TABLE)
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


_FOLD_TABLE = _make_fold_table()


@numba.njit(cache=True, nogil=True)
def _decode(raw: NDArray[np.uint8], i: int) -> tuple[np.uint32, int]:
    """Decode the character at a byte of UTF-8, which is known to be whole; and its size."""
    byte = np.uint32(raw[i])
    if byte < TWO_BYTES:
        return byte, 1
    second = np.uint32(raw[i + 1]) & TAIL
    if byte < THREE_BYTES:
        return (byte & np.uint32(0x1F)) << 6 | second, 2
    third = np.uint32(raw[i + 2]) & TAIL
    if byte < FOUR_BYTES:
        return (byte & np.uint32(0x0F)) << 12 | second << 6 | third, 3
    fourth = np.uint32(raw[i + 3]) & TAIL
    return (byte & np.uint32(0x07)) << 18 | second << 12 | third << 6 | fourth, 4


@numba.njit(cache=True, nogil=True)
def _fold(raw: NDArray[np.uint8], bounds: Places, table: Codes) -> tuple[Codes, Places, Flags]:
    """Decode and fold UTF-8; tell which texts need a closer look."""
    n = len(bounds) - 1
    codes = np.empty(max(0, bounds[n] - bounds[0]), dtype=np.uint32)
    starts = np.empty(n + 1, dtype=np.int64)
    odd = np.zeros(n, dtype=np.bool_)
    at = 0
    for row in range(n):
        starts[row] = at
        i, end, run, before = bounds[row], bounds[row + 1], 0, np.uint32(0)
        while i < end and at - starts[row] < MOST_CHARACTERS:
            code, size = _decode(raw, i)
            if code < N_CODES:
                code = table[code]
            run = run + 1 if ZERO <= code <= NINE else 0
            if run >= LONG_RUN or code == HASH or (code == LOU and before == HAO):
                odd[row] = True
            codes[at] = before = code
            at += 1
            i += size
    starts[n] = at
    return codes[:at], starts, odd


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
            self.slots = _lay_slots(self.hashes, self.n, 1 << (LOAD * wanted).bit_length())


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


@dataclass(slots=True)
class Pieces:
    """The pieces of each template: those of template t are `first[t] : first[t + 1]`."""

    first: Places
    starts: NDArray[np.uint16]
    ends: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    sure: NDArray[np.float32]


@numba.njit(cache=True, nogil=True)
def spread_pieces(
    numbers: Numbers,
    first: Places,
    starts: NDArray[np.uint16],
    ends: NDArray[np.uint16],
) -> tuple[NDArray[np.uint32], Places, NDArray[np.uint16], NDArray[np.uint16]]:
    """Give every text the pieces of its template: text, piece, start and end in the text."""
    n = 0
    for number in numbers:
        n += first[number + 1] - first[number]
    row = np.empty(n, dtype=np.uint32)
    piece = np.empty(n, dtype=np.int64)
    start = np.empty(n, dtype=np.uint16)
    end = np.empty(n, dtype=np.uint16)
    at = 0
    for text in range(len(numbers)):
        number = numbers[text]
        for p in range(first[number], first[number + 1]):
            row[at], piece[at] = text, p
            start[at], end[at] = starts[p], ends[p]
            at += 1
    return row, piece, start, end
