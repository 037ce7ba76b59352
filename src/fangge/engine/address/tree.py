"""From rows of a register to its tree: what stands where, found by the hash of place and number."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.characters import (
    Classes,
    Codes,
    Places,
    character_classes,
    lay_out_texts,
)
from fangge.engine.address.compiling import compiled, compiled_lean, within_lean
from fangge.engine.address.elements import BUILDING_WORDS, FLOOR_WORDS, ROOM_WORDS, UNIT_WORDS
from fangge.engine.address.normalise import MOST_CHARACTERS
from fangge.engine.address.numerals import MOST_PARTS, read_chain, read_token, read_word
from fangge.engine.address.postings import U32, U64, mix

(DIVISION, COMMUNITY, GROUP, ROAD, NUMBER, ESTATE, BUILDING, UNIT, FLOOR, ROOM) = range(10)
"""Classes of levels, parents before children."""
LEVEL_CLASSES = {
    **dict.fromkeys(("province", "city", "district", "subdistrict", "town"), DIVISION),
    **dict.fromkeys(("community", "village", "natural_village"), COMMUNITY),
    **dict.fromkeys(("group", "village_group"), GROUP),
    **dict.fromkeys(("road", "street", "lane", "subroad"), ROAD),
    **dict.fromkeys(("number", "house_number", "door_number"), NUMBER),
    **dict.fromkeys(("estate", "poi", "compound"), ESTATE),
    "building": BUILDING,
    "unit": UNIT,
    "floor": FLOOR,
    "room": ROOM,
}
"""A level of another name counts as an estate: it is found by its name."""
BY_NUMBER, BY_BUILDING, BY_UNIT, BY_FLOOR, BY_ROOM, BY_ANY_UNIT = range(1, 7)
"""What a key leads to; BY_ANY_UNIT is a room of a building, whatever its unit."""
DEEPEST = 16
MOST_KEYS = 2
MOST_READ_EACH = 20_000
"""From so many names on it costs less to read each distinct one once."""
ENDINGS = (*BUILDING_WORDS, *UNIT_WORDS, *FLOOR_WORDS, *ROOM_WORDS)

I32 = NDArray[np.int32]


class Tree(NamedTuple):
    """The columns of nodes that keys are made from."""

    parents: I32  # -1 at the top
    classes: NDArray[np.uint8]


def class_levels(levels: list[str]) -> NDArray[np.uint8]:
    """Give the class of each level by its name."""
    return np.array([LEVEL_CLASSES.get(level, ESTATE) for level in levels], dtype=np.uint8)


def make_tokens(names: pl.Series) -> U64:
    """Hash the numbers of levels as a text's are: 3幢, 三号楼 and 3 栋 are one token."""
    if len(names) < MOST_READ_EACH:
        return _read_each(names)
    distinct = names.unique()
    held = pl.DataFrame({"name": distinct, "token": _read_each(distinct)})
    joined = pl.DataFrame({"name": names}).join(
        held, on="name", how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["token"].to_numpy()


def _read_each(names: pl.Series) -> U64:
    codes, _, starts = lay_out_texts(names)
    tokens = np.zeros(len(names), dtype=np.uint64)
    _read_tokens(codes, starts, character_classes(), tokens)
    # What layout leaves out tells -1层 from 1层.
    signed = names.str.starts_with("-").fill_null(value=False).to_numpy()
    tokens[signed] = ~tokens[signed]
    return tokens


def cut_aliases(aliases: pl.Series) -> pl.Series:
    """Cut an alias down to the number of its own level: of 观前花园甲幢 the 甲幢."""
    words = "|".join(sorted(ENDINGS, key=len, reverse=True))
    pattern = (
        rf"((?:[A-Za-z0-9零〇一二三四五六七八九十百两甲乙丙丁戊己庚辛壬癸]|[-之])+(?:{words})?)$"
    )
    return pl.select(pl.coalesce(aliases.str.extract(pattern, 1), aliases)).to_series()


def make_keys(tree: Tree, nodes: U32, tokens: U64) -> tuple[U64, U32]:
    """Key nodes by the place that they stand at and their own number.

    Parameters
    ----------
    tree : Tree
        The whole register.
    nodes : uint32 array
        The nodes to key; one with an alias stands here twice.
    tokens : uint64 array
        The number of each.

    Returns
    -------
    keys, rows
        At most three a node, in no order; a name without a number has none.
    """
    keys = np.zeros((len(nodes), MOST_KEYS + 1), dtype=np.uint64)
    counts = np.zeros(len(nodes), dtype=np.int64)
    _make_keys(tree, nodes, tokens, keys, counts)
    kept = np.arange(MOST_KEYS + 1)[None, :] < counts[:, None]
    return keys[kept], np.repeat(nodes, counts)


def find_below(parents: I32, changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark what stands below the marked nodes."""
    below = np.zeros(len(parents), dtype=np.bool_)
    # Mostly parents stand before their children, so that the second time marks nothing.
    for _ in range(DEEPEST):
        if not _mark_below(parents, changed, below):
            break
    return below


@compiled_lean
def tree_key(kind: int, anchor: int, token: np.uint64) -> np.uint64:
    """Hash what is sought at which place with which number."""
    return mix((np.uint64(kind) << np.uint64(32)) | np.uint64(anchor), token)


@compiled
def _read_tokens(codes: Codes, starts: Places, classes: Classes, tokens: U64) -> None:
    parts = np.zeros(MOST_PARTS, dtype=np.uint64)
    for i in range(len(tokens)):
        tokens[i] = read_token(codes, starts[i], starts[i + 1], classes, parts)


@compiled_lean
def climb(tree: Tree, node: int, least: int, most: int) -> int:
    """Give the nearest node above of a class from `least` to `most`; -1 if there is none."""
    at = np.int64(tree.parents[node])
    for _ in range(DEEPEST):
        if at < 0:
            return -1
        if least <= tree.classes[at] <= most:
            return at
        at = np.int64(tree.parents[at])
    return -1


@within_lean
def _key_inner(tree: Tree, node: int, token: np.uint64, keys: U64) -> int:
    """Key a building, unit, floor or room; an estate's number leads to what the estate holds."""
    own = tree.classes[node]
    kind = BY_BUILDING + own - BUILDING
    last = min(own - 1, UNIT)
    anchor = climb(tree, node, COMMUNITY, last)
    if anchor < 0:
        return 0
    keys[0] = tree_key(kind, anchor, token)
    above = -1
    if tree.classes[anchor] == ESTATE:
        above = climb(tree, anchor, NUMBER, NUMBER)
    elif own == ROOM and tree.classes[anchor] == UNIT:
        kind = BY_ANY_UNIT
        above = climb(tree, anchor, COMMUNITY, BUILDING)
    if above < 0:
        return 1
    keys[1] = tree_key(kind, above, token)
    return 2


@within_lean
def _key_number(tree: Tree, node: int, token: np.uint64, keys: U64) -> int:
    anchor = climb(tree, node, COMMUNITY, ESTATE)
    n = 0
    while anchor >= 0 and n <= MOST_KEYS:
        if tree.classes[anchor] != NUMBER:
            keys[n] = tree_key(BY_NUMBER, anchor, token)
            n += 1
        if tree.classes[anchor] not in (GROUP, NUMBER):
            break
        anchor = climb(tree, anchor, COMMUNITY, ESTATE)
    return n


@compiled_lean
def _make_keys(tree: Tree, nodes: U32, tokens: U64, keys: U64, counts: Places) -> None:
    for i in range(len(nodes)):
        node = np.int64(nodes[i])
        own = tree.classes[node]
        if own in (NUMBER, GROUP):
            counts[i] = _key_number(tree, node, tokens[i], keys[i])
        elif own >= BUILDING:
            counts[i] = _key_inner(tree, node, tokens[i], keys[i])


@compiled_lean
def _mark_below(parents: I32, changed: NDArray[np.bool_], below: NDArray[np.bool_]) -> int:
    """Mark what stands right below marked nodes; returns how many are new."""
    n = 0
    for node in range(len(parents)):
        at = np.int64(parents[node])
        if at >= 0 and not below[node] and (changed[at] or below[at]):
            below[node] = True
            n += 1
    return n


@compiled
def _are_numbered(
    codes: Codes, starts: Places, classes: Classes, numbered: NDArray[np.bool_]
) -> None:
    parts = np.zeros(MOST_PARTS, dtype=np.uint64)
    for i in range(len(numbered)):
        stop, n = read_chain(codes, starts[i], starts[i + 1], classes, parts)
        numbered[i] = n > 0 and read_word(codes, stop, starts[i + 1])[0] == starts[i + 1]


def have_numbers(names: pl.Series) -> NDArray[np.bool_]:
    """Tell which names are a number with its word, so that they are no name of their own."""
    codes, _, starts = lay_out_texts(names.str.slice(0, MOST_CHARACTERS))
    numbered = np.zeros(names.len(), dtype=np.bool_)
    _are_numbered(codes, starts, character_classes(), numbered)
    return numbered
