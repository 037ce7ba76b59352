"""Change the draft of the routing table, and publish it when every test case is right."""

from datetime import datetime

from django.db import connection, transaction

from fangge.audit.actions import record_act
from fangge.cases.models.routing import RoutingVersion
from fangge.cases.queries.routing import draft_of, known_names
from fangge.cases.rules.routing import Fault, RoutingTable, check_table, write_table
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid

LOCK = 7_306_611
LONGEST_REASON = 200


class DraftChanged(Conflict):
    """Somebody else changed the draft meanwhile."""


class TableUnfit(Invalid):
    """The table cannot be published; `faults` says where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("The table cannot be published: a row or a test case is not right.")
        self.faults = faults


@transaction.atomic
def save_draft(*, actor: Actor, table: RoutingTable, seen: str, now: datetime) -> RoutingVersion:
    """Keep the draft; `seen` is when the draft that its author saw was changed, or "".

    Raises `DraftChanged`.
    """
    actor.require("routing.edit")
    draft = _lock_draft(seen)
    if draft is None:
        return RoutingVersion.objects.create(table=write_table(table), changed_at=now)
    draft.table, draft.changed_at = write_table(table), now
    draft.save()
    return draft


def _lock_draft(seen: str) -> RoutingVersion | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    draft = RoutingVersion.objects.filter(number=None).first()
    if seen != (draft.changed_at.isoformat() if draft else ""):
        raise DraftChanged("Somebody else changed the draft. Nothing of yours is kept: look again.")
    return draft


@transaction.atomic
def publish_draft(*, actor: Actor, seen: str, reason: str, now: datetime) -> RoutingVersion:
    """Let the draft hold for every case from now on. Raises `DraftChanged`, `TableUnfit`."""
    actor.require("routing.edit")
    draft = _lock_draft(seen)
    table, _draft = draft_of(actor)
    faults = check_table(table, known_names())
    if draft is None:
        raise DraftChanged("There is no draft to publish.")
    if faults:
        raise TableUnfit(faults)
    newest = RoutingVersion.objects.exclude(number=None).order_by("-number").first()
    draft.number = (newest.number or 0) + 1 if newest else 1
    draft.published_at, draft.published_by = now, actor.reference
    draft.reason = reason.strip()[:LONGEST_REASON]
    draft.save()
    record_act(
        actor=actor,
        verb="routing.publish",
        subject_kind="routing",
        subject_id=str(draft.number),
        reason=draft.reason,
        now=now,
    )
    return draft


@transaction.atomic
def drop_draft(*, actor: Actor, seen: str) -> None:
    """Throw the draft away. Raises `DraftChanged`."""
    actor.require("routing.edit")
    draft = _lock_draft(seen)
    if draft is not None:
        draft.delete()
