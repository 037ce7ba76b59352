"""Which periods a life event begins and ends, and what cannot be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangge.registers.rules.occupancy import Act, Holder, Period, find_faults, settle_periods

TODAY = date(2026, 11, 23)


def lives(address: int, starts: date | None = None, ends: date | None = None) -> Period:
    return Period("resident", address, 1, starts, ends, 7)


def test_who_moves_leaves_the_old_place_on_the_day_they_come_to_the_new() -> None:
    act = Act("move", 9, date(2026, 11, 1), address_id=2, grid_id=1)
    settled = settle_periods([lives(1, date(2020, 1, 1))], [act])
    assert [(one.address_id, one.starts_on, one.ends_on, one.record_id) for one in settled] == [
        (1, date(2020, 1, 1), date(2026, 11, 1), 9),
        (2, date(2026, 11, 1), None, 9),
    ]


def test_where_a_source_says_later_that_somebody_lives_it_stands() -> None:
    held = [lives(1, date(2020, 1, 1)), lives(3, date(2026, 11, 15))]
    settled = settle_periods(held, [Act("leave", 9, date(2026, 11, 1))])
    assert [one.ends_on for one in settled] == [date(2026, 11, 1), None]


def test_a_death_ends_where_somebody_lives_but_not_what_they_own() -> None:
    held = [lives(1), Period("owner", 1, 1, None, None, 7)]
    settled = settle_periods(held, [Act("death", 9, date(2026, 11, 1))])
    assert [one.ends_on for one in settled] == [date(2026, 11, 1), None]


days = st.dates(min_value=date(2000, 1, 1), max_value=TODAY)
periods = st.lists(
    st.builds(
        Period,
        kind=st.sampled_from(["resident", "tenant", "owner", "registered"]),
        address_id=st.integers(1, 4),
        grid_id=st.just(1),
        starts_on=st.none() | days,
        ends_on=st.none(),
        record_id=st.just(1),
    ),
    max_size=5,
    unique_by=lambda one: (one.kind, one.address_id),
)
acts = st.lists(
    st.builds(
        Act,
        event=st.sampled_from(["arrive", "move", "leave", "death", "tenancy_begins"]),
        record_id=st.integers(10, 99),
        effective_on=days,
        address_id=st.integers(1, 4),
        grid_id=st.just(1),
    ),
    max_size=4,
    unique_by=lambda one: one.record_id,
)


@given(periods, acts)
def test_settling_what_was_settled_changes_nothing(held: list[Period], done: list[Act]) -> None:
    once = settle_periods(held, done)
    assert settle_periods(once, done) == once


@given(periods, acts)
def test_the_order_in_which_events_are_told_does_not_matter(
    held: list[Period], done: list[Act]
) -> None:
    assert settle_periods(held, done) == settle_periods(held, list(reversed(done)))


@pytest.mark.parametrize(
    ("act", "held", "holder", "field", "rule"),
    [
        (Act("move", 0, date(2026, 12, 1), address_id=2), [], Holder(), "effective_on", "future"),
        (Act("move", 0, date(1800, 1, 1), address_id=2), [], Holder(), "effective_on", "too_early"),
        (
            Act("move", 0, date(1980, 1, 1), address_id=2),
            [],
            Holder(date(1990, 5, 1)),
            "effective_on",
            "before_start",
        ),
        (Act("leave", 0, TODAY), [], Holder(), "event", "not_here"),
        (
            Act("leave", 0, date(2019, 1, 1)),
            [lives(1, date(2020, 1, 1))],
            Holder(),
            "effective_on",
            "before_period",
        ),
        (Act("arrive", 0, TODAY, address_id=1), [lives(1)], Holder(), "address", "already_here"),
        (
            Act("arrive", 0, date(2019, 1, 1), address_id=1),
            [lives(1, date(2020, 1, 1))],
            Holder(),
            "effective_on",
            "overlaps",
        ),
        (Act("death", 0, TODAY), [], Holder(None, date(2025, 1, 1)), "event", "ended"),
        (
            Act("tenancy_begins", 0, TODAY, until_on=date(2026, 1, 1), address_id=1),
            [],
            Holder(),
            "until_on",
            "until_before_start",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    act: Act, held: list[Period], holder: Holder, field: str, rule: str
) -> None:
    faults = find_faults(act, held, holder=holder, place=Holder(), today=TODAY)
    assert (field, rule) in faults


def test_nobody_moves_to_an_address_that_is_gone() -> None:
    act = Act("move", 0, TODAY, address_id=2)
    gone = Holder(date(2000, 1, 1), date(2025, 1, 1))
    assert find_faults(act, [], holder=Holder(), place=gone, today=TODAY) == [
        ("address", "address_gone")
    ]
