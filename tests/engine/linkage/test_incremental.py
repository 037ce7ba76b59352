"""Runs that cost what changed give what whole runs give, whatever changed in whatever order."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.linkage.extracts import find_changes, mark_records
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


# So many others that what changes is kept apart from them.
OTHERS: dict[int, dict[str, object]] = {
    1_000 + i: {
        "name": chr(0x4E00 + i) + chr(0x5B00 + i),
        "birth_on": date(1950, 1, 1) + timedelta(days=i // 2),
        "phone": f"1300000{i // 3:04}",
        "address_code": f"B1-{i // 4:04}-B001",
    }
    for i in range(240)
}


def decide(pairs: dict[tuple[int, int], bool]) -> pl.DataFrame | None:
    rows = [(*pair, is_same) for pair, is_same in pairs.items()]
    schema = {"left": pl.Int64, "right": pl.Int64, "is_same": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else None


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
pair = st.tuples(numbers, numbers).filter(lambda pair: pair[0] < pair[1])
decisions = st.dictionaries(pair, st.booleans(), max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(numbers, person, max_size=16),
    st.lists(batch, max_size=4),
    st.sampled_from([2.0, 6.0]),
)
def test_any_batches_of_changes_give_what_a_whole_run_gives(
    first: dict[int, dict[str, object]],
    batches: list[tuple[dict[int, dict[str, object]], set[int]]],
    lone_bits: float,
) -> None:
    parameters = replace(PARAMETERS, lone_bits=lone_bits)
    held, others = dict(first), table(OTHERS)
    kept = link_all(pl.concat([table(held), others]), parameters)
    for changed, removed in batches:
        gone = removed - set(changed)
        kept = link_changes(kept, table(changed), pl.Series(sorted(gone), dtype=pl.Int64))
        held = {i: row for i, row in (held | changed).items() if i not in gone}
        whole = link_all(pl.concat([table(held), others]), parameters)
        assert state_of(kept) == state_of(whole)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(numbers, person, max_size=16), st.lists(st.tuples(batch, decisions)))
def test_so_they_do_after_tables_were_put_away_and_while_persons_decide(
    first: dict[int, dict[str, object]],
    batches: list[
        tuple[tuple[dict[int, dict[str, object]], set[int]], dict[tuple[int, int], bool]]
    ],
) -> None:
    held = dict(first)
    kept = link_all(table(held), PARAMETERS)
    for (changed, removed), pairs in batches:
        gone = pl.Series(sorted(removed - set(changed)), dtype=pl.Int64)
        kept = Kept.of_tables(kept.parameters, kept.tables())
        kept = link_changes(kept, table(changed), gone, decide(pairs))
        held = {i: row for i, row in (held | changed).items() if i in changed or i not in removed}
        assert state_of(kept) == state_of(link_all(table(held), PARAMETERS, decide(pairs)))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(numbers, person, max_size=16), batch, st.sampled_from([OTHERS, {}]))
def test_what_changed_is_told_exactly(
    first: dict[int, dict[str, object]],
    one: tuple[dict[int, dict[str, object]], set[int]],
    others: dict[int, dict[str, object]],
) -> None:
    changed, removed = one[0], one[1] - set(one[0])
    before = link_all(table(first | others), PARAMETERS)
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
    own = after.find_members(told.touched)
    assert own.clusters.rows() == [row for row in new.values() if row[1] in set(told.touched)]
    assert own.prepared.equals(
        after.prepared.filter(pl.col("record_id").is_in(own.clusters["record_id"].implode()))
    )


def test_a_whole_run_that_keeps_gives_what_one_that_does_not() -> None:
    records = table({1: {"name": "张伟", "identifier": ZHANG}, 2: {"identifier": ZHANG}})
    assert link_all(records, PARAMETERS).linked.clusters.equals(
        link_records(records, PARAMETERS).clusters
    )


rows = st.dictionaries(numbers, person, max_size=16)


@settings(deadline=None)
@given(rows, batch, st.randoms())
def test_a_full_extract_tells_what_changed_in_it(
    first: dict[int, dict[str, object]],
    one: tuple[dict[int, dict[str, object]], set[int]],
    chance: Random,
) -> None:
    changed, removed = one
    after = {i: row for i, row in (first | changed).items() if i not in removed}
    shuffled = dict(chance.sample(sorted(after.items(), key=str), len(after)))
    before = mark_records(table(first))
    found = find_changes(before, table(shuffled))
    assert found.changed.equals(
        table({i: after[i] for i in sorted(after) if first.get(i) != after[i]})
    )
    assert found.removed.to_list() == sorted(set(first) - set(after))


texts = st.one_of(st.none(), st.text(max_size=40), st.integers(0, 40).map(lambda n: "坊" * n))


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts, texts, texts), min_size=1, max_size=12), st.integers(0, 11))
def test_texts_of_any_length_are_told_apart_however_the_table_is_cut(
    pairs: list[tuple[str | None, str | None, str | None, str | None]], cut: int
) -> None:
    ids = pl.Series("record_id", range(len(pairs)), dtype=pl.Int64)
    schema = {"name": pl.String, "phone": pl.String}
    first, after = (
        pl.DataFrame(
            [row[at : at + 2] for row in pairs], schema=schema, orient="row"
        ).insert_column(0, ids)
        for at in (0, 2)
    )
    whole, pieces = mark_records(first), mark_records(pl.concat([first[:cut], first[cut:]]))
    assert whole.marks.tolist() == pieces.marks.tolist()
    assert find_changes(whole, after).changed["record_id"].to_list() == [
        i for i, row in enumerate(pairs) if row[:2] != row[2:]
    ]


def test_one_byte_changed_anywhere_in_a_text_is_noticed() -> None:
    for n in range(1, 30):
        lines = ["a" * n, *("a" * at + "b" + "a" * (n - at - 1) for at in range(n))]
        found = mark_records(table({i: {"name": line} for i, line in enumerate(lines)}))
        assert len(set(found.marks.tolist())) == len(lines)


def test_a_column_of_another_name_or_type_changes_every_record() -> None:
    first = table({1: {"phone": "1"}, 2: {}})
    for other in (first.rename({"phone": "fax"}), first.cast({"phone": pl.Int64})):
        assert find_changes(mark_records(first), other).changed.height == first.height
