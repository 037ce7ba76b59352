"""An actor for a signed-in user; how people sign in, and where they are signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from fangge.access.models import Assignment, CodeMaker, EmergencyAccess, StaffMember
from fangge.access.rules import (
    FIELD_ROLES,
    VERBS,
    Limits,
    PasswordAge,
    name_device,
    name_network,
    verbs_of,
)
from fangge.areas.queries import grids_within
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused

if TYPE_CHECKING:
    from fangge.access.models import Passkey, SignInTry, StaffSession

PASSWORD_AGE = PasswordAge(
    most=timedelta(days=settings.PASSWORD_DAYS),
    warned=timedelta(days=settings.PASSWORD_WARNED_DAYS),
)
LIMITS = Limits(
    idle=timedelta(minutes=settings.SESSION_IDLE_MINUTES),
    age=timedelta(hours=settings.SESSION_AGE_HOURS),
)


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
    """A request whose actor is known, and how long they may be idle."""

    actor: Actor
    seconds_left: int
    seconds_idle: int


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
    emergency = emergency_of(staff, now=now) if roles and not is_everywhere else None
    if emergency is not None:
        areas.add(emergency.area)
    return Actor(
        reference=f"staff:{staff.username}",
        name=staff.name,
        roles=tuple(roles),
        verbs=verbs_of(roles),
        grid_ids=None if is_everywhere else grids_within({area.pk for area in areas}),
        area_name="、".join(sorted(area.name for area in areas)),
        emergency_until=emergency.ends_at if emergency else None,
    )


def emergency_of(staff: "StaffMember", *, now: datetime) -> EmergencyAccess | None:
    """Give the emergency access that this person has now."""
    running = EmergencyAccess.objects.filter(staff=staff, starts_at__lte=now, ends_at__gt=now)
    return running.select_related("area").order_by("-ends_at").first()


def emergencies_visible_to(actor: Actor) -> "QuerySet[EmergencyAccess]":
    """Give the emergency accesses that the actor reviews, those not reviewed first."""
    actor.require("emergency.see")
    found = EmergencyAccess.objects.select_related("staff", "area")
    return found.order_by(F("reviewed_at").desc(nulls_first=True), "-id")


def find_emergency(*, actor: Actor, emergency_id: int) -> EmergencyAccess:
    """Give one of them. Raises `Missing`."""
    found = emergencies_visible_to(actor).filter(pk=emergency_id).first()
    if found is None:
        raise Missing("There is no such emergency access.")
    return found


def own_emergencies(staff: "StaffMember") -> list[EmergencyAccess]:
    """Give what this person took, the newest first."""
    return list(staff.emergencies.select_related("area").order_by("-id")[:20])


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


def staff_of(request: HttpRequest) -> StaffMember:
    """Give the person who is signed in. Raises `Refused` where nobody is."""
    if not isinstance(request.user, StaffMember):
        raise Refused("Sign in first.")
    return request.user


class StaffUnknown(Missing):
    """There is no such person."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What somebody calls with, and from which network."""

    device: str
    network: str


def read_caller(request: HttpRequest) -> Caller:
    """Say in words what a request comes with, and from which network."""
    return Caller(
        device=name_device(request.headers.get("User-Agent", "")),
        network=name_network(request.META.get("REMOTE_ADDR", "")),
    )


def staff_visible_to(actor: Actor) -> "QuerySet[StaffMember]":
    """Give those whose sign-in this actor looks after."""
    actor.require("sign_ins.see")
    return StaffMember.objects.order_by("username")


def find_staff(*, actor: Actor, staff_id: int) -> StaffMember:
    """Give one person whose sign-in this actor looks after. Raises `StaffUnknown`."""
    staff = staff_visible_to(actor).filter(pk=staff_id).first()
    if staff is None:
        raise StaffUnknown("There is no such person.")
    return staff


def assignments_of(staff: StaffMember) -> list[Assignment]:
    """Give every assignment that a person has or had, the newest first."""
    held = staff.assignments.select_related("area", "stands_in_for__staff")
    return list(held.order_by("-starts_at", "-id"))


PAGE_STAFF = 50


def staff_to_assign(
    *, actor: Actor, text: str = "", after: str = ""
) -> tuple[list[StaffMember], str]:
    """Give those who may be given a role, with what they hold, and the next page's key.

    `text` is how an account, or any part of a name or office, is written.
    """
    actor.require("staff.see")
    return _page_staff(StaffMember.objects.prefetch_related("assignments__area"), text, after)


def staff_registered(
    *, actor: Actor, text: str = "", after: str = ""
) -> tuple[list[StaffMember], str]:
    """Give who has an account, without what they may do, and the next page's key."""
    actor.require("staff.register")
    return _page_staff(StaffMember.objects.all(), text, after)


def _page_staff(
    held: "QuerySet[StaffMember]", text: str, after: str
) -> tuple[list[StaffMember], str]:
    if text:
        held = held.filter(
            Q(username__startswith=text) | Q(name__contains=text) | Q(office__contains=text)
        )
    rows = list(held.filter(username__gt=after).order_by("username")[: PAGE_STAFF + 1])
    return rows[:PAGE_STAFF], rows[PAGE_STAFF - 1].username if len(rows) > PAGE_STAFF else ""


def find_to_assign(*, actor: Actor, staff_id: int) -> StaffMember:
    """Give one person with their assignments to who assigns. Raises `StaffUnknown`."""
    actor.require("staff.see")
    staff = StaffMember.objects.filter(pk=staff_id).first()
    if staff is None:
        raise StaffUnknown("There is no such person.")
    return staff


def find_by_username(username: str) -> StaffMember | None:
    """Give the person of this name who may sign in, if there is one."""
    return StaffMember.objects.filter(username=username, is_active=True).first()


def find_by_id(staff_id: int) -> StaffMember | None:
    """Give the person who is on the way in, if they may still sign in."""
    return StaffMember.objects.filter(pk=staff_id, is_active=True).first()


def roles_of(staff: StaffMember, *, now: datetime) -> list[str]:
    """Give the roles a person has now."""
    holding = staff.assignments.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    return sorted(set(holding.values_list("role", flat=True)))


def must_change_password(staff: StaffMember, *, now: datetime) -> bool:
    """Tell whether a password was made by somebody else, or is too old."""
    set_at = staff.password_set_at or staff.joined_at
    return staff.password_is_temporary or PASSWORD_AGE.is_over(set_at=set_at, now=now)


def password_days_left(staff: StaffMember, *, now: datetime) -> int:
    """Give the days until a password is too old."""
    return max(0, PASSWORD_AGE.days_left(set_at=staff.password_set_at or staff.joined_at, now=now))


def is_password_near_its_end(staff: StaffMember, *, now: datetime) -> bool:
    """Tell whether its owner should be told that a password grows too old."""
    return PASSWORD_AGE.is_near(set_at=staff.password_set_at or staff.joined_at, now=now)


def code_maker_of(staff: StaffMember) -> CodeMaker | None:
    return CodeMaker.objects.filter(staff=staff).first()


def passkeys_of(staff: StaffMember) -> "list[Passkey]":
    return list(staff.passkeys.order_by("pk"))


def count_factors(staff: StaffMember) -> int:
    """Count a person's second factors; recovery codes are none."""
    return CodeMaker.objects.filter(staff=staff).count() + staff.passkeys.count()


def count_recovery_codes(staff: StaffMember) -> int:
    """Count the recovery codes that are left."""
    return staff.recovery_codes.filter(used_at=None).count()


def sessions_of(staff: StaffMember, *, now: datetime) -> "list[StaffSession]":
    """Give the sessions that a person is in, the one last seen first."""
    held = staff.sessions.filter(
        ended_at=None, last_seen_at__gt=now - LIMITS.idle, started_at__gt=now - LIMITS.age
    )
    return list(held.order_by("-last_seen_at"))


def tries_of(staff: StaffMember, *, n_most: int = 20) -> "list[SignInTry]":
    """Give the last tries to sign in as this person, newest first."""
    return list(staff.sign_in_tries.order_by("-pk")[:n_most])


def failures_before(entered: "SignInTry") -> "list[SignInTry]":
    """Give the tries that failed between a sign-in and the one before it."""
    held = entered.staff.sign_in_tries.filter(pk__lt=entered.pk)
    last = held.filter(outcome="in").order_by("-pk").first()
    failed = held.exclude(outcome="in").order_by("-pk")
    return list(failed.filter(pk__gt=last.pk) if last is not None else failed)
