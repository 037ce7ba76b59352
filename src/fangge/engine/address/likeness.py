"""Names that were misspelt, found in what the exact reading of a text left over."""

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.characters import Codes
from fangge.engine.address.compiling import within_lean
from fangge.engine.address.elements import COMMUNITY_WORDS, NEAR_WORDS, NOISE_WORDS
from fangge.engine.address.findings import (
    BESIDE,
    DIFFERS,
    NEAR,
    SOUNDS,
    UNREAD,
    UNREAD_BESIDE_NUMBER,
    UNREAD_NUMBER,
    note,
)
from fangge.engine.address.knowledge import Knowledge
from fangge.engine.address.lexing import LEFT_OVER, NAME, NUMBERED
from fangge.engine.address.names import SHORTEST_NAME, Similar, find_similar
from fangge.engine.address.numerals import HAO, HASH, JUNK_WORD, NO_WORD, read_word
from fangge.engine.address.sites import Scratch, sort_name
from fangge.engine.address.tree import COMMUNITY, ROAD

NEARLY = 4
"""How much dearer than the best a similar name may be: a character left over, and unlikeness."""
DEAR = 1000
LONGEST_WORD = 2


def _as_words(words: tuple[str, ...]) -> NDArray[np.uint32]:
    """Lay words out as rows of characters, ended by 0."""
    table = np.zeros((len(words), max(map(len, words)) + 1), dtype=np.uint32)
    for i, word in enumerate(words):
        table[i, : len(word)] = [ord(c) for c in word]
    return table


BESIDE_WORDS = _as_words(("斜对面", "对面", "隔壁"))
NEAR_TABLE = _as_words((*NEAR_WORDS, "门口", "旁边", "附近"))
NOISE_TABLE = _as_words(NOISE_WORDS)
AREA_ENDS = _as_words((*COMMUNITY_WORDS, "街道", "镇", "乡", "组", "村"))


@within_lean
def _begins_with(codes: Codes, at: int, end: int, words: NDArray[np.uint32]) -> int:
    """Give where the first of some words that begins here ends; -1 if none does."""
    for row in range(len(words)):
        i = 0
        while words[row, i] and at + i < end and codes[at + i] == words[row, i]:
            i += 1
        if i and words[row, i] == 0:
            return at + i
    return -1


@within_lean
def _ends_with(codes: Codes, start: int, end: int, words: NDArray[np.uint32]) -> bool:
    for row in range(len(words)):
        size = 0
        while words[row, size]:
            size += 1
        if size < end - start and _begins_with(codes, end - size, end, words[row : row + 1]) == end:
            return True
    return False


@within_lean
def mend_names(codes: Codes, scratch: Scratch, n_items: int, known: Knowledge) -> None:
    """Find names that were misspelt in what was left over, and note what stays unread."""
    items = scratch.items
    last = n_items - 1
    while last >= 0 and items.kinds[last] not in (NAME, NUMBERED):
        last -= 1
    for i in range(n_items):
        if items.kinds[i] == LEFT_OVER and not _is_small(codes, scratch, i, last):
            _read_left_over(codes, scratch, i, known)


@within_lean
def _is_small(codes: Codes, scratch: Scratch, at: int, last: int) -> bool:
    """Tell whether a piece is a misspelt word between numbers, or what people append."""
    items = scratch.items
    size = items.ends[at] - items.starts[at]
    is_word = at > 0 and items.kinds[at - 1] == NUMBERED and items.words[at - 1] == JUNK_WORD
    if is_word and size <= LONGEST_WORD and at < last:
        return True
    return _is_told_by_words(codes, scratch, at, last)


@within_lean
def _read_left_over(codes: Codes, scratch: Scratch, item: int, known: Knowledge) -> None:
    start, end = scratch.items.starts[item], scratch.items.ends[item]
    if end - start > 1 and _is_area(codes, scratch, start, end, known):
        return
    wants_any = scratch.roads.size[0] == 0 or scratch.estates.size[0] == 0
    # The space for similar names holds those of one piece.
    if end - start > 1 and wants_any and scratch.similar.names[0] < 0:
        best = _mend(codes, scratch, item, known)
        if best >= 0:
            first, last = scratch.similar.starts[best], scratch.similar.ends[best]
            _read_rest(codes, scratch, start, np.int64(first), known)
            _read_rest(codes, scratch, np.int64(last), end, known)
            return
    _note_unread(codes, scratch, start, end)


@within_lean
def _read_rest(codes: Codes, scratch: Scratch, start: int, end: int, known: Knowledge) -> None:
    """Note what a misspelt name left over of its piece, unless it is a division."""
    if end - start < SHORTEST_NAME or not _is_area(codes, scratch, start, end, known):
        _note_unread(codes, scratch, start, end)


@within_lean
def _note_unread(codes: Codes, scratch: Scratch, start: int, end: int) -> None:
    if start >= end or (end - start > 1 and _ends_with(codes, start, end, AREA_ENDS)):
        return
    has_place = scratch.roads.size[0] > 0 and scratch.houses.size[0] > 0
    counts = False
    for i in range(start, end):
        counts |= read_word(codes, i, end)[1] != NO_WORD
    kind = UNREAD_BESIDE_NUMBER if has_place else UNREAD
    note(scratch.reasons, UNREAD_NUMBER if counts else kind, start, end, -1)


@within_lean
def _is_told_by_words(codes: Codes, scratch: Scratch, at: int, last: int) -> bool:
    """Note words such as 附近 and 对面; leave out what people append."""
    items = scratch.items
    start, end = items.starts[at], items.ends[at]
    if _begins_with(codes, start, end, BESIDE_WORDS) >= 0:
        note(scratch.reasons, BESIDE, start, end, -1)
        return True
    if at < last:
        return False
    after_inner = (
        last >= 0 and items.kinds[last] == NUMBERED and items.words[last] not in (HAO, HASH)
    )
    if _begins_with(codes, start, end, NEAR_TABLE) >= 0:
        if not after_inner:
            note(scratch.reasons, NEAR, start, end, -1)
        return True
    return after_inner or _begins_with(codes, start, end, NOISE_TABLE) >= 0


@within_lean
def _is_area(codes: Codes, scratch: Scratch, start: int, end: int, known: Knowledge) -> bool:
    """Tell whether a piece is the misspelt name of a division that the register knows."""
    found, areas = scratch.area_similar, known.areas
    n = find_similar(areas.names, codes, start, end, known.letters, found)
    for k in range(n):
        row = np.int64(areas.names.nodes[found.names[k]])
        if areas.known[row] and found.starts[k] == start and found.ends[k] == end:
            return True
    return False


@within_lean
def _mend(codes: Codes, scratch: Scratch, item: int, known: Knowledge) -> int:
    """Take the names that a piece may mean, where a road or estate is still wanted.

    Gives the place of the likest among the similar names; -1 if there is none.
    """
    found, names = scratch.similar, known.names
    start, end = scratch.items.starts[item], scratch.items.ends[item]
    n = find_similar(names, codes, start, end, known.letters, found)
    wants_road, wants_estate = scratch.roads.size[0] == 0, scratch.estates.size[0] == 0
    best = -1
    for k in range(n):
        node = np.int64(names.nodes[found.names[k]])
        is_road = known.shelf.tree.classes[node] in (ROAD, COMMUNITY)
        if not (wants_road if is_road else wants_estate):
            # What is not wanted is never the likest.
            found.costs[k] += DEAR
        elif best < 0 or found.costs[k] < found.costs[best]:
            best = k
    if best < 0:
        found.names[:] = -1
        return -1
    for k in range(n):
        if found.costs[k] <= found.costs[best] + NEARLY:
            sort_name(scratch, known.shelf, np.int64(names.nodes[found.names[k]]), k, item)
    return best


@within_lean
def likeness_reason(found: Similar, place: int) -> int:
    """Give the reason that tells how a name was written."""
    return min(SOUNDS + np.int64(found.likeness[place]) - 1, DIFFERS)
