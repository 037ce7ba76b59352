"""Put the registers through the rule library: findings open, and close when they no longer hold."""

from datetime import datetime
from typing import Any, cast

from django.db import connection, transaction
from psycopg import sql

from fangge.fusion.actions.quality.conflicts import measure_conflicts
from fangge.fusion.events import FindingsChanged
from fangge.fusion.models.finding import QualityCheck
from fangge.fusion.models.run import Run
from fangge.fusion.rules.quality.library import RULES
from fangge.fusion.rules.quality.shape import Rule
from fangge.kernel import bus
from fangge.kernel.actor import Actor, system_actor
from fangge.kernel.errors import Conflict
from fangge.kernel.wall import beyond_scope

CHECK_LOCK = 7_306_301
SYSTEM = "system:quality"
GRIDS_OF_RESIDENTS = """
    UPDATE stage_finding staged SET grid_id = (
        SELECT held.grid_id FROM registers_occupancy held
        WHERE held.resident_id = staged.subject_id AND held.grid_id IS NOT NULL
        ORDER BY held.ends_on DESC NULLS FIRST, held.kind = 'resident' DESC, held.id LIMIT 1
    ) WHERE grid_id IS NULL
"""


class CheckInProgress(Conflict):
    """Another check of the registers is under way."""


def checking_actor() -> Actor:
    return system_actor("quality", verbs=("quality.check",))


@transaction.atomic
@beyond_scope()
def check_quality(*, actor: Actor, now: datetime) -> QualityCheck:
    """Put every entry through every rule, by set; findings open and close by themselves.

    Raises `CheckInProgress` while another check is under way.
    """
    actor.require("quality.check")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [CHECK_LOCK])
        if not cursor.fetchone()[0]:
            raise CheckInProgress("The registers are being checked. Look again in a minute.")
        check = QualityCheck.objects.create(
            checked_at=now,
            checked_by=actor.reference,
            run=Run.objects.filter(ended_at__isnull=False).order_by("-id").first(),
        )
        check.figures = {rule.code: _check_rule(cursor, rule, now) for rule in RULES.values()}
    check.save()
    measure_conflicts(check)
    bus.publish(FindingsChanged(check_id=check.pk, checked_at=now))
    return check


def _check_rule(cursor: Any, rule: Rule, now: datetime) -> dict[str, int]:
    today: dict[str, object] = {"today": now.date()}
    cursor.execute(
        "CREATE TEMP TABLE stage_finding (subject_id bigint PRIMARY KEY, grid_id bigint, "
        "detail jsonb) ON COMMIT DROP"
    )
    cursor.execute(_query("INSERT INTO stage_finding ", rule.found), today | dict(rule.limits))
    n_found = int(cursor.rowcount)
    if rule.subject == "resident":
        cursor.execute(GRIDS_OF_RESIDENTS)
    cursor.execute("ANALYZE stage_finding")
    cursor.execute(_query("", rule.checked), today)
    n_checked = int(cursor.fetchone()[0])
    names = {"rule": rule.code, "subject": rule.subject, "now": now, "by": SYSTEM}
    _close_past(cursor, names)
    _reopen_changed(cursor, names)
    _open_new(cursor, names | {"severity": rule.severity, "remedy": rule.remedy})
    cursor.execute("DROP TABLE stage_finding")
    return {"checked": n_checked, "found": n_found}


def _query(before: str, text: str) -> sql.Composed:
    # The library's own text: nothing that a person typed is in it.
    return sql.SQL(cast("Any", before)) + sql.SQL(cast("Any", text))


def _close_past(cursor: Any, names: dict[str, object]) -> None:
    cursor.execute(
        "UPDATE fusion_finding held SET is_current = false, "
        "closed_at = CASE WHEN state = 'open' THEN %(now)s ELSE closed_at END, "
        "closed_by = CASE WHEN state = 'open' THEN %(by)s ELSE closed_by END, "
        "state = CASE WHEN state = 'open' THEN 'mended' ELSE state END "
        "WHERE held.rule = %(rule)s AND held.is_current AND NOT EXISTS "
        "(SELECT FROM stage_finding staged WHERE staged.subject_id = held.subject_id)",
        names,
    )


def _reopen_changed(cursor: Any, names: dict[str, object]) -> None:
    """Tell an open finding's new detail; one that was dismissed opens when its detail changes."""
    cursor.execute(
        "UPDATE fusion_finding held SET detail = staged.detail, grid_id = staged.grid_id, "
        "state = 'open', closed_at = NULL, closed_by = '', reason = '' "
        "FROM stage_finding staged WHERE held.rule = %(rule)s AND held.is_current "
        "AND staged.subject_id = held.subject_id AND held.detail IS DISTINCT FROM staged.detail",
        names,
    )


def _open_new(cursor: Any, names: dict[str, object]) -> None:
    cursor.execute(
        "INSERT INTO fusion_finding (rule, subject, subject_id, grid_id, severity, remedy, detail, "
        "state, is_current, opened_at, assigned_to, closed_by, reason) "
        "SELECT %(rule)s, %(subject)s, subject_id, grid_id, %(severity)s, %(remedy)s, detail, "
        "'open', true, %(now)s, '', '', '' FROM stage_finding staged WHERE NOT EXISTS "
        "(SELECT FROM fusion_finding held WHERE held.rule = %(rule)s AND held.is_current "
        "AND held.subject_id = staged.subject_id) ORDER BY subject_id",
        names,
    )
