"""Text columns to whole numbers, a pass each: equal numbers mean equal texts; 0 is missing.

The numbers depend on the text alone, so that they may be kept and compared with another day's.
"""

from functools import cache

import numba
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Int = int | np.int64

N_CHARACTERS = 18
N_PLANE = 65_536
LONGEST_PACKED = 4
FULL_WIDTH = {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}
PRIME = np.uint64(0x9E3779B97F4A7C15)
OTHER_PRIME = np.uint64(0xC4CEB9FE1A85EC53)
SEED = np.uint64(0x2545F4914F6CDD1D)
SHIFT = np.uint64(29)
FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
"""Sounds that speakers here do not tell apart."""


def text_buffers(texts: pl.Series) -> tuple[Bytes, Ints]:
    """Give the UTF-8 bytes of a text column and where each text starts; blank is empty."""
    array = texts.cast(pl.String).fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    _, offsets, held = array.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(held, dtype=np.uint8) if held else np.zeros(0, dtype=np.uint8)
    return data, starts


def encode_texts(texts: pl.Series) -> Ints:
    """Give each text a number."""
    return np.asarray(_hash_texts(*text_buffers(texts)))


def encode_names(texts: pl.Series) -> tuple[Ints, Ints]:
    """Give each name a number for its writing and one for its sound.

    Width, case, white space and the separator's form make no difference. Up to four characters
    of the basic plane are the number itself, fifteen bits each; a longer name is negative.
    """
    buffers = text_buffers(texts)
    used = np.zeros(N_PLANE, dtype=np.bool_)
    _mark_characters(*buffers, used)
    sounds = np.arange(N_PLANE, dtype=np.int64)
    for character in np.flatnonzero(used).tolist():
        sounds[character] = _sound_of(chr(character))
    codes, heard = _fold_names(*buffers, sounds)
    return codes, heard


@cache
def _sound_of(character: str) -> int:
    sound = lazy_pinyin(character)[0]
    for spoken, heard in FUZZY:
        sound = sound.replace(spoken, heard)
    return (
        N_PLANE + int.from_bytes(sound.encode()[:7], "big")
        if sound != character
        else ord(character)
    )


def encode_numbers(texts: pl.Series, *, shortest: int) -> Ints:
    """Give the digits of each text as a number, a telephone's country left out."""
    return np.asarray(_read_digits(*text_buffers(texts), shortest))


def encode_addresses(texts: pl.Series) -> tuple[Ints, Ints, Ints]:
    """Give an address code's number, its unit's and its building's: codes grow inwards."""
    return _fold_addresses(*text_buffers(texts))


@numba.njit(cache=True, nogil=True)
def mix(left: Int, right: Int) -> Int:
    """Make one number of two."""
    h = (np.uint64(left) ^ SEED) * PRIME
    h ^= h >> SHIFT
    h = (h ^ np.uint64(right)) * OTHER_PRIME
    h ^= h >> SHIFT
    h *= PRIME
    return np.int64((h ^ (h >> SHIFT)) & np.uint64(0x7FFFFFFFFFFFFFFF)) | 1


@numba.njit(cache=True, nogil=True)
def combine_codes(left: Ints, right: Ints) -> Ints:
    """Make one key of two columns; 0 where either is missing."""
    n = len(left)
    keys = np.zeros(n, dtype=np.int64)
    for i in range(n):
        if left[i] != 0 and right[i] != 0:
            keys[i] = mix(np.int64(left[i]), np.int64(right[i]))
    return keys


@numba.njit(cache=True, nogil=True)
def step(code: np.uint64, byte: np.uint8) -> np.uint64:
    """Take one more byte into a number that `mix` finishes."""
    return (code ^ np.uint64(byte)) * np.uint64(0x100000001B3)


@numba.njit(cache=True, nogil=True)
def _hash_texts(data: Bytes, starts: Ints) -> Ints:
    n = len(starts) - 1
    codes = np.zeros(n, dtype=np.int64)
    for i in range(n):
        code = SEED
        for at in range(starts[i], starts[i + 1]):
            code = step(code, data[at])
        if starts[i + 1] > starts[i]:
            codes[i] = mix(np.int64(code), np.int64(0))
    return codes


@numba.njit(cache=True, nogil=True)
def decode(data: Bytes, at: Int) -> tuple[Int, Int]:
    """Read one character of UTF-8: its number and where the next one starts."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, at + 1
    if first < 0xE0:
        return ((first & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), at + 2
    middle = (np.int64(data[at + 1]) & 0x3F) << 6
    if first < 0xF0:
        return ((first & 0x0F) << 12) | middle | (np.int64(data[at + 2]) & 0x3F), at + 3
    rest = ((np.int64(data[at + 2]) & 0x3F) << 6) | (np.int64(data[at + 3]) & 0x3F)
    return ((first & 0x07) << 18) | (middle << 6) | rest, at + 4


@numba.njit(cache=True, nogil=True)
def fold_character(character: Int) -> Int:
    """Fold width, case and the separator's form; white space is 0."""
    if 0xFF01 <= character <= 0xFF5E:
        character -= 0xFEE0
    if character in (0x20, 0x3000, 0x09, 0x0A, 0x0D, 0xA0):
        return 0
    if character in (0x2022, 0x30FB, 0x2E, 0x2027):
        return 0xB7
    if 0x41 <= character <= 0x5A:
        return character + 0x20
    return character


@numba.njit(cache=True, nogil=True)
def _mark_characters(data: Bytes, starts: Ints, used: Flags) -> None:
    at = starts[0]
    while at < starts[-1]:
        character, at = decode(data, at)
        if 0x3400 <= character < N_PLANE:
            used[character] = True


@numba.njit(cache=True, nogil=True)
def _fold_names(data: Bytes, starts: Ints, sounds: Ints) -> tuple[Ints, Ints]:
    n = len(starts) - 1
    codes, heard = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for i in range(n):
        at = starts[i]
        packed = np.int64(0)
        hashed: Int = np.int64(0)
        sound: Int = np.int64(0)
        n_kept, n_odd = 0, 0
        while at < starts[i + 1]:
            character, at = decode(data, at)
            character = fold_character(character)
            if character == 0:
                continue
            n_kept += 1
            # The packed form keeps fifteen bits of each: 0x3000 to 0xAFFF, or below 0x1000.
            small = character - 0x2000 if character >= 0x3000 else character
            n_odd += int(small >= 0x8000 or 0x1000 <= character < 0x3000)
            packed = (packed << 15) | (small & 0x7FFF)
            hashed = mix(hashed, np.int64(character))
            heard_one = sounds[character] if character < N_PLANE else character
            sound = mix(sound, np.int64(heard_one))
        if n_kept:
            codes[i] = packed if n_odd == 0 and n_kept <= LONGEST_PACKED else -hashed
            heard[i] = sound
    return codes, heard


@numba.njit(cache=True, nogil=True)
def _read_digits(data: Bytes, starts: Ints, shortest: int) -> Ints:
    n = len(starts) - 1
    numbers = np.zeros(n, dtype=np.int64)
    for i in range(n):
        number, n_digits = np.int64(0), 0
        for at in range(starts[i], starts[i + 1]):
            if 48 <= data[at] <= 57 and n_digits < N_CHARACTERS:
                number = number * 10 + np.int64(data[at]) - 48
                n_digits += 1
        # +86 and eleven digits, with or without zeros before: leading zeros add nothing.
        if 86 * 10**11 < number < 87 * 10**11 and (number // 10**10) % 10 == 1:
            number -= 86 * 10**11
        if n_digits >= shortest:
            numbers[i] = number + 1
    return numbers


@numba.njit(cache=True, nogil=True)
def _fold_addresses(data: Bytes, starts: Ints) -> tuple[Ints, Ints, Ints]:
    """Road, number, E for an estate, B and the building, U and the unit, then floor and room."""
    n = len(starts) - 1
    whole, unit, site = (
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
    )
    for i in range(n):
        state = SEED
        code: Int = np.int64(0)
        part, ends_at = 0, starts[i + 1]
        for at in range(starts[i], ends_at):
            state = step(state, data[at])
            if at + 1 < ends_at and data[at + 1] != 45:
                continue
            part += 1
            code = mix(np.int64(state), np.int64(part))
            following = data[at + 2] if at + 2 < ends_at else 0
            if site[i] == 0 and part > 1 and following not in (66, 69):
                site[i] = code
            if unit[i] == 0 and part > 1 and following not in (66, 69, 85):
                unit[i] = code
        whole[i] = code
        if site[i] == 0:
            site[i] = code
        if unit[i] == 0:
            unit[i] = code
    return whole, unit, site
