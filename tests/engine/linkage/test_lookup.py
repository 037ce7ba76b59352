"""Rows found by a number: each lookup beside the plain way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.linkage.lookup import (
    NOBODY,
    chain_keys,
    close_rows,
    gather_ends,
    link_rings,
    list_candidates,
    list_ends,
    seek_sorted,
)

numbers = st.lists(st.integers(-40, 40) | st.integers(-(2**62), 2**62), max_size=40)
N_ROWS = 12
row = st.integers(0, N_ROWS - 1)


@settings(deadline=None)
@given(numbers, numbers)
def test_numbers_are_found_in_any_order(held: list[int], wanted: list[int]) -> None:
    rows = {number: at for at, number in enumerate(sorted(set(held)))}
    found = seek_sorted(
        np.array(sorted(set(held)), dtype=np.int64), np.array(wanted, dtype=np.int64)
    )
    assert found.tolist() == [rows.get(number, NOBODY) for number in wanted]


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=40), st.lists(st.integers(1, 8), max_size=9))
def test_chains_list_each_row_of_a_key_once_and_in_order(
    keys: list[int], wanted: list[int]
) -> None:
    which, rows = list_candidates(
        chain_keys(np.array(keys, dtype=np.int64)), np.array(wanted, dtype=np.int64)
    )
    for number, key in enumerate(wanted):
        listed = [at for at in rows[which == number].tolist() if keys[at] == key]
        assert listed == [at for at, held in enumerate(keys) if held == key]


@settings(deadline=None)
@given(st.lists(row, min_size=N_ROWS, max_size=N_ROWS), st.lists(st.tuples(row, row)), st.sets(row))
def test_what_hangs_together_is_all_that_clusters_and_pairs_reach(
    groups: list[int], pairs: list[tuple[int, int]], start: set[int]
) -> None:
    firsts = [groups.index(group) for group in groups]
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    ends = list_ends(left, right, N_ROWS)
    steps = [*pairs, *enumerate(firsts)]
    reached, before = set(start), {-1}
    while reached != before:
        before = set(reached)
        reached |= {b for a, b in steps if a in before} | {a for a, b in steps if b in before}
    ring = link_rings(np.array(firsts, dtype=np.int64))
    asked = np.array(sorted(start), dtype=np.int64)
    assert close_rows(ring, ends, asked).tolist() == sorted(reached)
    assert set(gather_ends(ends.firsts, ends.numbers, asked).tolist()) == {
        number for number, pair in enumerate(pairs) if start & set(pair)
    }
