"""Give people a place at a desk, and end it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.models.desk import Desk, DeskMember
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing

if TYPE_CHECKING:
    from fangge.access.models import StaffMember


class DeskUnknown(Missing):
    """There is no such desk."""


@transaction.atomic
def seat_member(*, actor: Actor, staff: "StaffMember", desk: str, now: datetime) -> DeskMember:
    """Give a person a place at a desk; who sits there already keeps it."""
    actor.require("staff.assign")
    found = Desk.objects.filter(code=desk).first()
    if found is None:
        raise DeskUnknown(f"There is no desk {desk}.")
    member, is_new = DeskMember.objects.get_or_create(
        desk=found, staff=staff, ends_at=None, defaults={"starts_at": now}
    )
    if is_new:
        record_act(
            actor=actor,
            verb="desks.seat",
            subject_kind="staff",
            subject_id=staff.username,
            reason=desk,
            now=now,
        )
    return member
