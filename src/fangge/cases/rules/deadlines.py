"""When a case is late: due dates in hours, working hours, days and working days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from fangge.cases.rules.calendar import ONE_DAY, WorkingCalendar


class Unit(StrEnum):
    """What an allowance is counted in."""

    HOURS = "hours"
    WORKING_HOURS = "working_hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long something may take."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError(f"An allowance is at least one, not {self.amount}.")


@dataclass(frozen=True, slots=True)
class Pause:
    """A time while the clock stood still; `ends_at` is None while it still does."""

    starts_at: datetime
    ends_at: datetime | None = None


def find_due(
    allowance: Allowance,
    *,
    starts_at: datetime,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """Give the instant at which something is due, or None while its clock stands still.

    Days begin to count on the day after the start and end when work ends (`working_days`) or at
    midnight of a workday (`days`). Source: Civil Code of China, articles 200-203.
    """
    if any(pause.ends_at is None for pause in pauses):
        return None
    standing = _join_pauses(pauses, starts_at)
    if allowance.unit is Unit.HOURS:
        return _run_hours(allowance.amount, starts_at, standing)
    if allowance.unit is Unit.WORKING_HOURS:
        return _run_working_hours(allowance.amount, starts_at, calendar, standing)
    paused = _paused_days(standing, calendar)
    return _run_days(allowance, calendar.day_of(starts_at), calendar, paused)


def find_certain_due(
    allowance: Allowance, *, starts_at: datetime, calendar: WorkingCalendar
) -> datetime:
    """Give the instant at which something is due whose clock never stands still."""
    due_at = find_due(allowance, starts_at=starts_at, calendar=calendar)
    if due_at is None:
        raise AssertionError("Without a pause a clock runs.")
    return due_at


def _join_pauses(pauses: Iterable[Pause], starts_at: datetime) -> list[tuple[datetime, datetime]]:
    """Give the pauses after the start in order, those that touch as one."""
    spans = sorted(
        (max(pause.starts_at, starts_at), pause.ends_at)
        for pause in pauses
        if pause.ends_at is not None and pause.ends_at > starts_at
    )
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _run_hours(
    amount: int, starts_at: datetime, standing: Iterable[tuple[datetime, datetime]]
) -> datetime:
    due = starts_at + timedelta(hours=amount)
    for start, end in standing:
        if start < due:
            due += end - start
    return due


def _run_working_hours(
    amount: int,
    starts_at: datetime,
    calendar: WorkingCalendar,
    standing: Sequence[tuple[datetime, datetime]],
) -> datetime:
    left = timedelta(hours=amount)
    for opens, closes in calendar.spells_from(starts_at):
        for start, end in _without(opens, closes, standing):
            if end - start >= left:
                return start + left
            left -= end - start
    raise AssertionError("The spells of work have no end.")


def _without(
    opens: datetime, closes: datetime, standing: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Cut pauses out of a spell of work."""
    edges = [opens]
    for start, end in standing:
        if end > opens and start < closes:
            edges += [max(start, opens), min(end, closes)]
    edges.append(closes)
    parts = list(pairwise(edges))[::2]
    return [(start, end) for start, end in parts if end > start]


def _paused_days(
    standing: Iterable[tuple[datetime, datetime]], calendar: WorkingCalendar
) -> frozenset[date]:
    """Give the days that began while the clock stood still."""
    days: set[date] = set()
    for start, end in standing:
        day, last = calendar.day_of(start) + ONE_DAY, calendar.day_of(end)
        while day <= last:
            days.add(day)
            day += ONE_DAY
    return frozenset(days)


def _run_days(
    allowance: Allowance, day: date, calendar: WorkingCalendar, paused: frozenset[date]
) -> datetime:
    is_worked = allowance.unit is Unit.WORKING_DAYS
    left = allowance.amount
    while left:
        day = calendar.workday_from(day + ONE_DAY) if is_worked else day + ONE_DAY
        left -= day not in paused
    if is_worked:
        return calendar.close_of(day)
    return calendar.end_of(calendar.workday_from(day))
