"""Every text of a batch to ranked nodes, with reasons: what is compiled, as one pass."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.areas import DISTRICT, SUBDISTRICT, lies_in
from fangge.engine.address.characters import Codes
from fangge.engine.address.compiling import compiled_lean, within_lean
from fangge.engine.address.descent import INFERRED, UNSAID, go_down
from fangge.engine.address.findings import (
    ALONE,
    BORNE_OUT,
    BUILDING_UNKNOWN,
    DISTRICT_DISAGREES,
    DOUBT,
    FLOOR_UNKNOWN,
    MOST_CANDIDATES,
    MOST_REASONS,
    ROOM_UNKNOWN,
    SUBDISTRICT_DISAGREES,
    UNIT_INFERRED,
    UNIT_UNKNOWN,
    UNIT_UNSAID,
    UNREAD_NUMBER,
    Places,
    sum_doubts,
)
from fangge.engine.address.knowledge import Knowledge
from fangge.engine.address.lexing import AREA, LEFT_OVER, cut_text
from fangge.engine.address.likeness import likeness_reason, mend_names
from fangge.engine.address.names import Names, Similar
from fangge.engine.address.numerals import (
    BUILDING_WORD,
    FLOOR_WORD,
    HAO,
    HASH,
    JUNK_WORD,
    LOU,
    ROOM_WORD,
    UNIT_WORD,
)
from fangge.engine.address.postings import U32, hash_characters
from fangge.engine.address.sites import (
    Scratch,
    choose_places,
    clear_scratch,
    find_house,
    find_houses,
    list_numbers,
    name_outside,
    note_unknown,
    take_names,
)
from fangge.engine.address.spelling import Likeness
from fangge.engine.address.tree import BUILDING

MORE_LEFT, WRITTEN_OTHERWISE, TIED = 0.05, 0.02, 0.4
ASSERTED_FROM = 0.8
SAME_SCORE = 1e-6
_LOOK = int(Likeness.LOOK)

I64 = NDArray[np.int64]


class Ranked(NamedTuple):
    """Candidates and reasons of a batch, `MOST_CANDIDATES` and `MOST_REASONS` places a text."""

    n_candidates: NDArray[np.uint8]
    n_tied: NDArray[np.uint8]
    nodes: U32
    scores: NDArray[np.float32]
    whole: NDArray[np.bool_]  # all that is said below the site is in the register
    kinds: NDArray[np.uint8]  # reasons of the text, then of each candidate
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    names: NDArray[np.int32]
    owners: NDArray[np.int8]  # the candidate that a reason is about; -1 for all


MOST_TOLD = MOST_REASONS + 5 * MOST_CANDIDATES


def make_ranked(n_texts: int) -> Ranked:
    """Make room for the candidates of a batch."""
    places, told = (n_texts, MOST_CANDIDATES), (n_texts, MOST_TOLD)
    return Ranked(
        np.zeros(n_texts, dtype=np.uint8),
        np.zeros(n_texts, dtype=np.uint8),
        np.zeros(places, dtype=np.uint32),
        np.zeros(places, dtype=np.float32),
        np.zeros(places, dtype=np.bool_),
        np.zeros(told, dtype=np.uint8),
        np.zeros(told, dtype=np.int32),
        np.zeros(told, dtype=np.int32),
        np.zeros(told, dtype=np.int32),
        np.zeros(told, dtype=np.int8),
    )


@compiled_lean
def rank_batch(codes: Codes, starts: I64, known: Knowledge, scratch: Scratch, out: Ranked) -> None:
    """Find the places that each text of a batch may mean."""
    for row in range(len(starts) - 1):
        clear_scratch(scratch)
        _rank_text(codes, starts[row], starts[row + 1], known, scratch)
        _write_out(known, scratch, out, row)


@within_lean
def _rank_text(codes: Codes, start: int, end: int, known: Knowledge, scratch: Scratch) -> None:
    n = cut_text(codes, start, end, known, scratch.items)
    if name_outside(scratch, n, known.areas):
        return
    take_names(scratch, n, known.shelf, known.names)
    house = find_house(scratch, n, _road_item(scratch))
    n_used = find_houses(scratch, known.shelf, house)
    if _has_left_over(scratch, n):
        n_exact = scratch.roads.size[0]
        mend_names(codes, scratch, n, known)
        if scratch.roads.size[0] > n_exact or scratch.estates.size[0]:
            house = find_house(scratch, n, _road_item(scratch))
            n_used = find_houses(scratch, known.shelf, house)
    word = scratch.items.words[house] if house >= 0 else 0
    if house >= 0 and n_used == 0 and word not in (HAO, HASH):
        house = -1
    scratch.house[0] = house
    choose_places(scratch, known.shelf, house)
    note_unknown(scratch)
    first = _first_inner(scratch, n, house)
    n_numbers = list_numbers(scratch, n, house, n_used or 9, first)
    for i in range(scratch.places.size[0]):
        _weigh_place(known, scratch, n, n_numbers, i)


@within_lean
def _road_item(scratch: Scratch) -> int:
    """Give the item that names the first road, or else a village; -1 if none does."""
    if scratch.roads.size[0]:
        return scratch.roads.items[0]
    return scratch.villages.items[0] if scratch.villages.size[0] else -1


@within_lean
def _has_left_over(scratch: Scratch, n_items: int) -> bool:
    found = False
    for i in range(n_items):
        found |= scratch.items.kinds[i] == LEFT_OVER
    return found


@within_lean
def _first_inner(scratch: Scratch, n_items: int, house: int) -> int:
    """Give the first item below a site: after the first of its estate and its house number."""
    first = n_items
    if house >= 0:
        first = house
    if scratch.estates.size[0]:
        first = min(first, scratch.estates.items[0])
    road = _road_item(scratch)
    if first == n_items and road >= 0:
        first = road
    return first


@within_lean
def _weigh_place(known: Knowledge, scratch: Scratch, n_items: int, n_numbers: int, i: int) -> None:
    places, best = scratch.places, scratch.best
    go_down(
        known.shelf, places.sites[i], scratch.numbers, n_numbers, scratch.states, scratch.hits, best
    )
    places.nodes[i], places.n_left[i], places.costs[i] = best[0], best[1], best[2]
    places.flags[i], places.lacking[i], places.n_nodes[i] = best[3], best[4], best[5]
    if best[1] == 0:
        places.lacking[i] = -1
    else:
        places.doubts[i] += DOUBT[ROOM_UNKNOWN] + MORE_LEFT * (best[1] - 1)
    places.doubts[i] += DOUBT[UNIT_UNSAID] if best[3] & UNSAID else 0.0
    places.doubts[i] += DOUBT[UNIT_INFERRED] if best[3] & INFERRED else 0.0
    places.doubts[i] += DOUBT[places.disagrees[i]] + WRITTEN_OTHERWISE * best[2]
    for place in (places.likeness[i], places.others[i]):
        if place >= 0:
            places.doubts[i] += DOUBT[likeness_reason(scratch.similar, place)]
    places.misplaced[i] = _misplaced(known, scratch, n_items, places.sites[i])
    places.borne[i] = _borne_out(known, scratch, n_items, i)
    places.doubts[i] += DOUBT[places.misplaced[i]] + DOUBT[places.borne[i]]


@within_lean
def _misplaced(known: Knowledge, scratch: Scratch, n_items: int, site: int) -> int:
    """Give the reason that a division speaks against a site; 0 if none does."""
    items, reason = scratch.items, 0
    for k in range(n_items):
        if items.kinds[k] != AREA:
            continue
        row = items.lows[k]
        kind = known.areas.kinds[row]
        if known.areas.known[row] and not lies_in(known.areas, known.area_numbers[site], row):
            if kind <= DISTRICT:
                return DISTRICT_DISAGREES
            if kind == SUBDISTRICT:
                reason = SUBDISTRICT_DISAGREES
    return reason


@within_lean
def _borne_out(known: Knowledge, scratch: Scratch, n_items: int, i: int) -> int:
    """Doubt a misspelt name that nothing else in the text bears out: it may be another place."""
    places, items = scratch.places, scratch.items
    mended, other = places.likeness[i], places.others[i]
    if mended < 0 and other < 0:
        return 0
    place = mended if mended >= 0 else other
    n_names = _count_as_near(known.names, scratch.similar, place)
    is_estate = scratch.estates.size[0] > 0
    has_exact = (mended < 0) != (other < 0) and is_estate and scratch.roads.size[0] > 0
    if has_exact and places.disagrees[i] == 0 and n_names == 1:
        return 0
    if n_names == 1 and scratch.similar.likeness[place] <= _LOOK:
        for k in range(n_items):
            row = items.lows[k]
            if items.kinds[k] == AREA and known.areas.kinds[row] == SUBDISTRICT:
                is_there = lies_in(known.areas, known.area_numbers[places.sites[i]], row)
                return BORNE_OUT if is_there and known.areas.known[row] else ALONE
    return ALONE


@within_lean
def _count_as_near(names: Names, found: Similar, place: int) -> int:
    """Count the names that are as like the text as one of them is; 1 if it alone is."""
    row = np.int64(found.names[place])
    own = hash_characters(
        names.codes, np.int64(names.begins[row]), np.int64(names.begins[row + 1]), -1
    )
    n = 1
    for k in range(len(found.names)):
        other = np.int64(found.names[k])
        if other < 0 or found.costs[k] > found.costs[place]:
            continue
        h = hash_characters(
            names.codes, np.int64(names.begins[other]), np.int64(names.begins[other + 1]), -1
        )
        n += h != own
    return n


@within_lean
def _write_out(known: Knowledge, scratch: Scratch, out: Ranked, row: int) -> None:
    places, reasons = scratch.places, scratch.reasons
    base = sum_doubts(reasons)
    n = places.size[0]
    order = scratch.order
    _sort_places(places, n, order)
    kept = 0
    told = 0
    for k in range(reasons.size[0]):
        told = _tell(
            out,
            row,
            told,
            -1,
            reasons.kinds[k],
            reasons.starts[k],
            reasons.ends[k],
            reasons.names[k],
        )
    least = places.doubts[order[0]] if n else 0.0
    n_tied = 0
    for k in range(n):
        i = order[k]
        is_best = places.doubts[i] < least + SAME_SCORE
        if _is_listed(places.nodes[i], out, row, kept):
            continue
        n_tied += is_best
        n_tied += is_best and places.n_nodes[i] > 1
        if kept == MOST_CANDIDATES:
            continue
        out.nodes[row, kept] = places.nodes[i]
        out.scores[row, kept] = min(1.0, max(0.0, 1.0 - base - places.doubts[i]))
        out.whole[row, kept] = places.n_left[i] == 0
        told = _tell_place(known, scratch, out, row, told, kept, i)
        kept += 1
    out.n_candidates[row], out.n_tied[row] = kept, min(n_tied, 255)


@within_lean
def _sort_places(places: Places, n: int, order: I64) -> None:
    """Put places in order of doubt; those that are as doubtful stay as they came."""
    for i in range(n):
        at = i
        while at > 0 and places.doubts[order[at - 1]] > places.doubts[i] + SAME_SCORE:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i


@within_lean
def _is_listed(node: int, out: Ranked, row: int, n: int) -> bool:
    found = False
    for k in range(n):
        found |= out.nodes[row, k] == node
    return found


@within_lean
def _tell(
    out: Ranked, row: int, n: int, owner: int, kind: int, start: int, end: int, name: int
) -> int:
    if n < MOST_TOLD:
        out.kinds[row, n], out.starts[row, n], out.ends[row, n] = kind, start, end
        out.names[row, n], out.owners[row, n] = name, owner
        n += 1
    return n


@within_lean
def _tell_place(
    known: Knowledge, scratch: Scratch, out: Ranked, row: int, n: int, owner: int, i: int
) -> int:
    """Tell the reasons that are a candidate's own."""
    places, items = scratch.places, scratch.items
    for place in (places.others[i], places.likeness[i]):
        if place >= 0:
            found = scratch.similar
            kind = likeness_reason(found, place)
            n = _tell(
                out, row, n, owner, kind, found.starts[place], found.ends[place], found.names[place]
            )
    if places.borne[i]:
        n = _tell(out, row, n, owner, places.borne[i], 0, 0, -1)
    if places.disagrees[i]:
        house = scratch.house[0]
        start, end = (items.starts[house], items.stops[house]) if house >= 0 else (0, 0)
        n = _tell(out, row, n, owner, places.disagrees[i], start, end, -1)
    if places.misplaced[i]:
        n = _tell(out, row, n, owner, places.misplaced[i], 0, 0, -1)
    return _tell_inner(known, scratch, out, row, n, owner, i)


@within_lean
def _tell_inner(
    known: Knowledge, scratch: Scratch, out: Ranked, row: int, n: int, owner: int, i: int
) -> int:
    """Tell how far the numbers below a site led."""
    places, items = scratch.places, scratch.items
    if places.lacking[i] >= 0:
        at = scratch.numbers.items[places.lacking[i]]
        kind = _lacking(scratch.numbers.words[places.lacking[i]], known, places.nodes[i])
        which = scratch.numbers.which[places.lacking[i]]
        n = _tell(out, row, n, owner, kind, items.starts[at], items.stops[at], which)
    if places.flags[i] & UNSAID:
        n = _tell(out, row, n, owner, UNIT_UNSAID, 0, 0, -1)
    if places.flags[i] & INFERRED:
        n = _tell(out, row, n, owner, UNIT_INFERRED, 0, 0, -1)
    return n


@within_lean
def _lacking(word: int, known: Knowledge, reached: int) -> int:
    """Give the reason that tells what the register does not have."""
    if word == BUILDING_WORD:
        return BUILDING_UNKNOWN
    if word == UNIT_WORD:
        return UNIT_UNKNOWN
    if word in (FLOOR_WORD, LOU):
        return FLOOR_UNKNOWN
    if word == ROOM_WORD:
        return ROOM_UNKNOWN
    if word == JUNK_WORD:
        return UNREAD_NUMBER
    return ROOM_UNKNOWN if known.shelf.tree.classes[reached] >= BUILDING else BUILDING_UNKNOWN
