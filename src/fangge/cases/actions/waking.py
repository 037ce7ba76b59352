"""Let the alarms of a case follow its clock."""

from fangge.cases.models.case import Alarm, Case
from fangge.cases.rules.calendar import WorkingCalendar
from fangge.cases.rules.deadlines import find_certain_due
from fangge.cases.rules.lifecycle import Lifecycle

DUE = "due"


def set_alarms(case: Case, lifecycle: Lifecycle, calendar: WorkingCalendar) -> None:
    """Let what waits be for what is due now, and for each rung of the ladder after it."""
    rungs = {DUE, *(one.name for one in lifecycle.ladder)}
    wanted = {}
    if case.due_at is not None:
        wanted = {DUE: case.due_at} | {
            one.name: find_certain_due(one.after, starts_at=case.due_at, calendar=calendar)
            for one in lifecycle.ladder
        }
    kept: set[str] = set()
    gone = []
    for alarm in case.alarms.filter(rung__in=rungs):
        # What rang for this very instant is kept too, so that it does not ring twice.
        if (alarm.clock_name, alarm.rings_at) == (case.clock_name, wanted.get(alarm.rung)):
            kept.add(alarm.rung)
        elif alarm.rung_at is None:
            gone.append(alarm.pk)
    if gone:
        case.alarms.filter(pk__in=gone).delete()
    fresh = [
        Alarm(case=case, rung=rung, clock_name=case.clock_name, rings_at=at)
        for rung, at in wanted.items()
        if rung not in kept
    ]
    if fresh:
        Alarm.objects.bulk_create(fresh)
