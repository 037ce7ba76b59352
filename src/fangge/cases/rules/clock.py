"""What is due for a case and when, told from its steps alone: for now, or for any past instant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fangge.cases.rules.calendar import ONE_DAY, WorkingCalendar
from fangge.cases.rules.deadlines import Allowance, Pause, Unit, find_due
from fangge.cases.rules.lifecycle import Clock, Lifecycle, Part


@dataclass(frozen=True, slots=True)
class Beat:
    """What the clock needs of a step: the state it led to, when, and a new date if it gave one."""

    verb: str
    end: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The clock of a case: what is due, since when, by when; `due_at` is None while it stands."""

    name: str
    owner: Part
    allowance: Allowance
    starts_at: datetime
    due_at: datetime | None
    n_pauses: int
    is_extended: bool


def read_clock(
    beats: Sequence[Beat],
    *,
    lifecycle: Lifecycle,
    allowance_of: Callable[[Clock], Allowance],
    calendar: WorkingCalendar,
) -> Running | None:
    """Give the clock that runs after these steps, or None where nothing is due any more.

    A clock of one name goes on through several states; a pause stops it; a step back to a state
    of another clock ends it, and coming again begins it anew.
    """
    clock: Clock | None = None
    starts_at: datetime | None = None
    until: datetime | None = None
    until_from = 0
    pauses: list[Pause] = []
    for beat in beats:
        if beat.end in lifecycle.paused:
            if not pauses or pauses[-1].ends_at is not None:
                pauses.append(Pause(beat.at))
            continue
        if pauses and pauses[-1].ends_at is None:
            pauses[-1] = Pause(pauses[-1].starts_at, beat.at)
        due = lifecycle.clock_of(beat.end)
        if due is None or clock is None or due.name != clock.name:
            starts_at, until, until_from, pauses = beat.at, None, 0, []
        clock = due
        if beat.verb == "extend" and beat.until is not None:
            until, until_from = beat.until, len(pauses)
    if clock is None or starts_at is None:
        return None
    allowance = allowance_of(clock)
    due_at = (
        find_due(allowance, starts_at=starts_at, calendar=calendar, pauses=pauses)
        if until is None
        else _push(until, pauses[until_from:], allowance, calendar)
    )
    return Running(
        clock.name, clock.owner, allowance, starts_at, due_at, len(pauses), until is not None
    )


def _push(
    until: datetime, pauses: Sequence[Pause], allowance: Allowance, calendar: WorkingCalendar
) -> datetime | None:
    """Give a date that was promised back the time that the clock stood still after it."""
    for pause in pauses:
        if pause.ends_at is None:
            return None
        if allowance.unit in {Unit.HOURS, Unit.WORKING_HOURS}:
            until += pause.ends_at - pause.starts_at
            continue
        n_days = (calendar.day_of(pause.ends_at) - calendar.day_of(pause.starts_at)).days
        for _ in range(n_days):
            until += ONE_DAY
            if allowance.unit is Unit.WORKING_DAYS:
                until += calendar.workday_from(calendar.day_of(until)) - calendar.day_of(until)
    return until
