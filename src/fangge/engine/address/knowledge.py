"""What a register knows, as compiled functions are given it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.areas import Areas
from fangge.engine.address.compiling import within_lean
from fangge.engine.address.names import Names
from fangge.engine.address.postings import U32, Postings, find_rows
from fangge.engine.address.spelling import Letters
from fangge.engine.address.tree import Tree


class Shelf(NamedTuple):
    """The keys of a register: those of its base, and of what changed since."""

    tree: Tree
    states: NDArray[np.uint8]
    base: Postings
    changes: Postings


class Knowledge(NamedTuple):
    """All that is known of a register."""

    shelf: Shelf
    area_numbers: U32  # the area of each node
    names: Names
    areas: Areas
    letters: Letters


@within_lean
def look_up(shelf: Shelf, key: np.uint64, hits: U32) -> int:
    """Collect the nodes of a key into `hits`; gives how many there are, at most all that fit."""
    n = _collect(shelf.base, key, shelf.states, 0, hits, 0)
    return _collect(shelf.changes, key, shelf.states, 1, hits, n)


@within_lean
def _collect(
    postings: Postings, key: np.uint64, states: NDArray[np.uint8], state: int, hits: U32, n: int
) -> int:
    low, high = find_rows(postings, key)
    for at in range(low, high):
        node = postings.rows[at]
        is_listed = False
        for i in range(n):
            is_listed |= hits[i] == node
        if states[node] == state and n < len(hits) and not is_listed:
            hits[n] = node
            n += 1
    return n
