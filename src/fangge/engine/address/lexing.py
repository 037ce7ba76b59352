"""A text cut into what it is made of: names, divisions, numbers, and characters left over."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.areas import Areas
from fangge.engine.address.characters import (
    LETTER,
    MARK,
    NUMERAL,
    OTHER,
    PLACE,
    Codes,
    class_of,
    is_numeral,
)
from fangge.engine.address.compiling import within_lean
from fangge.engine.address.knowledge import Knowledge
from fangge.engine.address.names import Names, find_longest
from fangge.engine.address.numerals import (
    BUILDING_WORD,
    C_DI,
    C_HAO,
    C_LOU,
    HAO,
    HASH,
    JUNK_WORD,
    MOST_PARTS,
    NO_WORD,
    read_back,
    read_chain,
    read_flawed_word,
    read_word,
)
from fangge.engine.address.postings import U64
from fangge.engine.address.spelling import Letters

NAME, AREA, NUMBERED, LEFT_OVER = range(4)
MOST_ITEMS = 48
SPELT_ROOM = 3
ROAD_ENDS = np.array(sorted(ord(c) for c in "路街巷弄里道站"), dtype=np.uint32)
C_JIE, C_DAO = ord("街"), ord("道")
DIRECTIONS = np.array(sorted(ord(c) for c in "东南西北中"), dtype=np.uint32)

I64 = NDArray[np.int64]


class Items(NamedTuple):
    """The pieces of one text, in scratch space."""

    kinds: I64
    starts: I64
    ends: I64
    lows: I64  # of a name: its first row among the keys of names; of an area: its row
    highs: I64
    words: I64  # what counts a number
    flawed: I64  # whether that word was misspelt
    n_parts: I64
    stops: I64  # where the number ends, before its word
    parts: U64  # (MOST_ITEMS, MOST_PARTS)


ITEMS = np.dtype(
    [(name, np.int64, (MOST_ITEMS + 1,)) for name in Items._fields[:-1]]
    + [("parts", np.uint64, (MOST_ITEMS + 1, MOST_PARTS))]
)
"""Scratch space is one record: a function that is given it compiles in less time."""


@within_lean
def is_among(code: int, codes: Codes) -> bool:
    """Tell whether a character is one of a sorted few."""
    at = np.searchsorted(codes, np.uint32(code))
    return at < len(codes) and codes[at] == code


@within_lean
def cut_text(codes: Codes, start: int, end: int, known: Knowledge, items: Items) -> int:
    """Cut a text into items; gives how many there are."""
    n, at = 0, start
    while at < end and n < MOST_ITEMS:
        stop = _take_known(codes, start, at, end, known, items, n)
        if stop > at:
            at = stop
            n += 1
            continue
        if n and items.kinds[n - 1] == LEFT_OVER and items.ends[n - 1] == at:
            items.ends[n - 1] = at + 1
        elif class_of(codes, at, end, known.letters.classes) != MARK:
            _note(items, n, LEFT_OVER, at, at + 1)
            n += 1
        at += 1
    return n


@within_lean
def _note(items: Items, n: int, kind: int, start: int, end: int) -> None:
    items.kinds[n], items.starts[n], items.ends[n] = kind, start, end


@within_lean
def _take_known(
    codes: Codes, start: int, at: int, end: int, known: Knowledge, items: Items, n: int
) -> int:
    """Take the longest of a name, a division and a number that begin here."""
    named, low, high = find_longest(known.names, codes, at, end)
    area_end, row = _find_area(codes, start, at, end, known.areas, known.names)
    begin = at + 1 if codes[at] == C_DI else at
    place = (start, begin, end)
    number_end = _read_number(codes, place, known.names, known.letters, items, n)
    if number_end > begin and number_end >= max(named, area_end):
        _note(items, n, NUMBERED, begin, number_end)
        return number_end
    if named > at and named > area_end:
        _note(items, n, NAME, at, named)
        items.lows[n], items.highs[n] = low, high
        return named
    if area_end > at:
        _note(items, n, AREA, at, area_end)
        items.lows[n] = row
        return area_end
    return at


@within_lean
def _find_area(
    codes: Codes, start: int, at: int, end: int, areas: Areas, names: Names
) -> tuple[int, int]:
    """Find the longest division that begins here; known ones first, then the widest."""
    stop, low, high = find_longest(areas.names, codes, at, end)
    if stop == at:
        return at, -1
    best = -1
    for place in range(low, high):
        row = np.int64(areas.names.nodes[areas.names.keys.rows[place]])
        if best < 0 or _rank_area(areas, row) < _rank_area(areas, best):
            best = row
    if areas.short[best] and not _may_be_short(codes, start, at, stop, end, areas, names, best):
        return at, -1
    return stop, best


@within_lean
def _rank_area(areas: Areas, row: int) -> int:
    return (0 if areas.known[row] else 100) + 10 * np.int64(areas.short[row]) + areas.kinds[row]


@within_lean
def _may_be_short(
    codes: Codes,
    start: int,
    at: int,
    stop: int,
    end: int,
    areas: Areas,
    names: Names,
    row: int,
) -> bool:
    """Tell whether a short name (苏州) is a division's here, and not a road's: 苏州街."""
    if find_longest(names, codes, stop, end)[0] > stop:
        return True
    if not areas.known[row]:
        return at == start and find_longest(areas.names, codes, stop, end)[0] > stop
    i = stop
    if i < end and is_among(codes[i], DIRECTIONS):
        i += 1
    if i >= end or not is_among(codes[i], ROAD_ENDS):
        return True
    return codes[i] == C_JIE and i + 1 < end and codes[i + 1] == C_DAO


@within_lean
def _read_number(
    codes: Codes,
    place: tuple[int, int, int],
    names: Names,
    letters: Letters,
    items: Items,
    n: int,
) -> int:
    """Read a number with its word into the next item; gives where it ends."""
    start, at, end = place
    classes = letters.classes
    kind = class_of(codes, at, end, classes)
    if not is_numeral(kind):
        return at
    if kind == LETTER and at > start and class_of(codes, at - 1, end, classes) == LETTER:
        return at
    parts = items.parts[n]
    stop, n_parts = read_chain(codes, at, end, classes, parts)
    if n_parts == 0:
        return at
    last, word, flawed = _count_word(codes, stop, end, names, letters)
    if word == BUILDING_WORD and _may_be_house(codes, last, end, items, n, letters):
        last, word = last - 1, HAO
    if kind in (NUMERAL, PLACE):
        is_plain = word in (NO_WORD, JUNK_WORD) or flawed
        if is_plain and not _may_be_spelt(codes, at, stop, n_parts, items, n, letters):
            return at
    if word == HAO:
        last = read_back(codes, last, end, classes, parts, n_parts)
    items.words[n], items.flawed[n], items.n_parts[n] = word, flawed, n_parts
    items.stops[n] = stop
    return last


@within_lean
def _may_be_house(
    codes: Codes, last: int, end: int, items: Items, n: int, letters: Letters
) -> bool:
    """Tell whether 号楼 or #楼 may be a house number, and the 楼 begin a name that was misspelt."""
    if n == 0 or items.kinds[n - 1] != NAME or codes[last - 1] != C_LOU:
        return False
    if not is_among(codes[items.ends[n - 1] - 1], ROAD_ENDS):
        return False
    if class_of(codes, last, end, letters.classes) != OTHER or last + 2 > end:
        return False
    return read_flawed_word(codes, last, end, letters.classes)[1] == NO_WORD


@within_lean
def _may_be_spelt(
    codes: Codes, at: int, stop: int, n_parts: int, items: Items, n: int, letters: Letters
) -> bool:
    """Tell whether Chinese numerals without a word are a number, and not part of a name."""
    if n_parts > 1:
        return True
    n_plain = 0
    for i in range(at, stop):
        n_plain += letters.classes[codes[i]] == NUMERAL
    if n_plain >= SPELT_ROOM and n_plain == stop - at:
        return True
    follows = n > 0 and items.ends[n - 1] == at
    return follows and items.kinds[n - 1] == NAME


@within_lean
def _count_house(codes: Codes, stop: int) -> tuple[int, int, int]:
    if codes[stop] == C_LOU:
        return stop, NO_WORD, 0
    return stop + 1, (HAO if codes[stop] == C_HAO else HASH), 0


@within_lean
def _count_word(
    codes: Codes, stop: int, end: int, names: Names, letters: Letters
) -> tuple[int, int, int]:
    """Read the word after a number; of 20号楼云花园 the 楼 begins a name."""
    last, word = read_word(codes, stop, end)
    if (
        last > stop
        and codes[last - 1] == C_LOU
        and find_longest(names, codes, last - 1, end)[0] > last
    ):
        return _count_house(codes, stop)
    if word != NO_WORD or class_of(codes, stop, end, letters.classes) != OTHER:
        return last, word, 0
    if find_longest(names, codes, stop, end)[0] > stop:
        return stop, NO_WORD, 0
    last, word = read_flawed_word(codes, stop, end, letters.classes)
    if word == NO_WORD:
        return stop, JUNK_WORD, 0
    return last, word, 1
