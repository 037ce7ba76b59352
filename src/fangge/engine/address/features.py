"""What the tagger looks at: characters about a place, marker words, and names of divisions."""

from functools import cache

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.divisions import load_divisions
from fangge.engine.address.elements import NUMERALS, Kind

GAP = 4
"""Blank places between two texts, so that no feature of one looks into the other."""

N_TEMPLATES = 26
MARKERS = "省市区县镇乡街道路巷弄号幢栋楼座单元门层室房村社组园苑厦城场公寓里庄-#("
LONGEST_NAME = 12
FAR = 5  # a distance from which on it makes no difference
INSIDE = 16  # added to a division's number on all but its first character
OTHER, DIGIT, LETTER, NUMERAL, MARK, MARKER = range(6)

Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]


def lay_out(folded: pl.Series) -> tuple[Codes, NDArray[np.int64]]:
    """Put folded texts into one buffer of characters, apart; digits become 0 and letters A.

    Returns the buffer and where each text starts in it.
    """
    joined = ("\0" * GAP).join(["", *folded.to_list(), ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).copy()
    digit = (codes >= ord("0")) & (codes <= ord("9"))
    codes[digit] = ord("0")
    letter = ((codes | 32) >= ord("a")) & ((codes | 32) <= ord("z"))
    codes[letter] = ord("A")
    sizes = folded.str.len_chars().to_numpy().astype(np.int64)
    starts = GAP + np.concatenate([[0], np.cumsum(sizes + GAP)])[:-1]
    return codes, starts.astype(np.int64)


@cache
def _classes() -> NDArray[np.uint8]:
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


@cache
def _lexicon() -> tuple[Hashes, NDArray[np.uint8]]:
    """Hash every division's name, and the short names of towns, with a number for its kind."""
    rank = {Kind.PROVINCE: 1, Kind.CITY: 2, Kind.DISTRICT: 3, Kind.DEVELOPMENT_ZONE: 5}
    held: dict[int, int] = {}
    for name, found in load_divisions().by_name.items():
        best = min(found, key=lambda d: (d.is_short, len(d.code)))
        kind = rank.get(best.kind, 4) + (5 if best.is_short else 0)
        _keep_name(held, name, kind)
        if best.kind is Kind.SUBDISTRICT:
            short = name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
            if len(short) > 1:
                _keep_name(held, short, 9)
    hashes = np.fromiter(held, dtype=np.uint64, count=len(held))
    order = np.argsort(hashes)
    return hashes[order], np.fromiter(held.values(), dtype=np.uint8, count=len(held))[order]


def _keep_name(held: dict[int, int], name: str, kind: int) -> None:
    codes = np.frombuffer(name.encode("utf-32-le"), dtype=np.uint32)
    held.setdefault(int(_hash_codes(codes, 0, len(codes))), kind)


@numba.njit(cache=True)
def _hash_codes(codes: Codes, start: int, end: int) -> np.uint64:
    h = np.uint64(1469598103934665603)
    for i in range(start, end):
        h = (h ^ np.uint64(codes[i])) * np.uint64(1099511628211)
    return h


@numba.njit(cache=True)
def _name_places(codes: Codes, hashes: Hashes, kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark the longest division names, from the left: kind at the start, kind + INSIDE within."""
    n = len(codes)
    marked = np.zeros(n, dtype=np.uint8)
    at = 0
    while at < n:
        size = 0
        h = np.uint64(1469598103934665603)
        for end in range(at, min(n, at + LONGEST_NAME)):
            if codes[end] == 0:
                break
            h = (h ^ np.uint64(codes[end])) * np.uint64(1099511628211)
            if end > at:
                place = np.searchsorted(hashes, h)
                if place < len(hashes) and hashes[place] == h:
                    size = end - at + 1
                    kind = kinds[place]
        if size:
            marked[at] = kind
            for i in range(at + 1, at + size):
                marked[i] = kind + INSIDE
        at += max(1, size)
    return marked


@numba.njit(cache=True)
def _mix(template: int, a: int, b: int, c: int, d: int) -> np.uint64:
    h = np.uint64(template + 1) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ np.uint64(a)) * np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(32)
    h = (h ^ np.uint64(b)) * np.uint64(0xC4CEB9FE1A85EC53)
    h ^= h >> np.uint64(29)
    h = (h ^ np.uint64(c)) * np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(32)
    h = (h ^ np.uint64(d)) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(31))


@numba.njit(cache=True)
def _look_ahead(
    codes: Codes, classes: NDArray[np.uint8]
) -> tuple[Codes, NDArray[np.uint8], NDArray[np.int64]]:
    """Find each place's next marker, how far it is (up to 5), and where its run of digits ends."""
    n = len(codes)
    after, far, run_end = np.zeros(n, np.uint32), np.zeros(n, np.uint8), np.zeros(n, np.int64)
    for i in range(n - 2, -1, -1):
        if codes[i] == 0:
            continue
        if classes[i + 1] == MARKER:
            after[i], far[i] = codes[i + 1], 1
        else:
            after[i], far[i] = after[i + 1], min(FAR, far[i + 1] + 1)
        run_end[i] = run_end[i + 1] if _goes_on(classes, i + 1) else i + 1
    return after, far, run_end


@numba.njit(cache=True)
def _goes_on(classes: NDArray[np.uint8], i: int) -> bool:
    return bool(classes[i] == classes[i - 1] and DIGIT <= classes[i] <= NUMERAL)


@numba.njit(cache=True)
def _look_back(
    codes: Codes, classes: NDArray[np.uint8], names: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Find each place's last marker and its distance, last division, run's start and position."""
    n = len(codes)
    out = np.zeros((n, 5), np.int64)
    for i in range(1, n):
        if codes[i] == 0:
            continue
        out[i] = out[i - 1]
        out[i, 1] = min(FAR, out[i - 1, 1] + 1)
        if classes[i - 1] == MARKER:
            out[i, 0], out[i, 1] = codes[i - 1], 1
        if names[i - 1] != 0 and names[i] < INSIDE:
            out[i, 2] = names[i - 1] % INSIDE
        if not _goes_on(classes, i):
            out[i, 3] = i
        out[i, 4] = out[i - 1, 4] + 1
    return out


@numba.njit(cache=True)
def _hash_features(codes: Codes, classes: NDArray[np.uint8], names: NDArray[np.uint8]) -> Hashes:
    n = len(codes)
    out = np.zeros((n, N_TEMPLATES), dtype=np.uint64)
    after, far, run_end = _look_ahead(codes, classes)
    past = _look_back(codes, classes, names)
    for i in range(GAP - 1, n - GAP + 1):
        if codes[i] == 0:
            continue
        before, back, last_name, run_start, gone = past[i]
        c0, c1, c2, c3 = codes[i], codes[i + 1], codes[i + 2], codes[i + 3]
        p1, p2, p3 = codes[i - 1], codes[i - 2], codes[i - 3]
        row = out[i]
        row[0] = _mix(0, c0, 0, 0, 0)
        row[1] = _mix(1, p1, 0, 0, 0)
        row[2] = _mix(2, c1, 0, 0, 0)
        row[3] = _mix(3, p2, 0, 0, 0)
        row[4] = _mix(4, c2, 0, 0, 0)
        row[5] = _mix(5, p1, c0, 0, 0)
        row[6] = _mix(6, c0, c1, 0, 0)
        row[7] = _mix(7, p2, p1, 0, 0)
        row[8] = _mix(8, c1, c2, 0, 0)
        row[9] = _mix(9, p1, c0, c1, 0)
        row[10] = _mix(10, p2, p1, c0, 0)
        row[11] = _mix(11, c0, c1, c2, 0)
        row[12] = _mix(12, p1, c1, 0, 0)
        row[13] = _mix(13, c0, c1, c2, c3)
        row[14] = _mix(14, p3, p2, p1, c0)
        shape = classes[i - 2] * 1000 + classes[i - 1] * 100 + classes[i] * 10 + classes[i + 1]
        row[15] = _mix(15, shape, classes[i + 2], 0, 0)
        row[16] = _mix(16, names[i], names[i - 1], names[i + 1], 0)
        row[17] = _mix(17, names[i], after[i], far[i], 0)
        row[18] = _mix(18, after[i], far[i], last_name, 0)
        row[19] = _mix(19, before, back, classes[i], 0)
        row[20] = _mix(20, before, after[i], classes[i], min(3, back))
        if DIGIT <= classes[i] <= NUMERAL:
            end = run_end[i]
            row[21] = _mix(21, codes[run_start - 1], codes[end], min(4, i - run_start), end - i)
            row[24] = _mix(27, codes[end], codes[end + 1], before, min(1, i - run_start))
        else:
            row[21] = _mix(22, c0, after[i], far[i], 0)
            row[24] = _mix(28, p1, c0, after[i], 0)
        row[22] = _mix(23, before, c0, after[i], 0)
        row[23] = _mix(24, min(3, gone), c0, 1 if c1 == 0 else 0, 0)
        row[25] = _mix(29, last_name, c0, p1, 0)
    return out


def hash_features(codes: Codes) -> Hashes:
    """Hash the features of every place of a buffer; the places between texts hold zeros.

    Returns
    -------
    uint64 array, shape (n_places, N_TEMPLATES)

    Notes
    -----
    Linear in the buffer. The first call compiles for some seconds and keeps the result in Numba's
    cache (`NUMBA_CACHE_DIR` where the package's folder cannot be written).
    """
    classes = _classes()[np.minimum(codes, (1 << 16) - 1)]
    names = _name_places(codes, *_lexicon())
    hashed: Hashes = _hash_features(codes, classes, names)
    return hashed
