"""An actor for a signed-in user."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import HttpRequest

from fangge.access.models import Assignment
from fangge.access.rules import FIELD_ROLES, VERBS, verbs_of
from fangge.areas.queries import grids_within
from fangge.kernel.actor import Actor

if TYPE_CHECKING:
    from fangge.access.models import StaffMember


def permitted_verbs() -> dict[str, frozenset[str]]:
    """Give the table of roles and what each may do."""
    return {role.value: verbs for role, verbs in VERBS.items()}


def duty_officers(*, area_id: int | None, now: datetime) -> list[str]:
    """Give the names of those who have a field role over this area now."""
    if area_id is None:
        return []
    holding = Assignment.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        area_id=area_id,
        role__in=FIELD_ROLES,
        starts_at__lte=now,
        staff__is_active=True,
    )
    return list(holding.order_by("starts_at").values_list("staff__name", flat=True))


class StaffRequest(HttpRequest):
    """A request whose actor is known."""

    actor: Actor


def actor_for(staff: "StaffMember", *, now: datetime) -> Actor:
    """Give the actor that this person is now, with the assignments that hold."""
    holding = list(
        staff.assignments.filter(
            Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now
        ).select_related("area")
    )
    roles = sorted({assignment.role for assignment in holding})
    areas = {assignment.area for assignment in holding if assignment.area is not None}
    is_everywhere = any(assignment.area is None for assignment in holding)
    return Actor(
        reference=f"staff:{staff.username}",
        name=staff.name,
        roles=tuple(roles),
        verbs=verbs_of(roles),
        grid_ids=None if is_everywhere else grids_within({area.pk for area in areas}),
        area_name="、".join(sorted(area.name for area in areas)),
    )
