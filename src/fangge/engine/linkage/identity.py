"""Identity and credit codes to numbers: check digits, halves, and what an identifier tells."""

from typing import NamedTuple

import numba
import numpy as np
import polars as pl

from fangge.engine.linkage.codes import Bytes, Flags, Int, Ints, mix, text_buffers

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
CREDIT_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = np.array([pow(3, power, 31) for power in range(17)])
N_CHARACTERS = 18


class WrittenCodes(NamedTuple):
    """Codes of eighteen characters as whole numbers; 0 is missing.

    `valid` is the number of a code that passes its check. `front` and `back` are the halves as
    written, right or not, seven bits a character: one wrong character spoils one half only.
    `birth` counts days, and `sex` is 1 or 2, where a valid identifier tells them. `is_styled`
    where gaps or small letters were passed over.
    """

    valid: Ints
    front: Ints
    back: Ints
    birth: Ints
    sex: Ints
    is_styled: Flags


NO_DAY = 0
DAY_BASE = 1_000_000
"""Days are counted from 1970-01-01 plus this, so that none is 0."""


def read_identifiers(codes: pl.Series) -> WrittenCodes:
    """Read resident identifiers: check, halves, and the birth date and sex that they tell."""
    data, starts = text_buffers(codes)
    return WrittenCodes(*_read_identifiers(data, starts), _mark_styled(data, starts))


def read_credit_codes(codes: pl.Series) -> WrittenCodes:
    """Read unified social credit codes: check and halves."""
    values = np.full(256, -1, dtype=np.int64)
    values[np.frombuffer(CREDIT_ALPHABET, dtype=np.uint8)] = np.arange(31)
    data, starts = text_buffers(codes)
    valid, front, back = _read_credit_codes(data, starts, values, CREDIT_WEIGHTS)
    nothing = np.zeros(len(valid), dtype=np.int64)
    return WrittenCodes(valid, front, back, nothing, nothing, _mark_styled(data, starts))


@numba.njit(cache=True, nogil=True)
def _mark_styled(data: Bytes, starts: Ints) -> Flags:
    """Mark codes with anything but digits and capitals in them."""
    styled = np.zeros(len(starts) - 1, dtype=np.bool_)
    for i in range(len(styled)):
        for at in range(starts[i], starts[i + 1]):
            styled[i] |= data[at] < 48 or data[at] > 90
    return styled


@numba.njit(cache=True, nogil=True)
def _take_characters(data: Bytes, start: Int, end: Int, kept: Bytes) -> int:
    """Take the characters of a code without gaps, in capitals; more than 18 count only."""
    n = 0
    for at in range(start, end):
        byte = data[at]
        if byte in (32, 9, 45):
            continue
        if 97 <= byte <= 122:
            byte -= 32
        if n < N_CHARACTERS:
            kept[n] = byte
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _pack_half(kept: Bytes, start: int) -> Int:
    half = np.int64(0)
    for at in range(start, start + N_CHARACTERS // 2):
        half = (half << 7) | (np.int64(kept[at]) & 0x7F)
    return half


@numba.njit(cache=True, nogil=True)
def count_days(year: Int, month: Int, day: Int) -> Int:
    """Count the days of a date that there is, or give 0."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 31 - (month in (4, 6, 9, 11))
    if month == 2:
        longest = 29 if leap else 28
    if not (1 <= month <= 12 and 1 <= day <= longest and year > 1800):
        return NO_DAY
    # Source: Howard Hinnant, "chrono-compatible low-level date algorithms".
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468 + DAY_BASE


@numba.njit(cache=True, nogil=True)
def _read_identifiers(data: Bytes, starts: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    n = len(starts) - 1
    found = np.zeros((5, n), dtype=np.int64)
    kept = np.zeros(N_CHARACTERS, dtype=np.uint8)
    for i in range(n):
        if _take_characters(data, starts[i], starts[i + 1], kept) != N_CHARACTERS:
            continue
        found[1, i], found[2, i] = _pack_half(kept, 0), _pack_half(kept, N_CHARACTERS // 2)
        total, number, shaped = 0, np.int64(0), kept[0] != 48
        for at in range(N_CHARACTERS - 1):
            digit = np.int64(kept[at]) - 48
            shaped = shaped and 0 <= digit <= 9
            total += digit * WEIGHTS[at]
            number = number * 10 + digit
        if not shaped or CHECKS[total % 11] != kept[N_CHARACTERS - 1]:
            continue
        born = (number // 1000) % 10**8
        day = count_days(born // 10000, born // 100 % 100, born % 100)
        if day != NO_DAY:
            found[0, i], found[3, i] = number, day
            found[4, i] = 2 - number % 2
    return found[0], found[1], found[2], found[3], found[4]


@numba.njit(cache=True, nogil=True)
def _read_credit_codes(
    data: Bytes, starts: Ints, values: Ints, weights: Ints
) -> tuple[Ints, Ints, Ints]:
    n = len(starts) - 1
    found = np.zeros((3, n), dtype=np.int64)
    kept = np.zeros(N_CHARACTERS, dtype=np.uint8)
    for i in range(n):
        if _take_characters(data, starts[i], starts[i + 1], kept) != N_CHARACTERS:
            continue
        front, back = _pack_half(kept, 0), _pack_half(kept, N_CHARACTERS // 2)
        found[1, i], found[2, i] = front, back
        total, shaped = 0, values[kept[N_CHARACTERS - 1]] >= 0
        for at in range(N_CHARACTERS - 1):
            shaped = shaped and values[kept[at]] >= 0
            total += values[kept[at]] * weights[at]
        if shaped and (31 - total % 31) % 31 == values[kept[N_CHARACTERS - 1]]:
            found[0, i] = mix(front, back)
    return found[0], found[1], found[2]
