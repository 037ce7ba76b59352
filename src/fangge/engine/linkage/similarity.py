"""Array in, array out: how alike two columns of numbers or texts are."""

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.linkage.codes import Bytes, Flags, Int, Ints, decode
from fangge.engine.linkage.schema import MISSING

Levels = NDArray[np.uint8]

LONGEST = 64
LEAST_PART = 3
DAY_BASE = 1_000_000
ALIKE, VERY_ALIKE = 0.85, 0.93
WINKLER_LETTERS = 4


@numba.njit(cache=True, nogil=True)
def compare_exactly(values: Ints, left: Ints, right: Ints) -> Levels:
    """1 the same, 0 different."""
    levels = np.zeros(len(left), dtype=np.uint8)
    for i in range(len(left)):
        a, b = values[left[i]], values[right[i]]
        if a == 0 or b == 0:
            levels[i] = MISSING
        elif a == b:
            levels[i] = 1
    return levels


@numba.njit(cache=True, nogil=True)
def split_days(days: Int) -> tuple[Int, Int, Int]:
    """Give year, month and day. Source: Howard Hinnant, "chrono-compatible ... algorithms"."""
    z = days - DAY_BASE + 719468
    era = z // 146097
    of_era = z - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return year + era * 400 + (month <= 2), month, day


@numba.njit(cache=True, nogil=True)
def compare_dates(values: Ints, left: Ints, right: Ints) -> Levels:
    """2 the same; 1 two of year, month and day, or day and month turned round."""
    levels = np.zeros(len(left), dtype=np.uint8)
    for i in range(len(left)):
        a, b = values[left[i]], values[right[i]]
        if a == 0 or b == 0:
            levels[i] = MISSING
        elif a == b:
            levels[i] = 2
        else:
            years, months, days = split_days(a)
            other_years, other_months, other_days = split_days(b)
            same_year = years == other_years
            n_same = int(same_year) + (months == other_months) + (days == other_days)
            turned = same_year and months == other_days and days == other_months
            levels[i] = n_same > 1 or turned
    return levels


@numba.njit(cache=True, nogil=True)
def compare_addresses(values: Ints, units: Ints, sites: Ints, left: Ints, right: Ints) -> Levels:
    """3 the same, 2 one within the other, 1 the same building."""
    levels = np.zeros(len(left), dtype=np.uint8)
    for i in range(len(left)):
        a, b = left[i], right[i]
        if values[a] == 0 or values[b] == 0:
            levels[i] = MISSING
        elif values[a] == values[b]:
            levels[i] = 3
        elif values[a] in (units[b], sites[b]) or values[b] in (units[a], sites[a]):
            levels[i] = 2
        elif sites[a] == sites[b]:
            levels[i] = 1
    return levels


@numba.njit(cache=True, nogil=True)
def compare_codes(fronts: Ints, backs: Ints, left: Ints, right: Ints) -> Levels:
    """2 the same, 1 one character apart."""
    levels = np.zeros(len(left), dtype=np.uint8)
    for i in range(len(left)):
        a, b = left[i], right[i]
        if fronts[a] == 0 or fronts[b] == 0:
            levels[i] = MISSING
            continue
        n_apart = 0
        for differing in (fronts[a] ^ fronts[b], backs[a] ^ backs[b]):
            rest = differing
            while rest != 0:
                n_apart += (rest & 0x7F) != 0
                rest >>= 7
        levels[i] = 2 - n_apart if n_apart < 2 else 0
    return levels


@numba.njit(cache=True, nogil=True)
def _spell(code: Int, data: Bytes, start: Int, end: Int, kept: Ints) -> int:
    """Write a name's characters out, from its number or its text; give how many there are."""
    n = 0
    if code >= 0:
        while code > 0:
            code >>= 15
            n += 1
        return n
    at = start
    while at < end and n < LONGEST:
        kept[n], at = decode(data, at)
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _spell_packed(code: Int, n: int, kept: Ints) -> None:
    for place in range(n):
        kept[n - 1 - place] = (code >> (15 * place)) & 0x7FFF
        if kept[n - 1 - place] >= 0x1000:
            kept[n - 1 - place] += 0x2000


@numba.njit(cache=True, nogil=True)
def are_near_names(left: Ints, right: Ints) -> bool:
    """Tell names with one character other, two neighbours turned round, or one within the other.

    What is within must be three characters or more: an abbreviation, or a name without father's.
    """
    if len(left) == len(right):
        return len(left) > 1 and _differ_once(left, right)
    if len(left) > len(right):
        left, right = right, left
    for start in range(len(right) - len(left) + 1 if len(left) >= LEAST_PART else 0):
        if np.all(left == right[start : start + len(left)]):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _differ_once(left: Ints, right: Ints) -> bool:
    apart = np.flatnonzero(left != right)
    if len(apart) <= 1:
        return True
    first, last = apart[0], apart[-1]
    turned = left[first] == right[last] and left[last] == right[first]
    return len(apart) == 2 and last == first + 1 and turned


@numba.njit(cache=True, nogil=True)
def compare_names(
    codes: Ints, sounds: Ints, data: Bytes, starts: Ints, left: Ints, right: Ints
) -> Levels:
    """3 the same, 2 the same sound, 1 near: see `are_near_names`."""
    levels = np.zeros(len(left), dtype=np.uint8)
    ours, theirs = np.zeros(LONGEST, dtype=np.int64), np.zeros(LONGEST, dtype=np.int64)
    for i in range(len(left)):
        a, b = left[i], right[i]
        if codes[a] == 0 or codes[b] == 0:
            levels[i] = MISSING
        elif codes[a] == codes[b]:
            levels[i] = 3
        elif sounds[a] == sounds[b]:
            levels[i] = 2
        else:
            n_ours = _spell(codes[a], data, starts[a], starts[a + 1], ours)
            n_theirs = _spell(codes[b], data, starts[b], starts[b + 1], theirs)
            if codes[a] > 0:
                _spell_packed(codes[a], n_ours, ours)
            if codes[b] > 0:
                _spell_packed(codes[b], n_theirs, theirs)
            levels[i] = are_near_names(ours[:n_ours], theirs[:n_theirs])
    return levels


@numba.njit(cache=True, nogil=True)
def measure_likeness(left: Ints, right: Ints) -> float:
    """Give the likeness of Jaro and Winkler, from 0 to 1."""
    found, taken = _find_same(left, right)
    same, other = left[found], right[taken]
    n_same = len(same)
    if n_same == 0:
        return 0.0
    n_turned = np.sum(same != other) / 2
    jaro = (n_same / len(left) + n_same / len(right) + (n_same - n_turned) / n_same) / 3
    n_first = 0
    while n_first < min(WINKLER_LETTERS, len(left), len(right)):
        if left[n_first] != right[n_first]:
            break
        n_first += 1
    return float(jaro + n_first * 0.1 * (1 - jaro))


@numba.njit(cache=True, nogil=True)
def _find_same(left: Ints, right: Ints) -> tuple[Flags, Flags]:
    """Mark the characters of both that meet one of the other's nearby."""
    reach = max(0, max(len(left), len(right)) // 2 - 1)
    found, taken = np.zeros(len(left), dtype=np.bool_), np.zeros(len(right), dtype=np.bool_)
    for i in range(len(left)):
        for j in range(max(0, i - reach), min(len(right), i + reach + 1)):
            if not taken[j] and left[i] == right[j]:
                taken[j] = found[i] = True
                break
    return found, taken


@numba.njit(cache=True, nogil=True)
def compare_texts(codes: Ints, data: Bytes, starts: Ints, left: Ints, right: Ints) -> Levels:
    """3 the same, 2 very alike, 1 alike, by `measure_likeness`."""
    levels = np.zeros(len(left), dtype=np.uint8)
    ours, theirs = np.zeros(LONGEST, dtype=np.int64), np.zeros(LONGEST, dtype=np.int64)
    for i in range(len(left)):
        a, b = left[i], right[i]
        if codes[a] == 0 or codes[b] == 0:
            levels[i] = MISSING
        elif codes[a] == codes[b]:
            levels[i] = 3
        else:
            n_ours = _spell(-1, data, starts[a], starts[a + 1], ours)
            n_theirs = _spell(-1, data, starts[b], starts[b + 1], theirs)
            alike = measure_likeness(ours[:n_ours], theirs[:n_theirs])
            levels[i] = int(alike >= ALIKE) + int(alike >= VERY_ALIKE)
    return levels
