"""Runs that cost what changed give what whole runs give, whatever changed in whatever order."""

from dataclasses import replace
from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.linkage.incremental import (
    Kept,
    compare_runs,
    link_all,
    link_changes,
)
from fangge.engine.linkage.parameters import resident_parameters
from fangge.engine.linkage.pipeline import link_records
from fangge.engine.linkage.schema import RESIDENT_RECORD

ZHANG, LI = "32999019800101001X", "329990198502020021"
SCHEMA = dict(RESIDENT_RECORD)
# Small blocks and a name that may stand alone, so that a few records meet every rule.
PARAMETERS = replace(resident_parameters(), largest_block=3, lone_bits=6.0)


def table(rows: dict[int, dict[str, object]]) -> pl.DataFrame:
    blank = {**dict.fromkeys(RESIDENT_RECORD), "source": "a"}
    return pl.DataFrame(
        [{**blank, "record_id": i, **row} for i, row in rows.items()], schema=SCHEMA
    )


def state_of(kept: Kept) -> list[list[tuple[object, ...]]]:
    tables = (kept.prepared, kept.counts, kept.edges, kept.linked.clusters, kept.linked.pairs)
    return [frame.rows() for frame in tables]


person = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["张伟", "张炜", "李娜", "王芳", "买买提·艾山", None]),
        "birth_on": st.sampled_from([date(1980, 1, 1), date(1985, 2, 2), None]),
        "identifier": st.sampled_from([ZHANG, LI, "32999019800101091X", None]),
        "phone": st.sampled_from(["12000000001", "12000000002", None]),
        "address_code": st.sampled_from(["A1-0001-E-B001-F01-0101", "A1-0001-E-B001", None]),
    }
)
numbers = st.integers(0, 20)
batch = st.tuples(st.dictionaries(numbers, person, max_size=5), st.sets(numbers, max_size=4))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(numbers, person, max_size=16), st.lists(batch, max_size=4))
def test_any_batches_of_changes_give_what_a_whole_run_gives(
    first: dict[int, dict[str, object]],
    batches: list[tuple[dict[int, dict[str, object]], set[int]]],
) -> None:
    held = dict(first)
    kept = link_all(table(held), PARAMETERS)
    for changed, removed in batches:
        gone = removed - set(changed)
        kept = link_changes(kept, table(changed), pl.Series(sorted(gone), dtype=pl.Int64))
        held = {i: row for i, row in (held | changed).items() if i not in gone}
        assert state_of(kept) == state_of(link_all(table(held), PARAMETERS))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(numbers, person, max_size=16), batch)
def test_what_changed_is_told_exactly(
    first: dict[int, dict[str, object]], one: tuple[dict[int, dict[str, object]], set[int]]
) -> None:
    changed, removed = one[0], one[1] - set(one[0])
    before = link_all(table(first), PARAMETERS)
    after = link_changes(before, table(changed), pl.Series(sorted(removed), dtype=pl.Int64))
    told = compare_runs(before, after, pl.Series(sorted(changed), dtype=pl.Int64))
    old = {row[0]: row for row in before.linked.clusters.rows()}
    new = {row[0]: row for row in after.linked.clusters.rows()}
    assert told.clusters.rows() == [row for i, row in new.items() if old.get(i) != row]
    members: list[dict[int, set[int]]] = [{}, {}]
    for found, rows in zip(members, (old, new), strict=True):
        for i, row in rows.items():
            found.setdefault(row[1], set()).add(i)
    assert set(told.ended) == set(members[0]) - set(members[1])
    assert set(told.touched) == {
        cluster
        for cluster, rows in members[1].items()
        if members[0].get(cluster) != rows or rows & set(changed)
    }


def test_a_whole_run_that_keeps_gives_what_one_that_does_not() -> None:
    records = table({1: {"name": "张伟", "identifier": ZHANG}, 2: {"identifier": ZHANG}})
    assert link_all(records, PARAMETERS).linked.clusters.equals(
        link_records(records, PARAMETERS).clusters
    )
