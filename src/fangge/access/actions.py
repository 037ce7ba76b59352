"""Let people in, and give them roles over areas."""

from datetime import datetime

from django.db import transaction

from fangge.access.models import Assignment, StaffMember
from fangge.access.rules import Role
from fangge.kernel.actor import Actor


@transaction.atomic
def register_staff(
    *, actor: Actor, username: str, name: str, password: str, now: datetime
) -> StaffMember:
    """Let a person sign in; they may do nothing until they are assigned a role."""
    actor.require("staff.assign")
    staff, _ = StaffMember.objects.get_or_create(
        username=username, defaults={"name": name, "joined_at": now}
    )
    staff.name = name
    staff.set_password(password)
    staff.save()
    return staff


@transaction.atomic
def assign_role(
    *, actor: Actor, staff: StaffMember, role: Role, area_id: int | None, now: datetime
) -> Assignment:
    """Give a person a role over an area, or over the whole district."""
    actor.require("staff.assign")
    assignment, _ = Assignment.objects.get_or_create(
        staff=staff, role=role, area_id=area_id, ends_at=None, defaults={"starts_at": now}
    )
    return assignment
