"""When an answer is owed: in working days of a calendar with moved days, or in calendar days."""

from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekdays are worked but for `off`; weekends are not but for `on`, as the state moves days."""

    off: frozenset[date] = field(default_factory=frozenset)
    on: frozenset[date] = field(default_factory=frozenset)

    def is_worked(self, day: date) -> bool:
        if day in self.on:
            return True
        return day.weekday() < SATURDAY and day not in self.off


@dataclass(frozen=True, slots=True)
class Term:
    """So many days, of which only the worked ones count, or all."""

    n_days: int
    is_working: bool = True


def add_term(start: date, term: Term, calendar: Calendar) -> date:
    """Give the last day of a term; the day it starts on does not count."""
    if not term.is_working:
        return start + timedelta(days=term.n_days)
    day, left = start, term.n_days
    while left > 0:
        day += timedelta(days=1)
        left -= calendar.is_worked(day)
    return day


def count_left(today: date, due_on: date, term: Term, calendar: Calendar) -> int:
    """Give how many days are left, the last day included; below nothing it is late by so many."""
    first, last, sign = (today, due_on, 1) if today <= due_on else (due_on, today, -1)
    days = [first + timedelta(days=step) for step in range(1, (last - first).days + 1)]
    n_days = len(days) if not term.is_working else sum(map(calendar.is_worked, days))
    return sign * max(n_days, 1 if sign < 0 else 0)
