"""The State Council's calendar, from the library that keeps it."""

from dataclasses import dataclass
from datetime import date

import holidays


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is worked, or not, other than its weekday says."""

    day: date
    is_worked: bool
    name: str
    is_published: bool


def days_of(year: int) -> list[Day]:
    """Give the days off and the made-up workdays of a year.

    Until the State Council publishes a year's calendar, only its public holidays are known.
    """
    calendar = holidays.country_holidays("CN", years=year, language="zh_CN")
    made_up = {day for day in calendar.weekend_workdays if day.year == year}
    is_published = bool(made_up)
    days = [
        Day(day, is_worked=False, name=name[:60], is_published=is_published)
        for day, name in sorted(calendar.items())
        if day.year == year
    ]
    days += [Day(day, is_worked=True, name="调休上班", is_published=True) for day in made_up]
    return sorted(days, key=lambda one: one.day)
