"""Hand an assignment over for a time or for good, or end one."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from fangge.access.actions.sessions import end_sessions
from fangge.access.models import Assignment, StaffMember
from fangge.access.rules import Ending, may_hold
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing, Refused

LONGEST = timedelta(days=92)


class OwnRights(Refused):
    """Nobody gives rights to themself, or decides on their own."""


class RolesApart(Conflict):
    """These roles are kept apart: one person does not hold both, nor one over two areas."""


class AssignmentOver(Conflict):
    """The assignment is not one that holds now and may be handed over."""


class EndNotTaken(Invalid):
    """A stand-in ends on a day to come, within three months."""


class ReasonMissing(Invalid):
    """What is taken from a person needs a reason they can read."""


def check_other(*, actor: Actor, staff: StaffMember) -> None:
    """Raise `OwnRights` where somebody would decide on their own rights."""
    if actor.reference == f"staff:{staff.username}":
        raise OwnRights("Another security administrator decides on your rights, not you.")


def check_apart(*, staff: StaffMember, role: str, now: datetime) -> None:
    """Raise `RolesApart` where a person would hold roles that are kept apart."""
    held = set(_holding(now).filter(staff=staff).values_list("role", flat=True))
    if not may_hold(role, held):
        raise RolesApart(
            "An administrator holds no other role: no one person gives, uses and checks rights."
        )


@transaction.atomic
def hand_over(
    *,
    actor: Actor,
    assignment_id: int,
    to_username: str,
    until: datetime | None = None,
    now: datetime,
) -> Assignment:
    """Give one's assignment to a colleague until a moment, or for good; the holder or the office.

    A stand-in cannot hand it on. Raises `AssignmentOver`, `OwnRights`, `RolesApart`, `EndNotTaken`.
    """
    held = _lock(actor, assignment_id, now)
    to = StaffMember.objects.filter(username=to_username, is_active=True).first()
    if to is None:
        raise Missing("There is no such colleague.")
    if to.pk == held.staff_id:
        raise Invalid("Choose somebody else than who holds it.")
    if held.stands_in_for_id is not None:
        raise AssignmentOver("Who stands in does not hand it on.")
    if f"staff:{held.staff.username}" != actor.reference:
        check_other(actor=actor, staff=to)
    check_apart(staff=to, role=held.role, now=now)
    _check_no_wider(to, held, now)
    if until is not None and not now < until <= now + LONGEST:
        raise EndNotTaken("Choose an end that is to come, at most three months away.")
    given = Assignment.objects.create(
        staff=to,
        role=held.role,
        area=held.area,
        starts_at=now,
        ends_at=until if held.ends_at is None else min(until or held.ends_at, held.ends_at),
        given_by=actor.reference,
        stands_in_for=held if until else None,
    )
    if until is None:
        held.ends_at, held.ended_by = now, actor.reference
        held.save()
        end_sessions(actor=actor, staff=held.staff, ending=Ending.ROLES_CHANGED, now=now)
    end_sessions(actor=actor, staff=to, ending=Ending.ROLES_CHANGED, now=now)
    _record(actor, "staff.hand_over", to, f"{held.role}: {held.staff.username}", now)
    return given


@transaction.atomic
def end_assignment(*, actor: Actor, assignment_id: int, reason: str, now: datetime) -> Assignment:
    """Take a role from a person before its end, and from who stands in for them."""
    actor.require("staff.assign")
    held = _lock(actor, assignment_id, now)
    check_other(actor=actor, staff=held.staff)
    _check_reason(reason)
    ended = _holding(now).filter(Q(pk=held.pk) | Q(stands_in_for=held))
    for one in ended.select_related("staff"):
        one.ends_at, one.ended_by = now, actor.reference
        one.save()
        end_sessions(actor=actor, staff=one.staff, ending=Ending.ROLES_CHANGED, now=now)
    _record(actor, "staff.end", held.staff, f"{held.role}: {reason.strip()}", now)
    return held


def _check_no_wider(to: StaffMember, held: Assignment, now: datetime) -> None:
    """Keep each verb where it was given: a person's roles hold over all of a person's areas."""
    others = _holding(now).filter(staff=to).exclude(role=held.role, area=held.area)
    if any(one.role != held.role and one.area_id != held.area_id for one in others):
        raise RolesApart(
            "This colleague holds another role over another area: each would reach into the other."
        )


def _holding(now: datetime) -> QuerySet[Assignment]:
    return Assignment.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)


def _lock(actor: Actor, assignment_id: int, now: datetime) -> Assignment:
    """Give an assignment that holds: one's own, or anybody's to who assigns; else none exists."""
    held = (
        _holding(now)
        .select_for_update(of=("self",))
        .select_related("staff")
        .filter(pk=assignment_id)
        .first()
    )
    is_own = held is not None and f"staff:{held.staff.username}" == actor.reference
    if held is None or not (is_own or actor.may("staff.assign")):
        raise Missing(f"There is no assignment {assignment_id} that holds.")
    return held


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing("Say why.")


def _record(actor: Actor, verb: str, staff: StaffMember, reason: str, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="staff",
        subject_id=staff.username[:40],
        reason=reason,
        now=now,
    )
