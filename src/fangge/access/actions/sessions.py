"""Sessions: begun at a sign-in, kept while somebody works, ended by time, owner or office."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from fangge.access.models import SignInTry, StaffMember, StaffSession
from fangge.access.queries import LIMITS, Caller
from fangge.access.rules import Ending
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused

NOTED_EVERY = timedelta(seconds=30)
"""Work within this time of the last is not written down again."""
REMEMBERED = timedelta(days=90)
"""A device that nobody signed in with for longer is new."""
NOBODY = Actor(reference="nobody", name="", roles=(), verbs=frozenset(), grid_ids=frozenset())


class SessionOver(Refused):
    """The session has ended."""

    def __init__(self, ending: str) -> None:
        super().__init__("Your session has ended. Sign in again.")
        self.ending = ending


class SessionUnknown(Missing):
    """There is no such session."""


def name_staff(staff: StaffMember) -> Actor:
    """Give a person as an actor who may do nothing yet, for what they do at the door."""
    return Actor(
        reference=f"staff:{staff.username}",
        name=staff.name,
        roles=(),
        verbs=frozenset(),
        grid_ids=frozenset(),
    )


@transaction.atomic
def start_session(
    *, staff: StaffMember, key: str, way: str, caller: Caller, now: datetime
) -> SignInTry:
    """Begin a session at a sign-in, and note whether its device is a new one."""
    before = staff.sign_in_tries.filter(outcome="in", at__gte=now - REMEMBERED)
    is_known = before.filter(device=caller.device, network=caller.network).exists()
    StaffSession.objects.create(
        staff=staff,
        key=key,
        way=way,
        device=caller.device,
        network=caller.network,
        started_at=now,
        last_seen_at=now,
    )
    entered = SignInTry.objects.create(
        staff=staff,
        at=now,
        outcome="in",
        way=way,
        device=caller.device,
        network=caller.network,
        is_new_device=not is_known and before.exists(),
    )
    record_act(
        actor=name_staff(staff),
        verb="sign_ins.in",
        subject_kind="staff",
        subject_id=staff.username,
        reason=f"{way}, {caller.device}, {caller.network}",
        now=now,
    )
    return entered


@transaction.atomic
def note_failure(*, username: str, outcome: str, way: str, caller: Caller, now: datetime) -> None:
    """Note a try that failed; what was typed as an unknown account is not kept."""
    staff = StaffMember.objects.filter(username=username).first()
    if staff is not None:
        SignInTry.objects.create(
            staff=staff,
            at=now,
            outcome=outcome,
            way=way,
            device=caller.device,
            network=caller.network,
        )
    record_act(
        actor=NOBODY,
        verb=f"sign_ins.{outcome}",
        subject_kind="staff",
        subject_id="unknown" if staff is None else staff.username,
        reason=f"{way}, {caller.device}, {caller.network}",
        now=now,
    )


def keep_session(*, key: str | None, is_background: bool, now: datetime) -> datetime:
    """Let a session go on, and give when it ends if nothing more is done.

    What a page does by itself does not keep a session alive. Raises `SessionOver`.
    """
    session = StaffSession.objects.filter(key=key).first() if key else None
    if session is None:
        raise SessionOver(Ending.UNKNOWN)
    ending = LIMITS.ending(
        started_at=session.started_at, last_seen_at=session.last_seen_at, now=now
    )
    if ending:
        _end(session, ending=ending, actor=name_staff(session.staff), now=now)
        raise SessionOver(ending)
    last_seen_at = session.last_seen_at if is_background else now
    if last_seen_at - session.last_seen_at >= NOTED_EVERY:
        StaffSession.objects.filter(pk=session.pk).update(last_seen_at=last_seen_at)
    return LIMITS.ends_at(started_at=session.started_at, last_seen_at=last_seen_at)


def move_session(*, old_key: str, new_key: str) -> None:
    """Follow a session whose key was changed."""
    StaffSession.objects.filter(key=old_key).update(key=new_key)


def end_session(*, actor: Actor, staff: StaffMember, session_id: int, now: datetime) -> None:
    """Let a person end one of their own sessions.

    Raises `SessionUnknown` where it is not theirs or has ended.
    """
    session = staff.sessions.filter(pk=session_id, ended_at=None).first()
    if session is None:
        raise SessionUnknown("There is no such session, or it has ended.")
    _end(session, ending=Ending.ENDED_BY_OWNER, actor=actor, now=now)


def end_other_sessions(
    *, actor: Actor, staff: StaffMember, kept_key: str, ending: Ending, now: datetime
) -> int:
    """End every session of a person but the one they are in; give how many ended."""
    return _end_all(staff, kept_key=kept_key, ending=ending, actor=actor, now=now)


def end_sessions(*, actor: Actor, staff: StaffMember, ending: Ending, now: datetime) -> int:
    """End every session of a person, as when their roles change; give how many ended."""
    return _end_all(staff, kept_key="", ending=ending, actor=actor, now=now)


def sign_out(*, key: str, now: datetime) -> None:
    """End the session that somebody signs out of."""
    session = StaffSession.objects.filter(key=key).first()
    if session is not None:
        _end(session, ending=Ending.SIGNED_OUT, actor=name_staff(session.staff), now=now)


def _end_all(
    staff: StaffMember, *, kept_key: str, ending: Ending, actor: Actor, now: datetime
) -> int:
    held = list(staff.sessions.filter(ended_at=None).exclude(key=kept_key))
    for session in held:
        _end(session, ending=ending, actor=actor, now=now)
    return len(held)


@transaction.atomic
def _end(session: StaffSession, *, ending: str, actor: Actor, now: datetime) -> None:
    Session.objects.filter(session_key=session.key).delete()
    StaffSession.objects.filter(pk=session.pk).update(key=None, ended_at=now, ending=ending)
    record_act(
        actor=actor,
        verb="sessions.end",
        subject_kind="staff",
        subject_id=session.staff.username,
        reason=f"{ending}, {session.device}, {session.network}",
        now=now,
    )
