"""Which counts of a table stay hidden, so that no small one follows from the rest.

A cube holds counts by area and by groups, such as sex and age. Every table that sums it up counts
as published: each level of area, with each choice of groups. Small counts are hidden, and others
with them, until each small one could be another number for all that is still shown: the threshold
or more wherever the table leaves that choice. Nobody is shown as nought, unless it hides another.

A witness shows it: a move of persons between a few hidden cells that changes nothing that is shown.
Along each dimension it goes from one value to another and back, so that sums over it stay the same;
where a dimension is left out of the move, the sums over it are hidden instead.

Source: Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, on secondary cell
suppression; Kelly, Golden and Assad 1992, Networks 22:397, on cycles of cells as protection.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations, islice, product
from typing import NamedTuple, TypeAlias

from typing_extensions import override

Value: TypeAlias = Hashable
Path: TypeAlias = tuple[Value, ...]
Groups: TypeAlias = tuple[Value, ...]


class _Summed:
    """Stands for a group that a table sums over."""

    @override
    def __repr__(self) -> str:
        return "ALL"


ALL = _Summed()
MOST_TRIED = 24
"""Moves among which the cheapest is chosen: more find little that is cheaper."""


class Cell(NamedTuple):
    """A cell of some table: an area by its path from the top, and a value or ALL of each group."""

    path: Path
    groups: Groups


Leaves: TypeAlias = Mapping[Cell, int]


class TooFine(Exception):
    """No choice of hidden cells protects every small count of these tables."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Every cell of every table, and which of them are hidden."""

    counts: Mapping[Cell, int]
    hidden: frozenset[Cell]

    def read(self, cell: Cell) -> int | None:
        """Give a count, or None where it is hidden; nobody there is nought."""
        return None if cell in self.hidden else self.counts.get(cell, 0)

    def add_up(self, cells: Iterable[Cell]) -> int | None:
        """Give the sum of counts that are all shown, else None."""
        read = [self.read(cell) for cell in cells]
        return None if None in read else sum(one or 0 for one in read)


def protect(leaves: Leaves, *, least: int) -> Tables:
    """Hide what is small, and what would tell it; areas alone are settled before groups.

    Raises `TooFine` where the groups leave no choice.
    """
    held = {cell: n for cell, n in leaves.items() if n > 0}
    places: defaultdict[Cell, int] = defaultdict(int)
    for cell, n in held.items():
        places[Cell(cell.path, ())] += n
    hidden = _Search(places, least=least).settle(frozenset())
    n_groups = len(next(iter(held)).groups) if held else 0
    if n_groups == 0:
        return Tables(_sum_up(places), hidden)
    above = frozenset(Cell(cell.path, (ALL,) * n_groups) for cell in hidden)
    search = _Search(held, least=least)
    return Tables(search.counts, search.settle(above, is_above_fixed=True))


def _sum_up(leaves: Leaves) -> dict[Cell, int]:
    counts: defaultdict[Cell, int] = defaultdict(int)
    for cell, n in leaves.items():
        for groups in product(*((value, ALL) for value in cell.groups)):
            for level in range(len(cell.path) + 1):
                counts[Cell(cell.path[:level], groups)] += n
    return dict(counts)


@dataclass(frozen=True, slots=True)
class _Move:
    """Leaves that go up or down by so many, and the dimensions along which they do."""

    ups: tuple[Cell, ...]
    downs: tuple[Cell, ...]
    groups: tuple[int, ...]
    shared: int  # levels of area that all its leaves share; -1 where the area stays

    def changes(self) -> frozenset[Cell]:
        """Give every cell that changes with it: what sums over a dimension it takes does not."""
        return frozenset(chain.from_iterable(map(self._sums, (*self.ups, *self.downs))))

    def raised(self) -> Iterator[Cell]:
        return chain.from_iterable(map(self._sums, self.ups))

    def _sums(self, leaf: Cell) -> Iterator[Cell]:
        return _sums_of(leaf, over=self.groups, above=self.shared)


class _Search:
    """Looks for a cheap witness of each small count."""

    def __init__(self, leaves: Leaves, *, least: int) -> None:
        self.leaves, self.least = dict(leaves), least
        self.counts = _sum_up(leaves)
        self.small = {cell for cell, n in self.counts.items() if n < least}
        self.below: defaultdict[Cell, list[Cell]] = defaultdict(list)
        self.values: list[list[Value]] = []
        self.at: dict[Path, list[Path]] = {}
        self.is_above_fixed = False
        self._index()

    def _index(self) -> None:
        near: defaultdict[Path, dict[Path, None]] = defaultdict(dict)
        seen: list[dict[Value, None]] = []
        for leaf in self.leaves:
            seen = seen or [{} for _ in leaf.groups]
            for known, value in zip(seen, leaf.groups, strict=True):
                known[value] = None
            for level in range(len(leaf.path)):
                near[leaf.path[:level]][leaf.path] = None
            for cell in _sums_of(leaf, over=()):
                if cell in self.small:
                    self.below[cell].append(leaf)
        self.at = {path: sorted(paths, key=repr) for path, paths in near.items()}
        self.values = [sorted(known, key=repr) for known in seen]

    def settle(self, hidden: frozenset[Cell], *, is_above_fixed: bool = False) -> frozenset[Cell]:
        """Hide small counts and the cells of a witness for each, the coarse ones first."""
        self.is_above_fixed = is_above_fixed
        order = sorted(
            self.small, key=lambda one: (_n_fixed(one), len(one.path), self.counts[one], repr(one))
        )
        found, done = set(hidden) | self.small, set[Cell]()
        for cell in order:
            if cell in done:
                continue
            move, n_up = self._choose(cell, found)
            found |= move.changes()
            done.update(
                one for one in move.raised() if self.counts.get(one, 0) + n_up >= self.least
            )
        return frozenset(found)

    def _choose(self, small: Cell, hidden: set[Cell]) -> tuple[_Move, int]:
        """Give a cheap move, and by how many: first those that leave the most sums shown."""
        n_up = self.least - self.counts[small]
        for n_moved, is_up in ((n_up, True), (1, True), (1, False)):
            for moved in _subsets(self._dimensions(small)):
                found = self._cheapest(self._moves(small, moved, n_moved, is_up=is_up), hidden)
                if found is not None:
                    return found, n_moved
        raise TooFine(f"No choice of hidden cells protects {small}.")

    def _dimensions(self, cell: Cell) -> list[int]:
        """Name the dimensions that a cell has a value of: -1 is the area."""
        fixed = [place for place, value in enumerate(cell.groups) if value is not ALL]
        return ([-1] if cell.path else []) + fixed

    def _cheapest(self, moves: Iterator[_Move], hidden: set[Cell]) -> _Move | None:
        best, least_cost = None, 0
        for move in islice(moves, MOST_TRIED):
            more = move.changes() - hidden
            if not more:
                return move
            if self.is_above_fixed and any(_n_fixed(cell) == 0 for cell in more):
                continue
            cost = sum(self.counts.get(cell, 0) + 1 for cell in more)
            if best is None or cost < least_cost:
                best, least_cost = move, cost
        return best

    def _moves(
        self, small: Cell, moved: tuple[int, ...], n_moved: int, *, is_up: bool
    ) -> Iterator[_Move]:
        """Give moves that the leaves allow, to areas nearby first."""
        groups = tuple(place for place in moved if place >= 0)
        shares = range(len(small.path) - 1, -1, -1) if -1 in moved else (-1,)
        for shared, leaf in product(shares, self.below[small]):
            for corners in self._corners(leaf, groups):
                if not self._may_fall(corners[is_up], n_moved):
                    continue
                for path in self._others(leaf.path, small.path, shared):
                    far = [[Cell(path, one.groups) for one in side] for side in corners]
                    if not path or self._may_fall(far[not is_up], n_moved):
                        ups = (*corners[not is_up], *(far[is_up] if path else ()))
                        downs = (*corners[is_up], *(far[not is_up] if path else ()))
                        yield _Move(ups, downs, groups, shared)

    def _may_fall(self, leaves: Iterable[Cell], n_moved: int) -> bool:
        return all(self.leaves.get(leaf, 0) >= n_moved for leaf in leaves)

    def _corners(self, leaf: Cell, groups: tuple[int, ...]) -> Iterator[tuple[list[Cell], ...]]:
        """Give the leaves of its area that go with it and those that go against it."""
        others = [[v for v in self.values[at] if v != leaf.groups[at]] for at in groups]
        for values in product(*others):
            sides: tuple[list[Cell], list[Cell]] = ([], [])
            for choice in product((False, True), repeat=len(groups)):
                chosen = list(leaf.groups)
                for at, value, is_other in zip(groups, values, choice, strict=True):
                    chosen[at] = value if is_other else chosen[at]
                sides[sum(choice) % 2].append(Cell(leaf.path, tuple(chosen)))
            yield sides

    def _others(self, own: Path, small: Path, shared: int) -> Iterable[Path]:
        """Give areas that leave the small cell's own just below the shared levels; () is none."""
        if shared < 0:
            return ((),)
        level = shared + 1
        return (one for one in self.at[own[:shared]] if one[:level] != small[:level])


def _sums_of(leaf: Cell, *, over: Iterable[int], above: int = -1) -> Iterator[Cell]:
    """Give the cells that count a leaf, with these groups fixed, below the shared levels."""
    kept = set(over)
    choices = ((value,) if at in kept else (value, ALL) for at, value in enumerate(leaf.groups))
    for groups in product(*choices):
        for level in range(above + 1, len(leaf.path) + 1):
            yield Cell(leaf.path[:level], groups)


def _n_fixed(cell: Cell) -> int:
    return sum(value is not ALL for value in cell.groups)


def _subsets(dimensions: list[int]) -> Iterator[tuple[int, ...]]:
    """Give every choice of dimensions, the largest first."""
    sizes = range(len(dimensions), -1, -1)
    return chain.from_iterable(combinations(dimensions, size) for size in sizes)


def cells_covering(
    paths: Collection[Path], chosen: Collection[Path], *, groups: Groups, level: int = 0
) -> list[Cell]:
    """Give the widest areas, of a level at least, that together are the chosen leaves of all."""
    left, wanted, found = set(chosen), set(chosen), list[Cell]()
    deepest = max((len(path) for path in paths), default=0)
    for length in range(level, deepest + 1):
        within: defaultdict[Path, set[Path]] = defaultdict(set)
        for path in paths:
            within[path[:length]].add(path)
        for area in sorted({path[:length] for path in left}, key=repr):
            if within[area] <= wanted:
                found.append(Cell(area, groups))
                left -= within[area]
    return found
