"""Passwords: changed by their owner, or made once by the security administrator."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fangge.access.actions.sessions import end_sessions
from fangge.access.adapters.codes import make_temporary_password
from fangge.access.models import PastPassword, StaffMember
from fangge.access.queries import find_staff
from fangge.access.rules import Ending, count_kinds
from fangge.audit.actions import record_act
from fangge.kernel.errors import Invalid, Refused

if TYPE_CHECKING:
    from fangge.kernel.actor import Actor


class CurrentPasswordWrong(Invalid):
    """The password given as the current one is not."""


class PasswordNotAccepted(Invalid):
    """The new password does not meet the rules."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = list(faults)


class OwnSignIn(Refused):
    """An administrator changes the sign-in of others, never this way their own."""


@transaction.atomic
def change_password(
    *, actor: "Actor", staff: StaffMember, current: str, fresh: str, now: datetime
) -> StaffMember:
    """Let a person take a new password.

    Raises `CurrentPasswordWrong` and `PasswordNotAccepted`.
    """
    held = StaffMember.objects.select_for_update().get(pk=staff.pk)
    if not held.check_password(current):
        raise CurrentPasswordWrong(_("The current password is not right."))
    faults = _find_faults(held, fresh)
    if faults:
        raise PasswordNotAccepted(faults)
    set_password(staff=held, password=fresh, is_temporary=False, now=now)
    record_act(
        actor=actor,
        verb="passwords.change",
        subject_kind="staff",
        subject_id=held.username,
        now=now,
    )
    return held


@transaction.atomic
def reset_password(*, actor: "Actor", staff_id: int, now: datetime) -> str:
    """Give a person a password for one sign-in, and end their sessions.

    It is given back to be shown once and is kept as a hash only. Raises `OwnSignIn`.
    """
    staff = find_staff(actor=actor, staff_id=staff_id)
    actor.require("sign_ins.reset")
    check_not_own(actor=actor, staff=staff)
    password = make_temporary_password()
    set_password(staff=staff, password=password, is_temporary=True, now=now)
    record_act(
        actor=actor,
        verb="passwords.reset",
        subject_kind="staff",
        subject_id=staff.username,
        now=now,
    )
    end_sessions(actor=actor, staff=staff, ending=Ending.PASSWORD_CHANGED, now=now)
    return password


def set_password(*, staff: StaffMember, password: str, is_temporary: bool, now: datetime) -> None:
    """Keep a password as a hash, and with it the last ones, so that they are not taken again."""
    staff.set_password(password)
    staff.password_set_at = now
    staff.password_is_temporary = is_temporary
    staff.save()
    PastPassword.objects.create(staff=staff, hash=staff.password, set_at=now)
    kept = staff.past_passwords.order_by("-pk")[: settings.PASSWORD_HISTORY]
    staff.past_passwords.exclude(pk__in=[past.pk for past in kept]).delete()


def check_not_own(*, actor: "Actor", staff: StaffMember) -> None:
    """Raise `OwnSignIn` where an administrator would reset what is theirs."""
    if actor.reference == f"staff:{staff.username}":
        raise OwnSignIn("Another security administrator resets your sign-in, not you.")


def _find_faults(staff: StaffMember, fresh: str) -> list[str]:
    faults: list[str] = []
    try:
        validate_password(fresh, staff)
    except ValidationError as error:
        faults += error.messages
    if count_kinds(fresh) < settings.PASSWORD_KINDS:
        faults.append(
            _("Use %(n)s of these: small letters, capitals, digits, other characters.")
            % {"n": settings.PASSWORD_KINDS}
        )
    past = staff.past_passwords.order_by("-pk").values_list("hash", flat=True)
    if not faults and any(check_password(fresh, held) for held in [staff.password, *past]):
        faults.append(
            _("This was one of your last %(n)s passwords. Take another.")
            % {"n": settings.PASSWORD_HISTORY}
        )
    return faults
