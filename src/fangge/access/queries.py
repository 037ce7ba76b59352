"""An actor for a signed-in user."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
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


@dataclass(frozen=True, slots=True)
class Office:
    """Whom somebody of the staff acts for on a day: roles, each with its area; number and name."""

    number: str
    name: str
    posts: tuple[tuple[str, str], ...]


def _holding(at: datetime) -> QuerySet[Assignment]:
    held = Assignment.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)
    return held.select_related("staff", "area").order_by("id")


def office_of(reference: str, *, at: datetime) -> Office | None:
    """Give whom this person acted for then; None for what is no person of the staff."""
    kind, _, number = reference.partition(":")
    held = list(_holding(at).filter(staff__username=number)) if kind == "staff" else []
    if not held:
        return None
    posts = tuple((one.role, one.area.name if one.area else "") for one in held)
    return Office(number, held[0].staff.name, posts)


def supervisors_of(reference: str, *, verb: str, now: datetime) -> list[str]:
    """Give who of the staff holds this verb over everywhere that this person works, others only."""
    number = reference.partition(":")[2]
    held = list(_holding(now).filter(staff__is_active=True))
    works_in = _reach([one for one in held if one.staff.username == number])
    able = [one for one in held if verb in verbs_of([one.role]) and one.staff.username != number]
    return sorted(
        f"staff:{name}"
        for name in {one.staff.username for one in able}
        if _covers(_reach([one for one in able if one.staff.username == name]), works_in)
    )


def _reach(held: list[Assignment]) -> frozenset[int] | None:
    """Give the grids of these assignments; None is the whole district."""
    areas = {one.area_id for one in held}
    if None in areas:
        return None
    return grids_within({area for area in areas if area is not None})


def _covers(wide: frozenset[int] | None, narrow: frozenset[int] | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)
