"""The sites that a text names: roads, house numbers and estates, by the register's own names."""

from typing import NamedTuple

import numpy as np

from fangge.engine.address.areas import Areas, is_outside
from fangge.engine.address.compiling import within_lean
from fangge.engine.address.descent import (
    DASHED,
    MOST_HITS,
    NUMBERS,
    STATES,
    Numbers,
    States,
)
from fangge.engine.address.findings import (
    MOST_PLACES,
    NUMBER_DISAGREES,
    NUMBER_UNKNOWN,
    OUTSIDE,
    PLACES_SPACE,
    REASONS_SPACE,
    ROAD_DISAGREES,
    SITE_UNKNOWN,
    Places,
    Reasons,
    add_place,
    note,
)
from fangge.engine.address.knowledge import Shelf, look_up
from fangge.engine.address.lexing import (
    AREA,
    I64,
    ITEMS,
    NAME,
    NUMBERED,
    Items,
)
from fangge.engine.address.names import (
    SIMILAR,
    Names,
    Similar,
)
from fangge.engine.address.numerals import (
    BUILDING_WORD,
    HAO,
    HASH,
    JUNK_WORD,
    NO_WORD,
    join_parts,
)
from fangge.engine.address.postings import U32
from fangge.engine.address.tree import BY_NUMBER, COMMUNITY, NUMBER, ROAD, tree_key

MOST_NAMED = 48
NEARLY = 4
"""How much dearer than the best a similar name may be: a character left over, and unlikeness."""


class Named(NamedTuple):
    """Nodes that are named in a text, in scratch space."""

    nodes: I64
    likeness: I64  # place in the similar names, or -1
    items: I64
    size: I64


class Scratch(NamedTuple):
    """Space for one text's workings, used again for the next."""

    items: Items
    numbers: Numbers
    states: States
    hits: U32
    similar: Similar
    area_similar: Similar
    reasons: Reasons
    places: Places
    roads: Named
    estates: Named
    villages: Named
    houses: Named
    best: I64
    house: I64  # the item that is the house number, or -1
    order: I64


_NAMED = np.dtype(
    [(name, np.int64, (MOST_NAMED,)) for name in Named._fields[:-1]] + [("size", np.int64, (1,))]
)
_SCRATCH = np.dtype(
    [
        ("items", ITEMS),
        ("numbers", NUMBERS),
        ("states", STATES),
        ("hits", np.uint32, (MOST_HITS,)),
        ("similar", SIMILAR),
        ("area_similar", SIMILAR),
        ("reasons", REASONS_SPACE),
        ("places", PLACES_SPACE),
        ("roads", _NAMED),
        ("estates", _NAMED),
        ("villages", _NAMED),
        ("houses", _NAMED),
        ("best", np.int64, (6,)),
        ("house", np.int64, (1,)),
        ("order", np.int64, (MOST_PLACES,)),
    ]
)


def make_scratch() -> Scratch:
    """Make space for one text's workings."""
    space: Scratch = np.rec.array(np.zeros(1, dtype=_SCRATCH))[0]
    return space


@within_lean
def _name(named: Named, node: int, likeness: int, item: int) -> None:
    for i in range(named.size[0]):
        if named.nodes[i] == node:
            return
    n = named.size[0]
    if n < MOST_NAMED:
        named.nodes[n], named.likeness[n], named.items[n] = node, likeness, item
        named.size[0] = n + 1


@within_lean
def sort_name(scratch: Scratch, shelf: Shelf, node: int, likeness: int, item: int) -> None:
    kind = shelf.tree.classes[node]
    if kind == ROAD:
        _name(scratch.roads, node, likeness, item)
    elif kind == COMMUNITY:
        _name(scratch.villages, node, likeness, item)
    else:
        _name(scratch.estates, node, likeness, item)


@within_lean
def clear_scratch(scratch: Scratch) -> None:
    """Forget the text before."""
    scratch.roads.size[0] = 0
    scratch.estates.size[0] = 0
    scratch.villages.size[0] = 0
    scratch.houses.size[0] = 0
    scratch.reasons.size[0] = 0
    scratch.places.size[0] = 0
    scratch.similar.names[:] = -1


@within_lean
def name_outside(scratch: Scratch, n_items: int, areas: Areas) -> bool:
    """Note a province, city or district that the register does not cover."""
    items = scratch.items
    for i in range(n_items):
        if items.kinds[i] == AREA and is_outside(areas, items.lows[i]):
            note(scratch.reasons, OUTSIDE, items.starts[i], items.ends[i], -1)
            return True
    return False


@within_lean
def take_names(scratch: Scratch, n_items: int, shelf: Shelf, names: Names) -> None:
    """Collect the nodes that are named as registered."""
    items = scratch.items
    for i in range(n_items):
        if items.kinds[i] == NAME:
            for at in range(items.lows[i], items.highs[i]):
                node = np.int64(names.nodes[names.keys.rows[at]])
                sort_name(scratch, shelf, node, -1, i)


@within_lean
def find_house(scratch: Scratch, n_items: int, road_item: int) -> int:
    """Find the item that is the house number: the first number after the road; -1 if none is.

    Without a road it is the first number with a 号.
    """
    items = scratch.items
    past_estate = False
    for i in range(max(road_item, 0), n_items):
        if items.kinds[i] == NAME and i > road_item and scratch.estates.size[0]:
            past_estate = True
        if items.kinds[i] != NUMBERED or i == road_item:
            continue
        word = items.words[i]
        if road_item >= 0:
            takes = word == HAO or (not past_estate and word in (HASH, NO_WORD, JUNK_WORD))
            takes = takes or (items.flawed[i] and not past_estate)
            return i if takes else -1
        if word == HAO and not past_estate:
            return i
        if word == BUILDING_WORD:
            return -1
    return -1


@within_lean
def _find_numbers(scratch: Scratch, shelf: Shelf, named: Named, token: np.uint64) -> None:
    """Collect the house numbers of some roads that bear a token."""
    for i in range(named.size[0]):
        n = look_up(shelf, tree_key(BY_NUMBER, named.nodes[i], token), scratch.hits)
        for k in range(n):
            _name(scratch.houses, np.int64(scratch.hits[k]), named.likeness[i], named.nodes[i])


@within_lean
def find_houses(scratch: Scratch, shelf: Shelf, house: int) -> int:
    """Look house numbers up; gives how many parts of the number were used for them."""
    items = scratch.items
    scratch.houses.size[0] = 0
    if house < 0:
        return 0
    n_parts = items.n_parts[house]
    for n in (n_parts, 1):
        token = join_parts(items.parts[house], 0, n)
        _find_numbers(scratch, shelf, scratch.roads, token)
        if scratch.houses.size[0] == 0:
            _find_numbers(scratch, shelf, scratch.villages, token)
        if scratch.houses.size[0]:
            return n
    return 0


@within_lean
def list_numbers(scratch: Scratch, n_items: int, house: int, n_used: int, first_item: int) -> int:
    """List the numbers below the site; gives how many there are."""
    items, numbers = scratch.items, scratch.numbers
    n = 0
    for i in range(n_items):
        if items.kinds[i] != NUMBERED or i < first_item:
            continue
        begin = n_used if i == house else 0
        if i != house and house >= 0 and _repeats(items, house, i):
            continue
        n_parts = items.n_parts[i] - begin
        word = items.words[i]
        if n_parts > 1 and word in (HAO, HASH, BUILDING_WORD):
            n = _list_number(
                numbers,
                n,
                join_parts(items.parts[i], begin, n_parts),
                word,
                items.flawed[i],
                i,
                0,
                -1,
            )
            continue
        for k in range(begin, items.n_parts[i]):
            is_last = k == items.n_parts[i] - 1
            n = _list_number(
                numbers,
                n,
                items.parts[i, k],
                word if is_last else DASHED,
                items.flawed[i] if is_last else 0,
                i,
                not is_last,
                k,
            )
    return n


@within_lean
def _list_number(
    numbers: Numbers,
    n: int,
    token: np.uint64,
    word: int,
    flawed: int,
    item: int,
    chained: int,
    which: int,
) -> int:
    if n < len(numbers.tokens):
        numbers.tokens[n], numbers.words[n], numbers.flawed[n] = token, word, flawed
        numbers.items[n], numbers.chained[n], numbers.which[n] = item, chained, which
        n += 1
    return n


@within_lean
def _repeats(items: Items, house: int, at: int) -> bool:
    """Tell whether a number repeats the house number after the road's name was repeated."""
    if items.n_parts[at] != items.n_parts[house] or at == 0 or house == 0:
        return False
    for k in range(items.n_parts[at]):
        if items.parts[at, k] != items.parts[house, k]:
            return False
    before, other = items.kinds[at - 1], items.kinds[house - 1]
    return before == NAME and other == NAME and items.lows[at - 1] == items.lows[house - 1]


@within_lean
def stands_below(shelf: Shelf, node: int, named: Named) -> int:
    """Give the place of the first of some nodes that another stands below; -1 if none is."""
    at = node
    for _ in range(16):
        if at < 0:
            return -1
        for i in range(named.size[0]):
            if named.nodes[i] == at:
                return i
        at = np.int64(shelf.tree.parents[at])
    return -1


@within_lean
def choose_places(scratch: Scratch, shelf: Shelf, house: int) -> None:
    """Bring roads, house numbers and estates together into places."""
    places, houses, roads = scratch.places, scratch.houses, scratch.roads
    estates = scratch.estates
    for i in range(estates.size[0]):
        _place_estate(scratch, shelf, estates.nodes[i], estates.likeness[i], house)
    others = 0 if estates.size[0] == 0 else ROAD_DISAGREES
    for i in range(houses.size[0]):
        if others == 0 or stands_below_any(shelf, places, houses.nodes[i]) == 0:
            doubt = 0.0 if others == 0 else 0.06
            add_place(places, houses.nodes[i], houses.likeness[i], -1, others, doubt)
    if places.size[0]:
        return
    unknown = NUMBER_UNKNOWN if house >= 0 else 0
    for i in range(roads.size[0]):
        add_place(places, roads.nodes[i], roads.likeness[i], -1, unknown, 0.0)
    for i in range(scratch.villages.size[0]):
        if roads.size[0] == 0:
            add_place(
                places, scratch.villages.nodes[i], scratch.villages.likeness[i], -1, unknown, 0.0
            )


@within_lean
def stands_below_any(shelf: Shelf, places: Places, house: int) -> int:
    """Count the places that stand at a house number."""
    n = 0
    for i in range(places.size[0]):
        at = places.sites[i]
        for _ in range(4):
            if at == house:
                n += 1
                break
            if at < 0:
                break
            at = np.int64(shelf.tree.parents[at])
    return n


@within_lean
def _place_estate(scratch: Scratch, shelf: Shelf, estate: int, likeness: int, house: int) -> None:
    places = scratch.places
    fits = stands_below(shelf, estate, scratch.houses)
    if fits >= 0:
        add_place(places, estate, likeness, scratch.houses.likeness[fits], 0, 0.0)
        return
    has_road = scratch.roads.size[0] > 0
    on_road = stands_below(shelf, estate, scratch.roads)
    if on_road >= 0:
        disagrees = NUMBER_DISAGREES if house >= 0 else 0
        add_place(places, estate, likeness, scratch.roads.likeness[on_road], disagrees, 0.0)
    elif has_road:
        add_place(places, estate, likeness, -1, ROAD_DISAGREES, 0.0)
    elif house >= 0 and not _bears(scratch, shelf, estate, house):
        add_place(places, estate, likeness, -1, NUMBER_DISAGREES, 0.0)
    else:
        add_place(places, estate, likeness, -1, 0, 0.0)


@within_lean
def _bears(scratch: Scratch, shelf: Shelf, estate: int, house: int) -> bool:
    """Tell whether an estate's own house number is the one that a text says."""
    parent = np.int64(shelf.tree.parents[estate])
    if parent < 0 or shelf.tree.classes[parent] != NUMBER:
        return False
    above = np.int64(shelf.tree.parents[parent])
    token = join_parts(scratch.items.parts[house], 0, scratch.items.n_parts[house])
    if above < 0:
        return False
    n = look_up(shelf, tree_key(BY_NUMBER, above, token), scratch.hits)
    found = False
    for k in range(n):
        found |= scratch.hits[k] == parent
    return found


@within_lean
def note_unknown(scratch: Scratch) -> None:
    """Note that no site was found."""
    if scratch.places.size[0] == 0:
        note(scratch.reasons, SITE_UNKNOWN, 0, 0, -1)
