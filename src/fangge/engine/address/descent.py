"""From a site down to building, unit, floor and room, as far as the register goes."""

from typing import NamedTuple

import numpy as np

from fangge.engine.address.compiling import within_lean
from fangge.engine.address.knowledge import Shelf, look_up
from fangge.engine.address.lexing import I64, MOST_ITEMS
from fangge.engine.address.numerals import (
    BUILDING_WORD,
    FLOOR_WORD,
    HAO,
    HASH,
    JUNK_WORD,
    LOU,
    NO_WORD,
    ROOM_WORD,
    UNIT_WORD,
    join_parts,
    pack_number,
)
from fangge.engine.address.postings import U32, U64
from fangge.engine.address.tree import (
    BUILDING,
    BY_ANY_UNIT,
    BY_BUILDING,
    FLOOR,
    ROOM,
    UNIT,
    tree_key,
)

NEVER = 99
"""The cost of what a word rules out."""
DASHED = 9
"""The word of a number that a dash joins to the next."""
MOST_NUMBERS, MOST_STATES, MOST_HITS = 6, 64, 8
N_WORDS, N_LEVELS = 10, 4
INFERRED, UNSAID, LONE = 1, 2, 4
ONE, PAIR = 1, 2
# What it costs to take a number with a word for a building, unit, floor or room.
_COSTS = np.full((2, N_WORDS, N_LEVELS), NEVER, dtype=np.int64)
for _word, _row in (
    (NO_WORD, (1, 1, 1, 0)),
    (HAO, (1, 2, NEVER, 1)),
    (HASH, (0, 2, NEVER, 2)),
    (BUILDING_WORD, (0, NEVER, NEVER, NEVER)),
    (UNIT_WORD, (NEVER, 0, NEVER, NEVER)),
    (FLOOR_WORD, (NEVER, NEVER, 0, NEVER)),
    (LOU, (1, NEVER, 0, NEVER)),
    (ROOM_WORD, (NEVER, NEVER, NEVER, 0)),
    (JUNK_WORD, (1, 1, 2, 1)),
    (DASHED, (0, 0, 2, NEVER)),
):
    _COSTS[0, _word] = _row
    # A misspelt word is a hint only.
    _COSTS[1, _word] = np.minimum(np.array(_row) + 1, 2)
COSTS = _COSTS


class Numbers(NamedTuple):
    """What a text says below its site, in scratch space."""

    tokens: U64
    words: I64
    flawed: I64
    items: I64
    chained: I64  # whether the next number belongs to the same chain
    which: I64  # the part of its item that it is, or -1 for all of it


Way = tuple[int, int, int, int, int, int]
"""The next number, where it is sought, the level and node reached, the cost, and flags."""


class States(NamedTuple):
    """Ways down that are still to be tried, in scratch space."""

    places: I64
    anchors: I64
    levels: I64
    reached: I64
    costs: I64
    flags: I64


NUMBERS = np.dtype(
    [("tokens", np.uint64, (MOST_ITEMS,))]
    + [(name, np.int64, (MOST_ITEMS,)) for name in Numbers._fields[1:]]
)
STATES = np.dtype([(name, np.int64, (MOST_STATES,)) for name in States._fields])


@within_lean
def _push(states: States, n: int, way: Way) -> int:
    """Note a way down that is still to be tried."""
    if n == MOST_STATES:
        return n
    place, anchor, level, reached, cost, flags = way
    states.places[n], states.anchors[n], states.levels[n] = place, anchor, level
    states.reached[n], states.costs[n], states.flags[n] = reached, cost, flags
    return n + 1


@within_lean
def go_down(
    shelf: Shelf, site: int, numbers: Numbers, n_numbers: int, states: States, hits: U32, best: I64
) -> None:
    """Find the deepest node below a site that the numbers lead to.

    Writes into `best`: the node, how many numbers are left over, the cost of reading them so,
    flags, the first number left over, and how many nodes do as well.
    """
    best[:] = 0
    best[0], best[1], best[2], best[4] = site, NEVER, NEVER, -1
    end = min(n_numbers, MOST_NUMBERS)
    n = _push(states, 0, (0, site, np.int64(shelf.tree.classes[site]), site, 0, 0))
    while n:
        n -= 1
        place, before = states.places[n], n
        if place < end:
            n = _step(shelf, numbers, end, n, states, hits)
        if n == before:
            _record(states, before, end - place, best)


@within_lean
def _record(states: States, at: int, n_left: int, best: I64) -> None:
    place, flags, reached = states.places[at], states.flags[at], states.reached[at]
    if flags & LONE and states.levels[at] == UNIT:
        # Nothing bears out a unit that the register does not name.
        n_left += 1
        place -= 1
    cost = states.costs[at] + (1 if flags & UNSAID else 0)
    if (n_left, cost) < (best[1], best[2]):
        best[0], best[1], best[2] = reached, n_left, cost
        best[3], best[4], best[5] = flags, place, 1
    elif n_left == best[1] and cost == best[2] and reached != best[0]:
        best[5] += 1


@within_lean
def _step(shelf: Shelf, numbers: Numbers, end: int, at: int, states: States, hits: U32) -> int:
    """Try every level that the next number may name; the new ways take the place of the old one."""
    place, anchor, level = states.places[at], states.anchors[at], states.levels[at]
    reached, cost, flags = states.reached[at], states.costs[at], states.flags[at]
    word, flawed = numbers.words[place], numbers.flawed[place]
    n = at
    for into in range(max(level + 1, BUILDING), ROOM + 1):
        more = COSTS[flawed, word, into - BUILDING]
        if more >= NEVER:
            continue
        key = tree_key(BY_BUILDING + into - BUILDING, anchor, numbers.tokens[place])
        n_hits = look_up(shelf, key, hits)
        if n_hits == 1:
            node = np.int64(hits[0])
            below = anchor if into == FLOOR else node
            n = _push(states, n, (place + 1, below, into, node, cost + more, flags))
        elif n_hits == 0:
            way = (place, anchor, level, reached, cost + more, flags)
            n = _step_unsaid(shelf, numbers.tokens[place], into, n, states, hits, way)
    if place + 1 < end:
        way = (place, anchor, level, reached, cost, flags)
        n = _step_joined(shelf, numbers, end, n, states, hits, way)
    return n


@within_lean
def _step_unsaid(
    shelf: Shelf, token: np.uint64, into: int, n: int, states: States, hits: U32, way: Way
) -> int:
    """Go on where the unit is not said, or where 1单元 is said of a building that has but one."""
    place, anchor, level, reached, cost, flags = way
    if into == ROOM and level in (BUILDING, FLOOR) and not flags & LONE:
        n_hits = look_up(shelf, tree_key(BY_ANY_UNIT, anchor, token), hits)
        if n_hits == 1:
            node = np.int64(hits[0])
            return _push(states, n, (place + 1, node, ROOM, node, cost, flags | INFERRED))
        if n_hits > 1:
            return _push(states, n, (place + 1, anchor, ROOM, reached, cost, flags | UNSAID))
    elif into == UNIT and level == BUILDING and token == pack_number(0, ONE, 0):
        return _push(states, n, (place + 1, anchor, UNIT, reached, cost, flags | LONE))
    return n


@within_lean
def _step_joined(
    shelf: Shelf, numbers: Numbers, end: int, n: int, states: States, hits: U32, way: Way
) -> int:
    """Take the rest, or what a dash joins, for one name: 1102-1, or a room called 3幢101室."""
    place, anchor, _, _, cost, flags = way
    last = place + PAIR if numbers.chained[place] else end
    while last <= end:
        token = join_parts(numbers.tokens, place, last - place)
        for into in (BUILDING, ROOM):
            key = tree_key(BY_BUILDING + into - BUILDING, anchor, token)
            if look_up(shelf, key, hits) == 1:
                node = np.int64(hits[0])
                n = _push(states, n, (last, node, into, node, cost + 1, flags))
        last = end if last < end else end + 1
    return n
