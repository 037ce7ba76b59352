"""What persons decided holds in every cluster, and the rest follows the evidence."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangge.engine.linkage.constraints import honour_decisions
from fangge.engine.linkage.schema import CLUSTERS


def clusters_of(*groups: list[int]) -> pl.DataFrame:
    rows = [(record, min(group), "score", 6.0) for group in groups for record in group]
    return pl.DataFrame(rows, schema=dict(CLUSTERS), orient="row").sort("record_id")


def keys_of(keys: dict[int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        list(keys.items()), schema={"record_id": pl.Int64, "key": pl.Int64}, orient="row"
    )


def links_of(*links: tuple[int, int, float]) -> pl.DataFrame:
    schema = {"left": pl.Int64, "right": pl.Int64, "weight": pl.Float64}
    return pl.DataFrame(list(links), schema=schema, orient="row")


def decided(*pairs: tuple[int, int, bool]) -> pl.DataFrame:
    schema = {"left": pl.Int64, "right": pl.Int64, "is_same": pl.Boolean}
    return pl.DataFrame(list(pairs), schema=schema, orient="row")


def groups_in(clusters: pl.DataFrame) -> set[frozenset[int]]:
    listed = clusters.group_by("cluster").agg("record_id")["record_id"]
    return {frozenset(one) for one in listed.to_list()}


NO_KEYS = keys_of({})


def test_same_joins_two_clusters_whole() -> None:
    found = honour_decisions(
        clusters_of([1, 2], [3, 4], [5], [6]),
        NO_KEYS,
        links_of((1, 2, 6.0), (3, 4, 7.0)),
        decided((2, 3, True)),
    )
    assert groups_in(found) == {frozenset({1, 2, 3, 4}), frozenset({5}), frozenset({6})}
    methods = dict(found.select("record_id", "method").iter_rows())
    assert methods[2] == methods[3] == "person"
    assert methods[1] == "score"
    assert methods[5] == "score", "what no decision names is left as it was"


def test_different_parts_a_chain_at_its_weakest_link() -> None:
    found = honour_decisions(
        clusters_of([1, 2, 3], [4], [5], [6]),
        NO_KEYS,
        links_of((1, 2, 9.0), (2, 3, 6.0)),
        decided((1, 3, False)),
    )
    assert groups_in(found) == {frozenset({1, 2}), frozenset({3}), *map(frozenset, ({4}, {5}, {6}))}


def test_an_equal_identifier_holds_before_any_link() -> None:
    found = honour_decisions(
        clusters_of([1, 2, 3]),
        keys_of({1: 7, 2: 7}),
        links_of((1, 3, 20.0)),
        decided((2, 3, False)),
    )
    assert groups_in(found) == {frozenset({1, 2}), frozenset({3})}


def test_even_an_equal_identifier_yields_to_a_person() -> None:
    found = honour_decisions(
        clusters_of([1, 2]),
        keys_of({1: 7, 2: 7}),
        links_of(),
        decided((1, 2, False)),
    )
    assert groups_in(found) == {frozenset({1}), frozenset({2})}
    assert set(found["method"]) == {"single"}


def test_a_decision_about_records_that_are_gone_is_passed_over() -> None:
    before = clusters_of([1, 2])
    found = honour_decisions(before, NO_KEYS, links_of(), decided((1, 99, False)))
    assert found.equals(before)


pairs = st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda pair: pair[0] < pair[1])


@given(
    links=st.dictionaries(pairs, st.floats(5, 20), max_size=10),
    same=st.sets(pairs, max_size=3),
    different=st.sets(pairs, max_size=4),
)
def test_no_cluster_holds_two_that_differ_whatever_the_order(
    links: dict[tuple[int, int], float],
    same: set[tuple[int, int]],
    different: set[tuple[int, int]],
) -> None:
    listed = links_of(*((*pair, weight) for pair, weight in links.items()))
    told = decided(*((*p, True) for p in same - different), *((*p, False) for p in different))
    whole = clusters_of([1, 2, 3, 4, 5, 6])
    found = honour_decisions(whole, NO_KEYS, listed, told)
    groups = groups_in(found)
    for left, right in different:
        assert not any({left, right} <= group for group in groups)
    assert sorted(found["record_id"]) == [1, 2, 3, 4, 5, 6]
    shuffled = honour_decisions(whole.reverse(), NO_KEYS, listed.reverse(), told.reverse())
    assert groups_in(shuffled) == groups


@pytest.mark.parametrize("is_same", [True, False])
def test_the_pipeline_does_not_offer_a_decided_pair_again(*, is_same: bool) -> None:
    from datetime import date

    from fangge.engine.linkage.parameters import resident_parameters
    from fangge.engine.linkage.pipeline import link_records
    from fangge.engine.linkage.schema import RESIDENT_RECORD

    born = date(1980, 5, 1)
    rows = [
        (1, "a", "陆小曼", "2", born, None, None, None, None),
        (2, "b", "陆小曼", None, born, None, "13800000000", None, None),
    ]
    records = pl.DataFrame(rows, schema=dict(RESIDENT_RECORD), orient="row")
    found = link_records(records, resident_parameters(), decided((1, 2, is_same)))
    assert found.pairs.is_empty()
    assert (found.clusters["cluster"].n_unique() == 1) is is_same
