"""Names of divisions by their hash, and where a text names one."""

from dataclasses import dataclass

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.divisions import load_divisions
from fangge.engine.address.elements import Kind
from fangge.engine.address.layout import Bytes, Codes, Places, lay_out

LONGEST_NAME = 12
INSIDE = 16  # added to a division's number on all but its first character
OPENING_BITS = 19
N_OPENINGS = 1 << OPENING_BITS
BASIS, PRIME = np.uint64(1469598103934665603), np.uint64(1099511628211)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names of divisions by their hash."""

    hashes: Hashes  # sorted
    kinds: Bytes
    openings: Bytes  # a bit for each hash of two characters that some name begins with


def make_lexicon() -> Lexicon:
    """Hash every division's name, and the short names of towns, with a number for its kind."""
    rank = {Kind.PROVINCE: 1, Kind.CITY: 2, Kind.DISTRICT: 3, Kind.DEVELOPMENT_ZONE: 5}
    held: dict[str, int] = {}
    for name, found in load_divisions().by_name.items():
        best = min(found, key=lambda d: (d.is_short, len(d.code)))
        held.setdefault(name, rank.get(best.kind, 4) + (5 if best.is_short else 0))
        if best.kind is Kind.SUBDISTRICT:
            short = name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
            if len(short) > 1:
                held.setdefault(short, 9)
    names = pl.Series(held.keys(), dtype=pl.String)
    laid = lay_out(names)
    hashes, openings = _hash_names(laid.codes, laid.starts, laid.sizes)
    order = np.argsort(hashes)
    kinds = np.fromiter(held.values(), dtype=np.uint8, count=len(held))
    return Lexicon(hashes[order], kinds[order], np.packbits(openings, bitorder="little"))


@numba.njit(cache=True, nogil=True)
def scatter(h: np.uint64, n_bits: int) -> np.int64:
    """Give a number of so many bits that depends on all bits of a hash."""
    mixed = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.int64(mixed >> np.uint64(64 - n_bits))


@numba.njit(cache=True)
def _hash_names(codes: Codes, starts: Places, sizes: Places) -> tuple[Hashes, NDArray[np.bool_]]:
    hashes = np.empty(len(starts), np.uint64)
    openings = np.zeros(N_OPENINGS, np.bool_)
    for name in range(len(starts)):
        h = BASIS
        for i in range(sizes[name]):
            h = (h ^ np.uint64(codes[starts[name] + i])) * PRIME
            if i == 1:
                openings[scatter(h, OPENING_BITS)] = True
        hashes[name] = h
    return hashes, openings


@numba.njit(cache=True, nogil=True)
def make_table(keys: Hashes) -> Hashes:
    """Make an open-addressing table: the hash's upper bits, and below them place + 1.

    Raises
    ------
    ValueError
        For more keys than its lower bits can count.
    """
    size = 1024
    while size < 2 * len(keys):
        size *= 2
    if len(keys) >= size - 1:
        raise ValueError("too many keys")
    table = np.zeros(size, np.uint64)
    lower = np.uint64(size - 1)
    for i in range(len(keys)):
        slot = keys[i] & lower
        while table[slot] != 0:
            slot = (slot + np.uint64(1)) & lower
        table[slot] = (keys[i] & ~lower) | np.uint64(i + 1)
    return table


@numba.njit(cache=True, nogil=True)
def find_key(table: Hashes, key: np.uint64) -> np.int64:
    """Find a key's place; -1 where the table lacks it."""
    lower = np.uint64(len(table) - 1)
    slot = key & lower
    while table[slot] != 0:
        if (table[slot] ^ key) & ~lower == 0:
            return np.int64(table[slot] & lower) - np.int64(1)
        slot = (slot + np.uint64(1)) & lower
    return np.int64(-1)


@numba.njit(cache=True, nogil=True)
def name_places(
    codes: Codes, start: int, size: int, table: Hashes, kinds: Bytes, openings: Bytes, names: Bytes
) -> None:
    """Mark the longest division names, from the left: kind at the start, kind + INSIDE within."""
    at, end = start, start + size
    names[start:end] = 0
    while at < end:
        length, kind = 0, 0
        h = BASIS
        for i in range(at, min(end, at + LONGEST_NAME)):
            h = (h ^ np.uint64(codes[i])) * PRIME
            if i == at:
                continue
            if i == at + 1:
                opening = scatter(h, OPENING_BITS)
                if not (openings[opening >> 3] >> (opening & 7)) & 1:
                    break
            place = find_key(table, h)
            if place >= 0:
                length, kind = i - at + 1, kinds[place]
        if length:
            names[at] = kind
            names[at + 1 : at + length] = kind + INSIDE
        at += max(1, length)
