"""Let people in, and give them roles over areas."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from fangge.access.actions.passwords import set_password
from fangge.access.actions.sessions import end_sessions
from fangge.access.models import Assignment, StaffMember
from fangge.access.rules import Ending, Role
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid

if TYPE_CHECKING:
    from fangge.areas.models import Area


class RoleUnknown(Invalid):
    """There is no such role."""


@transaction.atomic
def register_staff(
    *,
    actor: Actor,
    username: str,
    name: str,
    password: str,
    now: datetime,
    is_temporary: bool = True,
) -> StaffMember:
    """Let a person sign in; they may do nothing until they are assigned a role.

    A temporary password opens the page where they take one of their own, and nothing else.
    """
    actor.require("staff.assign")
    staff, _ = StaffMember.objects.get_or_create(
        username=username, defaults={"name": name, "joined_at": now}
    )
    staff.name = name
    set_password(staff=staff, password=password, is_temporary=is_temporary, now=now)
    return staff


@transaction.atomic
def assign_role(
    *, actor: Actor, staff: StaffMember, role: str, area: "Area | None", now: datetime
) -> Assignment:
    """Give a person a role over an area, or over the whole district.

    Raises `RoleUnknown` for a role that is not in the table.
    """
    actor.require("staff.assign")
    if role not in list(Role):
        raise RoleUnknown(f"There is no role {role}. There are: {', '.join(Role)}.")
    assignment, is_new = Assignment.objects.get_or_create(
        staff=staff, role=role, area=area, ends_at=None, defaults={"starts_at": now}
    )
    if is_new:
        end_sessions(actor=actor, staff=staff, ending=Ending.ROLES_CHANGED, now=now)
    return assignment
