"""When a case is late."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangge.cases.adapters.holidays import days_of
from fangge.cases.rules.calendar import NoWorkday, WorkingCalendar
from fangge.cases.rules.deadlines import Allowance, Pause, Unit, find_due

HERE = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkingCalendar(zone=HERE, exceptions={one.day: one.is_worked for one in days_of(2026)})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.mark.parametrize(
    ("starts", "amount", "unit", "due"),
    [
        # On end, over a night and a weekend.
        ("2026-11-27 16:30", 24, "hours", "2026-11-28 16:30"),
        # Work ends at 17:00, lunch is not worked, a weekend is not worked.
        ("2026-11-27 16:30", 1, "working_hours", "2026-11-30 09:30"),
        ("2026-11-27 11:30", 1, "working_hours", "2026-11-27 13:30"),
        ("2026-11-28 10:00", 2, "working_hours", "2026-11-30 11:00"),
        ("2026-11-27 05:00", 7, "working_hours", "2026-11-27 17:00"),
        # The first day is not counted; the last one ends when work ends.
        ("2026-11-23 09:00", 1, "working_days", "2026-11-24 17:00"),
        ("2026-11-27 23:59", 1, "working_days", "2026-11-30 17:00"),
        # National Day: 1 to 7 October are off, Saturday the 10th is made up.
        ("2026-09-30 10:00", 1, "working_days", "2026-10-08 17:00"),
        ("2026-09-30 10:00", 3, "working_days", "2026-10-10 17:00"),
        # Days on end: a last day that is off moves to the next workday.
        ("2026-11-23 09:00", 5, "days", "2026-12-01 00:00"),
        ("2026-11-23 09:00", 4, "days", "2026-11-28 00:00"),
        # 2028 has a 29 February.
        ("2028-02-28 10:00", 1, "days", "2028-03-01 00:00"),
        ("2028-02-28 10:00", 24, "hours", "2028-02-29 10:00"),
    ],
)
def test_an_allowance_ends_when_the_office_says(
    starts: str, amount: int, unit: str, due: str
) -> None:
    allowance = Allowance(amount, Unit(unit))
    assert find_due(allowance, starts_at=at(starts), calendar=CALENDAR) == at(due)


@pytest.mark.parametrize(
    ("amount", "unit", "pause", "due"),
    [
        (24, "hours", ("2026-11-23 12:00", "2026-11-23 15:00"), "2026-11-24 12:00"),
        # A pause after it was due gives nothing back.
        (2, "hours", ("2026-11-23 12:00", "2026-11-23 15:00"), "2026-11-23 11:00"),
        # Over lunch and past the end of work: only hours of work stand still.
        (7, "working_hours", ("2026-11-23 11:00", "2026-11-24 10:00"), "2026-11-24 16:00"),
        # Paused and resumed on one day: that day was worked on.
        (1, "working_days", ("2026-11-24 10:00", "2026-11-24 16:00"), "2026-11-24 17:00"),
        (2, "working_days", ("2026-11-24 10:00", "2026-11-26 09:00"), "2026-11-27 17:00"),
        # A weekend that is paused is not given back as workdays.
        (2, "working_days", ("2026-11-24 18:00", "2026-11-30 09:00"), "2026-12-01 17:00"),
    ],
)
def test_a_pause_stops_the_clock(amount: int, unit: str, pause: tuple[str, str], due: str) -> None:
    found = find_due(
        Allowance(amount, Unit(unit)),
        starts_at=at("2026-11-23 09:00"),
        calendar=CALENDAR,
        pauses=[Pause(at(pause[0]), at(pause[1]))],
    )
    assert found == at(due)


def test_nothing_is_due_while_the_clock_stands() -> None:
    paused = [Pause(at("2026-11-23 10:00"))]
    for unit in Unit:
        start = at("2026-11-23 09:00")
        assert (
            find_due(Allowance(3, unit), starts_at=start, calendar=CALENDAR, pauses=paused) is None
        )


def test_a_calendar_without_workdays_is_told_instead_of_waited_for() -> None:
    days = {date(2026, 1, 1) + timedelta(days=i): False for i in range(400)}
    closed = WorkingCalendar(zone=HERE, exceptions=days)
    with pytest.raises(NoWorkday):
        find_due(Allowance(1, Unit.WORKING_DAYS), starts_at=at("2026-11-23 09:00"), calendar=closed)


moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis gives the zone itself
    max_value=datetime(2026, 12, 1),  # noqa: DTZ001 - as above
    timezones=st.just(HERE),
)
allowances = st.builds(Allowance, st.integers(1, 60), st.sampled_from(Unit))
lengths = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20))


@given(start=moments, allowance=allowances, later=lengths)
def test_who_begins_later_is_due_no_earlier(
    start: datetime, allowance: Allowance, later: timedelta
) -> None:
    first = find_due(allowance, starts_at=start, calendar=CALENDAR)
    second = find_due(allowance, starts_at=start + later, calendar=CALENDAR)
    assert first is not None
    assert second is not None
    assert start < first <= second


@given(start=moments, allowance=allowances, offset=lengths, length=lengths)
def test_a_pause_never_takes_time_away(
    start: datetime, allowance: Allowance, offset: timedelta, length: timedelta
) -> None:
    plain = find_due(allowance, starts_at=start, calendar=CALENDAR)
    pause = Pause(start + offset, start + offset + length)
    paused = find_due(allowance, starts_at=start, calendar=CALENDAR, pauses=[pause])
    split = [Pause(pause.starts_at, start + offset + length / 2)]
    split.append(Pause(start + offset + length / 2, start + offset + length))
    assert plain is not None
    assert paused is not None
    assert plain <= paused
    if allowance.unit in {Unit.HOURS, Unit.WORKING_HOURS}:
        assert find_due(allowance, starts_at=start, calendar=CALENDAR, pauses=split[::-1]) == paused


@given(start=moments, amount=st.integers(1, 200))
def test_working_hours_come_in_working_hours(start: datetime, amount: int) -> None:
    due = find_due(Allowance(amount, Unit.WORKING_HOURS), starts_at=start, calendar=CALENDAR)
    assert due is not None
    assert CALENDAR.is_workday(CALENDAR.day_of(due))
    assert any(opens < due.astimezone(HERE).time() <= end for opens, end in CALENDAR.hours)
