"""What the tagger looks at: characters about a place, marker words, and names of divisions."""

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.layout import (
    DIGIT,
    MARKER,
    NUMERAL,
    Bytes,
    Codes,
    Layout,
    Places,
    classes_of_characters,
)
from fangge.engine.address.lexicon import INSIDE, Hashes, Lexicon, make_table, name_places

N_SHARED = 20
STYLED = (0, 3, 4, 7, 12, 13, 14, 15, 16, 18)
"""Templates that are also weighed for each style of text by itself."""

N_TEMPLATES = N_SHARED + len(STYLED)
_STYLED = np.array(STYLED)
FAR = 5  # a distance from which on it makes no difference
FIRST_IDEOGRAPH = 0x3000
AFTER, AHEAD, RUN_END, BEFORE, BACK, LAST_NAME, RUN_START, GONE, REPEATED = range(9)
N_SEEN = 9
EARLIER, LATER = 1, 2

Number = int | np.int64


@numba.njit(cache=True, nogil=True)
def _mix(template: int, a: Number, b: Number, c: Number, d: Number) -> np.uint64:
    h = np.uint64(template + 1) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ np.uint64(a)) * np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(32)
    h = (h ^ np.uint64(b)) * np.uint64(0xC4CEB9FE1A85EC53)
    h ^= h >> np.uint64(29)
    h = (h ^ np.uint64(c)) * np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(32)
    h = (h ^ np.uint64(d)) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _goes_on(classes: Bytes, i: int) -> bool:
    return bool(classes[i] == classes[i - 1] and DIGIT <= classes[i] <= NUMERAL)


@numba.njit(cache=True, nogil=True)
def look_about(
    codes: Codes, classes: Bytes, names: Bytes, start: int, size: int, seen: NDArray[np.int32]
) -> None:
    """See for each place of a text what lies further off.

    That is the next and the last marker with their distances (up to 5), the start and end of its
    run of digits, the last division, the position, and whether its two characters come again.
    """
    _look_on(codes, classes, start, size, seen)
    _look_back(codes, classes, names, start, size, seen)
    _look_for_repeats(codes, start, size, seen)


@numba.njit(cache=True, nogil=True)
def _look_on(codes: Codes, classes: Bytes, start: int, size: int, seen: NDArray[np.int32]) -> None:
    end = start + size
    seen[size - 1, AFTER], seen[size - 1, AHEAD], seen[size - 1, RUN_END] = 0, 1, end
    for k in range(size - 2, -1, -1):
        i = start + k
        if classes[i + 1] == MARKER:
            seen[k, AFTER], seen[k, AHEAD] = codes[i + 1], 1
        else:
            seen[k, AFTER] = seen[k + 1, AFTER]
            seen[k, AHEAD] = min(FAR, seen[k + 1, AHEAD] + 1)
        seen[k, RUN_END] = seen[k + 1, RUN_END] if _goes_on(classes, i + 1) else i + 1


@numba.njit(cache=True, nogil=True)
def _look_back(
    codes: Codes, classes: Bytes, names: Bytes, start: int, size: int, seen: NDArray[np.int32]
) -> None:
    seen[0, BEFORE], seen[0, BACK], seen[0, LAST_NAME], seen[0, GONE] = 0, 1, 0, 1
    seen[0, RUN_START], seen[0, REPEATED] = start, 0
    for k in range(1, size):
        i = start + k
        if classes[i - 1] == MARKER:
            seen[k, BEFORE], seen[k, BACK] = codes[i - 1], 1
        else:
            seen[k, BEFORE] = seen[k - 1, BEFORE]
            seen[k, BACK] = min(FAR, seen[k - 1, BACK] + 1)
        ends = names[i - 1] != 0 and names[i] < INSIDE
        seen[k, LAST_NAME] = names[i - 1] % INSIDE if ends else seen[k - 1, LAST_NAME]
        seen[k, RUN_START] = seen[k - 1, RUN_START] if _goes_on(classes, i) else i
        seen[k, GONE], seen[k, REPEATED] = k + 1, 0


@numba.njit(cache=True, nogil=True)
def _look_for_repeats(codes: Codes, start: int, size: int, seen: NDArray[np.int32]) -> None:
    for i in range(start, start + size - 1):
        if codes[i] <= FIRST_IDEOGRAPH or codes[i + 1] <= FIRST_IDEOGRAPH:
            continue
        for j in range(i + 1, start + size - 1):
            if codes[j] == codes[i] and codes[j + 1] == codes[i + 1]:
                seen[i - start, REPEATED] |= LATER
                seen[j - start, REPEATED] |= EARLIER


@numba.njit(cache=True, nogil=True)
def hash_place(
    codes: Codes, classes: Bytes, names: Bytes, i: int, seen: NDArray[np.int32], k: int, row: Hashes
) -> None:
    """Hash the features that all styles share at place `i`, the text's `k`th."""
    # Numbers of one type throughout: Numba compiles `_mix` once.
    c0, c1, c2 = np.int64(codes[i]), np.int64(codes[i + 1]), np.int64(codes[i + 2])
    p1, p2 = np.int64(codes[i - 1]), np.int64(codes[i - 2])
    name, name_before = np.int64(names[i]), np.int64(names[i - 1])
    kind = np.int64(classes[i])
    after, far, end = np.int64(seen[k, AFTER]), np.int64(seen[k, AHEAD]), seen[k, RUN_END]
    before, back = np.int64(seen[k, BEFORE]), np.int64(seen[k, BACK])
    last_name, run_start = np.int64(seen[k, LAST_NAME]), seen[k, RUN_START]
    again = np.int64(seen[k, REPEATED])
    once_more = np.int64(seen[k - 1, REPEATED]) if k > 0 else 0
    row[0] = _mix(0, c0, 0, 0, 0)
    row[1] = _mix(1, p1, 0, 0, 0)
    row[2] = _mix(2, c1, 0, 0, 0)
    row[3] = _mix(5, p1, c0, 0, 0)
    row[4] = _mix(6, c0, c1, 0, 0)
    row[5] = _mix(7, p2, p1, 0, 0)
    row[6] = _mix(8, c1, c2, 0, 0)
    row[7] = _mix(9, p1, c0, c1, 0)
    row[8] = _mix(10, p2, p1, c0, 0)
    row[9] = _mix(11, c0, c1, c2, 0)
    row[10] = _mix(41, again, once_more, name, name_before)
    shape = np.int64(classes[i - 2]) * 1000 + np.int64(classes[i - 1]) * 100
    shape += kind * 10 + np.int64(classes[i + 1])
    row[11] = _mix(15, shape, np.int64(classes[i + 2]), 0, 0)
    row[12] = _mix(16, name, name_before, np.int64(names[i + 1]), 0)
    row[13] = _mix(18, after, far, last_name, 0)
    row[14] = _mix(20, before, after, kind, min(np.int64(3), back))
    if DIGIT <= kind <= NUMERAL:
        closing, following = np.int64(codes[end]), np.int64(codes[end + 1])
        opening, gone = np.int64(codes[run_start - 1]), np.int64(i - run_start)
        row[15] = _mix(21, opening, closing, min(np.int64(4), gone), np.int64(end - i))
        row[18] = _mix(27, closing, following, before, min(np.int64(1), gone))
    else:
        row[15] = _mix(22, c0, after, far, 0)
        row[18] = _mix(28, p1, c0, after, 0)
    row[16] = _mix(23, before, c0, after, 0)
    row[17] = _mix(24, min(np.int64(3), np.int64(seen[k, GONE])), c0, 1 if c1 == 0 else 0, 0)
    row[19] = _mix(29, last_name, c0, p1, 0)


@numba.njit(cache=True, nogil=True)
def style_key(key: np.uint64, style: int) -> np.uint64:
    """Give the hash of a feature as a style has it."""
    h = key ^ (np.uint64(style + 1) * np.uint64(0x9E3779B97F4A7C15))
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(29))


def hash_features(laid: Layout, lexicon: Lexicon, styles: NDArray[np.int8]) -> Hashes:
    """Hash the features of every place of a buffer; the places between texts hold zeros.

    Parameters
    ----------
    laid : Layout
        The texts.
    lexicon : Lexicon
        Names of divisions.
    styles : int8 array, one for each text
        A text's style; -1 for none, which leaves its styled features zero.

    Returns
    -------
    uint64 array, shape (n_places, N_TEMPLATES)

    Notes
    -----
    Linear in the buffer. The first call compiles for some seconds and keeps the result in Numba's
    cache (`NUMBA_CACHE_DIR` where the package's folder cannot be written).
    """
    hashed: Hashes = _hash_features(
        laid.codes,
        classes_of_characters()[np.minimum(laid.codes, (1 << 16) - 1)],
        laid.starts,
        laid.sizes,
        styles,
        make_table(lexicon.hashes),
        lexicon.kinds,
        lexicon.openings,
    )
    return hashed


@numba.njit(cache=True)
def _hash_features(
    codes: Codes,
    classes: Bytes,
    starts: Places,
    sizes: Places,
    styles: NDArray[np.int8],
    table: Hashes,
    kinds: Bytes,
    openings: Bytes,
) -> Hashes:
    out = np.zeros((len(codes), N_TEMPLATES), dtype=np.uint64)
    names = np.zeros(len(codes), np.uint8)
    seen = np.zeros((max(1, sizes.max()), N_SEEN), np.int32)
    for text in range(len(starts)):
        start, size = starts[text], sizes[text]
        if size == 0:
            continue
        name_places(codes, start, size, table, kinds, openings, names)
        look_about(codes, classes, names, start, size, seen)
        for k in range(size):
            hash_place(codes, classes, names, start + k, seen, k, out[start + k])
            if styles[text] >= 0:
                row = out[start + k]
                for t in range(len(_STYLED)):
                    row[N_SHARED + t] = style_key(row[_STYLED[t]], styles[text])
    return out
