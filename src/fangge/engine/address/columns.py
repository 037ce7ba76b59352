"""The nodes of an index as columns of numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled_lean, within_lean
from fangge.engine.address.postings import U32, as_fixed
from fangge.engine.address.tree import I32

IN_BASE, IN_CHANGES, REMOVED = 0, 1, 255
"""Where the keys of a node are held."""
MOST_LEVELS = 250
TREE_TYPES = {"parents": np.int32, "classes": np.uint8, "areas": np.uint32, "states": np.uint8}

Marks = NDArray[np.uint8]


class Cells(NamedTuple):
    """What nodes are called and how they are written: numbers of strings, and how to join them."""

    levels: Marks  # number in the list of levels
    names: U32
    codes: U32  # what follows the parent's code, or the whole code
    code_rules: Marks
    fulls: U32
    full_rules: Marks  # from AFTER_NODE on: how many levels up the text before is


CELL_TYPES = {
    "levels": np.uint8,
    "names": np.uint32,
    "codes": np.uint32,
    "code_rules": np.uint8,
    "fulls": np.uint32,
    "full_rules": np.uint8,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """One entry a node; nodes are never numbered anew.

    An update leaves `cells` as they are; those of nodes that it writes are in `late_cells`.
    """

    parents: I32  # -1 at the top
    classes: Marks  # of its level
    areas: U32  # number in the list of areas; only sites have one of their own
    states: Marks
    cells: Cells
    late: U32  # in order: the nodes whose cells are in `late_cells`
    late_cells: Cells

    def grow(self, n_nodes: int) -> "Columns":
        """Copy what is read node by node, with room for more nodes."""
        grown = {}
        for name, kind in TREE_TYPES.items():
            held = getattr(self, name)
            grown[name] = np.empty(n_nodes, dtype=kind)
            grown[name][: len(held)] = held
            grown[name][len(held) :] = 0
        return Columns(**grown, cells=self.cells, late=self.late, late_cells=self.late_cells)

    def find_levels(self, nodes: U32) -> Marks:
        """Give the number of the level of each node."""
        levels = np.zeros(len(nodes), dtype=np.uint8)
        _find_levels(look_up_cells(self), nodes, levels)
        return levels

    def write_cells(self, nodes: U32, fresh: Cells) -> "Columns":
        """Give nodes cells of their own."""
        late = _unite(self.late, nodes)
        stays, comes = np.searchsorted(late, self.late), np.searchsorted(late, nodes)
        cells = []
        for name, kind in CELL_TYPES.items():
            column = np.zeros(len(late), dtype=kind)
            column[stays] = getattr(self.late_cells, name)
            column[comes] = getattr(fresh, name)
            cells.append(column)
        return Columns(
            self.parents,
            self.classes,
            self.areas,
            self.states,
            cells=self.cells,
            late=late,
            late_cells=_as_cells(cells),
        )

    def settle(self) -> "Columns":
        """Bring all cells together, and all keys into the base."""
        n_held = len(self.cells.names)
        cells = []
        for name, kind in CELL_TYPES.items():
            column = np.zeros(len(self.parents), dtype=kind)
            column[:n_held] = getattr(self.cells, name)
            column[self.late] = getattr(self.late_cells, name)
            cells.append(column)
        states = np.where(self.states == REMOVED, REMOVED, IN_BASE).astype(np.uint8)
        return Columns(
            self.parents,
            self.classes,
            self.areas,
            states,
            cells=_as_cells(cells),
            late=np.zeros(0, np.uint32),
            late_cells=no_cells(),
        )


def _unite(held: U32, more: U32) -> U32:
    """Unite nodes in order with others, in order too."""
    fresh = np.sort(more)
    places = np.searchsorted(held, fresh)
    known = np.zeros(len(fresh), dtype=np.bool_)
    within = places < len(held)
    known[within] = held[places[within]] == fresh[within]
    return np.insert(held, places[~known], fresh[~known])


class CellFinder(NamedTuple):
    """The cells of nodes, as compiled functions are given them."""

    states: Marks
    cells: Cells
    late: U32
    late_cells: Cells


def no_columns() -> Columns:
    """Give the columns of an empty register."""
    nothing = {name: np.zeros(0, dtype=kind) for name, kind in TREE_TYPES.items()}
    return Columns(**nothing, cells=no_cells(), late=np.zeros(0, np.uint32), late_cells=no_cells())


def no_cells() -> Cells:
    """Give the cells of no nodes."""
    return Cells(**{name: np.zeros(0, dtype=kind) for name, kind in CELL_TYPES.items()})


def _as_cells(columns: Iterable[Any]) -> Cells:
    return Cells(*map(as_fixed, columns))


def look_up_cells(columns: Columns) -> CellFinder:
    """Give compiled functions the cells; nobody writes to them, so that they see one type."""
    return CellFinder(
        as_fixed(columns.states),
        _as_cells(columns.cells),
        as_fixed(columns.late),
        _as_cells(columns.late_cells),
    )


@within_lean
def find_late(finder: CellFinder, node: int) -> int:
    """Find the place of a node in the late cells; -1 where it has none."""
    if finder.states[node] == IN_BASE:
        return -1
    at, end = 0, len(finder.late)
    while at < end:
        middle = (at + end) // 2
        if finder.late[middle] < node:
            at = middle + 1
        else:
            end = middle
    return at if at < len(finder.late) and finder.late[at] == node else -1


@compiled_lean
def _find_levels(finder: CellFinder, nodes: U32, levels: Marks) -> None:
    for i in range(len(nodes)):
        at = find_late(finder, np.int64(nodes[i]))
        levels[i] = finder.cells.levels[nodes[i]] if at < 0 else finder.late_cells.levels[at]
