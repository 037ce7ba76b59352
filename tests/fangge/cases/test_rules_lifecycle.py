"""The table of states and moves."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fangge.cases.queries.routing import shipped_table
from fangge.cases.rules.calendar import WorkingCalendar
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.checking import check_lifecycle
from fangge.cases.rules.clock import Beat, Running, read_clock
from fangge.cases.rules.lifecycle import Part, read_lifecycle
from fangge.cases.rules.parts import Bar, Standing, choose_moves
from fangge.cases.rules.routing import find_route

SHIPPED = shipped_catalogue()
LIFECYCLE = read_lifecycle(SHIPPED.lifecycle)


def test_the_table_that_ships_loses_no_case() -> None:
    assert check_lifecycle(LIFECYCLE) == []


def drop(verb: str) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        table["moves"] = [move for move in table["moves"] if move["verb"] != verb]

    return change


def add_trap(table: dict[str, Any]) -> None:
    row = {"start": ["reported"], "verb": "lose", "end": "lost", "who": ["centre"]}
    table["moves"].append(row)


def silence(table: dict[str, Any]) -> None:
    table["clocks"] = [clock for clock in table["clocks"] if clock["state"] != "handled"]


def orphan(table: dict[str, Any]) -> None:
    table["clocks"][0]["owner"] = "witness"


def fork(table: dict[str, Any]) -> None:
    row = {"start": ["reported"], "verb": "accept", "end": "rejected", "who": ["centre"]}
    table["moves"].append(row)


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (drop("verify"), "unreachable", "verified"),
        (drop("accept"), "unreachable", "accepted"),
        (add_trap, "dead_end", "lost"),
        (silence, "no_clock", "handled"),
        (orphan, "clock_without_owner", "reported"),
        (fork, "two_ways", "reported accept"),
    ],
)
def test_a_table_that_would_lose_cases_is_refused_with_the_place(
    change: Callable[[dict[str, Any]], None], code: str, at: str
) -> None:
    table = copy.deepcopy(dict(SHIPPED.lifecycle))
    change(table)
    assert (code, at) in [(f.code, f.at) for f in check_lifecycle(read_lifecycle(table))]


@pytest.mark.parametrize(
    ("category", "area", "desk"),
    [
        ("fire_lane", "320508017001", "fire"),
        ("rental_safety", "", "housing"),
        ("neighbours", "320508017001", "mediation"),
        ("litter", "320508", "city"),
        ("something_new", "320508", None),
    ],
)
def test_a_category_and_an_area_name_the_desk(category: str, area: str, desk: str | None) -> None:
    assert find_route(shipped_table().rows, category=category, area=area).desk == (desk or "")


def test_every_category_and_route_names_what_there_is() -> None:
    desks = {code for code, _, _ in SHIPPED.desks}
    for route in SHIPPED.routes:
        assert route.desk in desks
        assert route.categories <= set(SHIPPED.categories)
    for category in SHIPPED.categories:
        assert find_route(shipped_table().rows, category=category, area="320508017001").desk


def test_who_did_the_work_does_not_witness_it() -> None:
    worker = Standing(frozenset({Part.WITNESS, Part.DESK}), has_handled=True)
    found = {one.move.verb: one for one in choose_moves(LIFECYCLE, "handled", worker)}
    assert found["verify"].bar == Bar.OWN_WORK
    other = Standing(frozenset({Part.WITNESS}))
    found = {one.move.verb: one for one in choose_moves(LIFECYCLE, "handled", other)}
    assert found["verify"].bar == ""


NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Suzhou
CALENDAR = WorkingCalendar(zone=ZoneInfo("Asia/Shanghai"))


def clock_of(*beats: tuple[str, str, int], until: dict[int, datetime] | None = None) -> Running:
    found = read_clock(
        [
            Beat(verb, end, NOON + timedelta(hours=hour), (until or {}).get(hour))
            for verb, end, hour in beats
        ],
        lifecycle=LIFECYCLE,
        allowance_of=lambda clock: clock.allowance,
        calendar=CALENDAR,
    )
    assert found is not None
    return found


WORK = [("report", "reported", 0), ("accept", "accepted", 1), ("dispatch", "dispatched", 2)]


def test_a_clock_goes_on_from_one_state_to_the_next_of_its_name() -> None:
    sent = clock_of(*WORK)
    begun = clock_of(*WORK, ("start", "in_progress", 20))
    assert (begun.name, begun.starts_at, begun.due_at) == ("handle", sent.starts_at, sent.due_at)


def test_a_case_that_is_sent_back_and_sent_on_has_its_time_anew() -> None:
    again = clock_of(*WORK, ("send_back", "accepted", 30), ("dispatch", "dispatched", 31))
    assert again.starts_at == NOON + timedelta(hours=31)


def test_a_paused_case_is_not_due_and_gets_its_days_back() -> None:
    held = [*WORK, ("start", "in_progress", 3), ("pause", "paused", 4)]
    assert clock_of(*held).due_at is None
    plain, resumed = clock_of(*WORK), clock_of(*held, ("resume", "in_progress", 4 + 48))
    assert plain.due_at is not None
    assert resumed.due_at == plain.due_at + timedelta(days=2)


def test_a_promised_date_holds_and_is_moved_by_a_later_pause_alone() -> None:
    promised = NOON + timedelta(days=21)
    begun = [*WORK, ("start", "in_progress", 3)]
    paused = [("pause", "paused", 4), ("resume", "in_progress", 28)]
    extended = clock_of(*begun, *paused, ("extend", "in_progress", 30), until={30: promised})
    assert (extended.due_at, extended.is_extended) == (promised, True)
    later = clock_of(
        *begun, ("extend", "in_progress", 4), ("pause", "paused", 5), ("resume", "in_progress", 53),
        until={4: promised},
    )  # fmt: skip
    assert later.due_at == promised + timedelta(days=2)


def test_nothing_is_due_of_a_case_that_ended() -> None:
    ended = [*WORK, ("withdraw", "withdrawn", 3)]
    beats = [Beat(verb, end, NOON + timedelta(hours=hour)) for verb, end, hour in ended]
    clock = read_clock(
        beats, lifecycle=LIFECYCLE, allowance_of=lambda one: one.allowance, calendar=CALENDAR
    )
    assert clock is None
