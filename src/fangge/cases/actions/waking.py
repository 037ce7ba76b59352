"""Let the alarms of a case follow its clock."""

from django.db import connection

from fangge.cases.models.case import Case
from fangge.cases.rules.calendar import WorkingCalendar
from fangge.cases.rules.deadlines import find_certain_due
from fangge.cases.rules.lifecycle import Lifecycle

DUE = "due"
# Two statements, where tables by name took three and most of the time of a move.
DROP = """
    DELETE FROM cases_alarm alarm
    WHERE case_id = %s AND rung = ANY (%s) AND rung_at IS NULL AND (clock_name <> %s OR NOT EXISTS (
        SELECT FROM unnest(%s::text[], %s::timestamptz[]) AS wanted (rung, rings_at)
        WHERE wanted.rung = alarm.rung AND wanted.rings_at = alarm.rings_at))
"""
# What rang for this very instant is kept, so that it does not ring twice.
SET = """
    INSERT INTO cases_alarm (case_id, rung, clock_name, rings_at)
    SELECT asked.case_id, wanted.rung, asked.clock_name, wanted.rings_at
    FROM (SELECT %s::bigint AS case_id, %s::text AS clock_name) asked,
        unnest(%s::text[], %s::timestamptz[]) AS wanted (rung, rings_at)
    WHERE NOT EXISTS (
        SELECT FROM cases_alarm held
        WHERE held.case_id = asked.case_id AND held.rung = wanted.rung
            AND held.clock_name = asked.clock_name AND held.rings_at = wanted.rings_at)
"""


def set_alarms(case: Case, lifecycle: Lifecycle, calendar: WorkingCalendar) -> None:
    """Let what waits be for what is due now, and for each rung of the ladder after it."""
    rungs = {DUE, *(one.name for one in lifecycle.ladder)}
    wanted = {}
    if case.due_at is not None:
        wanted = {DUE: case.due_at} | {
            one.name: find_certain_due(one.after, starts_at=case.due_at, calendar=calendar)
            for one in lifecycle.ladder
        }
    names, instants = list(wanted), list(wanted.values())
    with connection.cursor() as cursor:
        cursor.execute(DROP, [case.pk, sorted(rungs), case.clock_name, names, instants])
        if wanted:
            cursor.execute(SET, [case.pk, case.clock_name, names, instants])
