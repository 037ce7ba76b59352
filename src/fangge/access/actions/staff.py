"""Let people in, and give them roles over areas."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from fangge.access.actions.assigning import EndNotTaken, check_apart, check_other
from fangge.access.actions.passwords import check_not_own, set_password
from fangge.access.actions.sessions import end_sessions
from fangge.access.adapters.codes import make_temporary_password
from fangge.access.models import Assignment, StaffMember
from fangge.access.queries import find_staff
from fangge.access.rules import Ending, Role, find_account_faults
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid

if TYPE_CHECKING:
    from fangge.areas.models import Area


class AccountFaulty(Invalid):
    """The account cannot be made so; `faults` says by field why."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


class RoleUnknown(Invalid):
    """There is no such role."""


@transaction.atomic
def open_account(
    *, actor: Actor, username: str, name: str, office: str, now: datetime
) -> tuple[StaffMember, str]:
    """Give a new person an account without a role, and a password for one sign-in.

    The password is given back to be shown once. Raises `AccountFaulty` with every fault.
    """
    actor.require("staff.register")
    faults = find_account_faults(username=username, name=name, office=office)
    if "username" not in faults and StaffMember.objects.filter(username=username).exists():
        faults["username"] = "Somebody has this account."
    if faults:
        raise AccountFaulty(faults)
    password = make_temporary_password()
    staff = StaffMember(username=username, name=name, office=office, joined_at=now)
    set_password(staff=staff, password=password, is_temporary=True, now=now)
    _record(actor, "staff.register", staff, now)
    return staff, password


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
    staff, is_new = StaffMember.objects.get_or_create(
        username=username, defaults={"name": name, "joined_at": now}
    )
    staff.name = name
    set_password(staff=staff, password=password, is_temporary=is_temporary, now=now)
    _record(actor, "staff.register" if is_new else "passwords.reset", staff, now)
    return staff


@transaction.atomic
def assign_role(
    *,
    actor: Actor,
    staff: StaffMember,
    role: str,
    area: "Area | None",
    until: datetime | None = None,
    now: datetime,
) -> Assignment:
    """Give a person a role over an area, or over the whole district, until a moment or for good.

    Raises `EndNotTaken` for a moment that has passed, `RoleUnknown`, `OwnRights` for one's own,
    and `RolesApart` where an administrator would hold another role.
    """
    actor.require("staff.assign")
    if role not in list(Role):
        raise RoleUnknown(f"There is no role {role}. There are: {', '.join(Role)}.")
    check_other(actor=actor, staff=staff)
    check_apart(staff=staff, role=role, now=now)
    if until is not None and until <= now:
        raise EndNotTaken("Choose an end that is to come, or leave it empty: for good.")
    assignment, is_new = Assignment.objects.get_or_create(
        staff=staff,
        role=role,
        area=area,
        ends_at=until,
        defaults={"starts_at": now, "given_by": actor.reference},
    )
    if is_new:
        record_act(
            actor=actor,
            verb="staff.assign",
            subject_kind="staff",
            subject_id=staff.username[:40],
            reason=f"{role}: {area.name if area else '*'}{f' – {until:%Y-%m-%d}' if until else ''}",
            now=now,
        )
        end_sessions(actor=actor, staff=staff, ending=Ending.ROLES_CHANGED, now=now)
    return assignment


@transaction.atomic
def suspend_staff(*, actor: Actor, staff_id: int, now: datetime) -> None:
    """Keep a person out from now on, and end their sessions; what they did stays theirs.

    Raises `OwnSignIn`.
    """
    staff = _hold(actor, staff_id)
    StaffMember.objects.filter(pk=staff.pk).update(is_active=False)
    _record(actor, "staff.suspend", staff, now)
    end_sessions(actor=actor, staff=staff, ending=Ending.SUSPENDED, now=now)


@transaction.atomic
def restore_staff(*, actor: Actor, staff_id: int, now: datetime) -> None:
    """Let a person who was suspended sign in again. Raises `OwnSignIn`."""
    staff = _hold(actor, staff_id)
    StaffMember.objects.filter(pk=staff.pk).update(is_active=True)
    _record(actor, "staff.restore", staff, now)


def _hold(actor: Actor, staff_id: int) -> StaffMember:
    staff = find_staff(actor=actor, staff_id=staff_id)
    actor.require("staff.assign")
    check_not_own(actor=actor, staff=staff)
    return StaffMember.objects.select_for_update().get(pk=staff.pk)


def _record(actor: Actor, verb: str, staff: StaffMember, now: datetime) -> None:
    record_act(
        actor=actor, verb=verb, subject_kind="staff", subject_id=staff.username[:40], now=now
    )
