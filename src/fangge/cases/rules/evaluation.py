"""The indicators of how cases are dealt with, from their steps up to an instant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fangge.cases.rules.calendar import ONE_DAY, WorkingCalendar

LEAST = 5
"""A count below this is not shown, nor what is divided by it."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Act:
    """What the indicators need of a step: `due_at` is what was due after it."""

    verb: str
    end: str
    at: datetime
    clock: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Life:
    """A case as it was known at an instant."""

    group: str
    acts: Sequence[Act]
    score: int | None = None
    # Whether the first proposal was what the centre decided; None where nothing was to compare.
    was_proposal_right: bool | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, or None where too few stand behind it."""
        return self.part / self.whole if self.whole >= LEAST else None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over so many."""

    total: float
    count: int

    @property
    def value(self) -> float | None:
        return self.total / self.count if self.count >= LEAST else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The indicators of one group of cases."""

    group: str
    n_reported: int
    is_hidden: bool
    closed: Share  # of those accepted
    on_time: Share  # of those handled, or that should have been
    returned: Share  # of results that somebody looked at
    verified: Share  # of those closed
    reopened: Share  # of those closed once
    satisfaction: Mean  # from 1 to 5
    hours: Mean  # of work, from accepting to the last result
    proposals: Share  # of proposals that the centre decided on


def count_figures(
    lives: Iterable[Life], *, as_of: datetime, calendar: WorkingCalendar
) -> list[Figures]:
    """Give the indicators of each group, by its name."""
    groups: dict[str, list[Life]] = {}
    for life in lives:
        groups.setdefault(life.group, []).append(life)
    hidden = hide_small({group: len(those) for group, those in groups.items()})
    return [
        _count(group, groups[group], is_hidden=group in hidden, as_of=as_of, calendar=calendar)
        for group in sorted(groups)
    ]


def hide_small(counts: dict[str, int]) -> set[str]:
    """Give the groups whose count is not shown: those too small.

    Where that is one alone, the next smallest too, or the total would tell it.
    """
    hidden = {group for group, count in counts.items() if count < LEAST}
    others = sorted((count, group) for group, count in counts.items() if group not in hidden)
    if len(hidden) == 1 and others:
        hidden.add(others[0][1])
    return hidden


def _count(
    group: str, lives: list[Life], *, is_hidden: bool, as_of: datetime, calendar: WorkingCalendar
) -> Figures:
    taken = [life for life in lives if _has(life, "accept")]
    closed = [life for life in taken if life.acts[-1].end == "closed"]
    closed_once = [life for life in taken if _has(life, "close")]
    times = [one for life in taken if (one := _was_on_time(life, as_of)) is not None]
    looks = [act.verb for life in taken for act in life.acts if act.verb in LOOKS]
    scores = [life.score for life in lives if life.score is not None]
    hours = [held for life in taken if (held := _hours_of(life, calendar)) is not None]
    judged = [life.was_proposal_right for life in lives if life.was_proposal_right is not None]
    return Figures(
        group=group,
        n_reported=len(lives),
        is_hidden=is_hidden,
        closed=Share(len(closed), len(taken)),
        on_time=Share(sum(times), len(times)),
        returned=Share(looks.count("refuse_result"), len(looks)),
        verified=Share(sum(_has(life, "verify") for life in closed), len(closed)),
        reopened=Share(sum(_has(life, "reopen") for life in closed_once), len(closed_once)),
        satisfaction=Mean(float(sum(scores)), len(scores)),
        hours=Mean(sum(hours), len(hours)),
        proposals=Share(sum(judged), len(judged)),
    )


LOOKS = frozenset({"verify", "refuse_result"})


def _has(life: Life, verb: str) -> bool:
    return any(act.verb == verb for act in life.acts)


def _was_on_time(life: Life, as_of: datetime) -> bool | None:
    """Tell whether the first result came in time; None where it need not have come yet."""
    due: datetime | None = None
    for act in life.acts:
        if act.verb == "report_result":
            return due is None or act.at <= due
        due = act.due_at if act.clock == "handle" else None
    return False if due is not None and due < as_of else None


def _hours_of(life: Life, calendar: WorkingCalendar) -> float | None:
    accepted = next((act.at for act in life.acts if act.verb == "accept"), None)
    results = [act.at for act in life.acts if act.verb == "report_result"]
    if accepted is None or not results:
        return None
    return worked_between(accepted, results[-1], calendar) / HOUR


def worked_between(start: datetime, end: datetime, calendar: WorkingCalendar) -> timedelta:
    """Give the hours of work between two instants, by the calendar."""
    worked, day, last = timedelta(), calendar.day_of(start), calendar.day_of(end)
    while day <= last:
        if calendar.is_workday(day):
            for opens, closes in calendar.hours:
                begins = max(start, datetime.combine(day, opens, calendar.zone))
                ends = min(end, datetime.combine(day, closes, calendar.zone))
                worked += max(ends - begins, timedelta())
        day += ONE_DAY
    return worked


INDICATORS: dict[str, Callable[[Figures], Share | Mean]] = {
    "closed": lambda one: one.closed,
    "on_time": lambda one: one.on_time,
    "returned": lambda one: one.returned,
    "verified": lambda one: one.verified,
    "reopened": lambda one: one.reopened,
    "satisfaction": lambda one: one.satisfaction,
    "hours": lambda one: one.hours,
    "proposals": lambda one: one.proposals,
}
"""Each indicator by its name."""
