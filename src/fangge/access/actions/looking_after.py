"""What the security administrator does about the sign-in of others."""

from datetime import datetime

from django.db import transaction

from fangge.access.actions.passwords import check_not_own
from fangge.access.actions.sessions import end_sessions
from fangge.access.adapters.lockout import unlock
from fangge.access.queries import find_staff
from fangge.access.rules import Ending
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor


@transaction.atomic
def end_sessions_of(*, actor: Actor, staff_id: int, now: datetime) -> int:
    """End every session of a person; give how many ended."""
    staff = find_staff(actor=actor, staff_id=staff_id)
    actor.require("sign_ins.reset")
    return end_sessions(actor=actor, staff=staff, ending=Ending.ENDED_BY_OFFICE, now=now)


@transaction.atomic
def unlock_account(*, actor: Actor, staff_id: int, now: datetime) -> None:
    """Open a locked account before its time. Raises `OwnSignIn`."""
    staff = find_staff(actor=actor, staff_id=staff_id)
    actor.require("sign_ins.reset")
    check_not_own(actor=actor, staff=staff)
    unlock(staff.username)
    record_act(
        actor=actor,
        verb="sign_ins.unlock",
        subject_kind="staff",
        subject_id=staff.username,
        now=now,
    )
