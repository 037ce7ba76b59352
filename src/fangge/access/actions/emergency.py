"""Take a wider area in an emergency, end it, and look afterwards at how it was used."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from fangge.access.models import EmergencyAccess, StaffMember
from fangge.access.queries import emergencies_visible_to, emergency_of
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing, Refused

if TYPE_CHECKING:
    from fangge.areas.models import Area

LASTS = timedelta(hours=3)
LEAST_REASON = 10
LONGEST_REASON = 1000


class ReasonTooShort(Invalid):
    """Who reviews it has to understand why."""


class EmergencyRuns(Conflict):
    """One emergency access at a time."""


class EmergencyReviewed(Conflict):
    """Somebody reviewed it already."""


@transaction.atomic
def take_emergency(
    *, actor: Actor, staff: StaffMember, area: "Area | None", reason: str, now: datetime
) -> EmergencyAccess:
    """Widen one's own area for three hours: not more verbs, and never unseen.

    Raises `ReasonTooShort`, `EmergencyRuns`.
    """
    actor.require("emergency.take")
    if area is None:
        raise Missing("There is no such area.")
    if not LEAST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise ReasonTooShort(f"Say in {LEAST_REASON} to {LONGEST_REASON} characters what happened.")
    StaffMember.objects.select_for_update().get(pk=staff.pk)  # one at a time
    if emergency_of(staff, now=now) is not None:
        raise EmergencyRuns("You have emergency access now. End it before you take another.")
    taken = EmergencyAccess.objects.create(
        staff=staff, area=area, reason=reason.strip(), starts_at=now, ends_at=now + LASTS
    )
    _keep(actor, "emergency.take", taken, now=now, reason=taken.reason)
    return taken


@transaction.atomic
def end_emergency(*, actor: Actor, staff: StaffMember, now: datetime) -> None:
    """End one's own emergency access before its time; nothing happens where none runs."""
    running = emergency_of(staff, now=now)
    if running is not None:
        running.ends_at = now
        running.save(update_fields=["ends_at"])
        _keep(actor, "emergency.end", running, now=now)


@transaction.atomic
def review_emergency(
    *, actor: Actor, emergency_id: int, was_right: bool, review: str, now: datetime
) -> EmergencyAccess:
    """Say whether an emergency access was right; somebody else than who took it, once.

    Raises `EmergencyReviewed`, `ReasonTooShort`.
    """
    actor.require("emergency.review")
    found = emergencies_visible_to(actor).select_for_update(of=("self",))
    taken = found.filter(pk=emergency_id).first()
    if taken is None:
        raise Missing("There is no such emergency access.")
    if actor.reference == f"staff:{taken.staff.username}":
        raise Refused("Somebody else looks at how you used it.")
    if taken.reviewed_at is not None:
        raise EmergencyReviewed("It was reviewed already.")
    if taken.ends_at > now:
        raise Conflict("It still runs: review it when it has ended.")
    if not was_right and not review.strip():
        raise ReasonTooShort("Say what was not right.")
    taken.was_right, taken.review = was_right, review.strip()[:LONGEST_REASON]
    taken.reviewed_by, taken.reviewed_at = actor.reference, now
    taken.save()
    _keep(actor, "emergency.review", taken, now=now, reason="right" if was_right else "not right")
    return taken


def _keep(
    actor: Actor, verb: str, taken: EmergencyAccess, *, now: datetime, reason: str = ""
) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="emergency",
        subject_id=str(taken.pk),
        reason=reason,
        now=now,
    )
