"""What is hidden in a table: an attacker with linear programming learns no small count."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fangge.disclosure.rules.suppression import ALL, Cell, Tables, protect

LEAST = 5


def domain_of(leaves: dict[Cell, int]) -> list[Cell]:
    """Give every cell of the finest table, those with nobody in them too."""
    paths = sorted({leaf.path for leaf, n in leaves.items() if n})
    values = zip(*(leaf.groups for leaf, n in leaves.items() if n), strict=True)
    groups = list(product(*(sorted(set(one)) for one in values)))
    return [Cell(path, one) for path in paths for one in groups]


class Attacker:
    """Knows all that is shown in every table, and that nobody is counted less than once."""

    def __init__(self, leaves: dict[Cell, int], tables: Tables) -> None:
        self.domain = domain_of(leaves)
        cells = {
            Cell(leaf.path[:level], groups): None
            for leaf in self.domain
            for level in range(len(leaf.path) + 1)
            for groups in product(*((value, ALL) for value in leaf.groups))
        }
        shown = [(cell, n) for cell in cells if (n := tables.read(cell)) is not None]
        self.told = {
            "A_eq": np.array([self._row(cell) for cell, _ in shown]) if shown else None,
            "b_eq": [n for _, n in shown] if shown else None,
        }

    def _row(self, cell: Cell) -> list[float]:
        return [float(is_within(leaf, cell)) for leaf in self.domain]

    def bounds_of(self, cell: Cell) -> tuple[int, int]:
        aim = np.array(self._row(cell))
        low = linprog(aim, bounds=(0, 10_000), **self.told)
        high = linprog(-aim, bounds=(0, 10_000), **self.told)
        assert low.status == high.status == 0
        return round(low.fun), round(-high.fun)


def is_within(leaf: Cell, cell: Cell) -> bool:
    return leaf.path[: len(cell.path)] == cell.path and all(
        asked is ALL or asked == held for asked, held in zip(cell.groups, leaf.groups, strict=True)
    )


def attack(leaves: dict[Cell, int]) -> list[tuple[int, int]]:
    """Attack each small count; give the bounds that were found."""
    tables = protect(leaves, least=LEAST)
    attacker, found = Attacker(leaves, tables), []
    for cell, n in tables.counts.items():
        if n < LEAST:
            assert tables.read(cell) is None
            low, high = attacker.bounds_of(cell)
            assert low <= n <= high
            assert low < high, (cell, n)
            found.append((low, high))
    return found


def table(*rows: tuple[int, ...]) -> dict[Cell, int]:
    """Read a two-way table: a row an area of its own, a column a group."""
    return {
        Cell((f"r{i}",), (f"c{j}",)): n for i, row in enumerate(rows) for j, n in enumerate(row)
    }


def shown(tables: Tables, path: tuple[str, ...], *groups: object) -> int | None:
    return tables.read(Cell(path, groups))


def test_a_small_count_is_hidden_with_another_of_its_row_and_column() -> None:
    leaves = table((3, 20, 30), (25, 40, 50), (35, 45, 60))
    tables = protect(leaves, least=LEAST)
    hidden = {cell for cell in tables.hidden if cell.path and ALL not in cell.groups}
    assert {(cell.path[0], cell.groups[0]) for cell in hidden} == {
        ("r0", "c0"), ("r0", "c1"), ("r1", "c0"), ("r1", "c1"),
    }  # fmt: skip
    assert shown(tables, (), ALL) == 308
    assert shown(tables, ("r0",), ALL) == 53
    assert all(high >= LEAST for _, high in attack(leaves))


def test_a_one_way_table_hides_a_second_count_but_not_the_total() -> None:
    leaves = {Cell((name,), ()): n for name, n in (("a", 40), ("b", 2), ("c", 9), ("d", 7))}
    tables = protect(leaves, least=LEAST)
    assert tables.hidden == {Cell(("b",), ()), Cell(("d",), ())}
    assert tables.read(Cell((), ())) == 58
    attack(leaves)


def test_areas_within_areas_hide_beside_one_another() -> None:
    paths = {("s1", "c1", "g1"): 3, ("s1", "c1", "g2"): 50, ("s1", "c2", "g3"): 80,
             ("s2", "c3", "g4"): 1, ("s2", "c4", "g5"): 90}  # fmt: skip
    leaves = {Cell(path, ()): n for path, n in paths.items()}
    tables = protect(leaves, least=LEAST)
    assert shown(tables, ("s1",)) == 133
    assert shown(tables, ("s1", "c1")) == 53
    assert shown(tables, ("s1", "c1", "g2")) is None
    assert shown(tables, ("s2", "c3")) is None, "its only grid is small"
    assert shown(tables, ("s2", "c4", "g5")) is None
    attack(leaves)


def test_nobody_is_nought_and_is_shown() -> None:
    leaves = table((0, 20), (30, 40))
    tables = protect(leaves, least=LEAST)
    assert tables.hidden == frozenset()
    assert shown(tables, ("r0",), "c0") == 0


def test_small_counts_alone_are_told_by_no_sum() -> None:
    """Four single persons whose sum is four: the sum is hidden, and what holds the sum shows it."""
    attack(table((1, 1, 1, 1), (30, 40, 50, 60)))
    attack(table((2, 3), (30, 40)))


def test_what_areas_show_is_the_same_whatever_groups_are_asked() -> None:
    leaves = table((3, 20, 30), (1, 2, 0), (35, 45, 60), (9, 8, 7))
    alone = protect({Cell(one.path, ()): 0 for one in leaves} | summed(leaves), least=LEAST)
    grouped = protect(leaves, least=LEAST)
    for cell in alone.counts:
        assert alone.read(cell) == grouped.read(Cell(cell.path, (ALL,)))


def summed(leaves: dict[Cell, int]) -> dict[Cell, int]:
    areas: dict[Cell, int] = {}
    for cell, n in leaves.items():
        areas[Cell(cell.path, ())] = areas.get(Cell(cell.path, ()), 0) + n
    return areas


COUNTS = st.one_of(st.integers(0, 6), st.integers(0, 60))
PATHS = st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_small_count_of_a_two_way_table_follows_from_the_rest(rows: list[list[int]]) -> None:
    attack(table(*map(tuple, rows)))


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.tuples(PATHS, st.sampled_from("mf"), st.sampled_from("ypo")), COUNTS, min_size=4
    )
)
def test_no_small_count_by_area_sex_and_age_follows_from_the_rest(
    found: dict[tuple[tuple[str, str], str, str], int],
) -> None:
    leaves = {Cell((a, a + x), (sex, age)): n for ((a, x), sex, age), n in found.items()}
    attack(leaves)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(PATHS, COUNTS, min_size=1, max_size=6))
def test_areas_alone_are_never_too_fine(found: dict[tuple[str, str], int]) -> None:
    attack({Cell((a, a + x), ()): n for (a, x), n in found.items()})


def test_a_person_alone_in_row_and_column_may_be_nobody() -> None:
    """Areas alone show 41 persons in two areas; all are men but one, who lives in the other."""
    leaves = {Cell(("a",), ("m",)): 40, Cell(("b",), ("f",)): 1}
    assert all(low == 0 for low, _ in attack(leaves))


def test_a_sparse_table_of_many_areas_is_protected() -> None:
    rng = np.random.default_rng(3)
    leaves = {
        Cell((f"s{g // 25}", f"c{g // 5}", f"g{g}"), (sex, age)): int(rng.poisson(3.0))
        for g in range(100)
        for sex in "mf"
        for age in "123456"
    }
    tables = protect(leaves, least=LEAST)
    assert tables.read(Cell((), (ALL, ALL))) == sum(leaves.values())
    small = [cell for cell, n in tables.counts.items() if n < LEAST]
    assert all(tables.read(cell) is None for cell in small)
    assert len(small) > 300
