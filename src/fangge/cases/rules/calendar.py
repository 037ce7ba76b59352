"""Which days and hours are worked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5
ONE_DAY = timedelta(days=1)
LONGEST_LEAVE = 60
"""Days off on end, beyond which a calendar is a mistake rather than a holiday."""


class NoWorkday(ValueError):
    """The calendar has no workday for two months: nothing would ever be due."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Days worked against their weekday, the hours of a workday, and whose clock it is.

    `exceptions` says of a day whether it is worked; other days are worked from Monday to Friday.
    """

    zone: ZoneInfo
    hours: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(13), time(17)))
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < SATURDAY)

    def day_of(self, at: datetime) -> date:
        """Give the day on the office's wall, whatever zone the instant is told in."""
        return at.astimezone(self.zone).date()

    def workday_from(self, day: date) -> date:
        """Give this day if it is worked, or the next one that is. Raises `NoWorkday`."""
        for _ in range(LONGEST_LEAVE):
            if self.is_workday(day):
                return day
            day += ONE_DAY
        raise NoWorkday(f"No day is worked in the {LONGEST_LEAVE} days before {day}.")

    def close_of(self, day: date) -> datetime:
        """Give the instant that work ends on a day."""
        return datetime.combine(day, self.hours[-1][1], self.zone)

    def end_of(self, day: date) -> datetime:
        """Give the instant that a day ends: midnight."""
        return datetime.combine(day + ONE_DAY, time(0), self.zone)

    def spells_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Give every spell of work from an instant on, the first one cut to it, without end."""
        day = self.day_of(at)
        while True:
            day = self.workday_from(day)
            for opens, closes in self.hours:
                start = datetime.combine(day, opens, self.zone)
                end = datetime.combine(day, closes, self.zone)
                if end > at:
                    yield max(start, at), end
            day += ONE_DAY
