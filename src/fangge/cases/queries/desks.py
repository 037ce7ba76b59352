"""Desks, and who sits there now."""

from datetime import datetime

from django.db.models import Q

from fangge.cases.models.desk import Desk, DeskMember
from fangge.kernel.actor import Actor

STAFF = "staff:"


def desk_ids_of(actor: Actor, *, now: datetime) -> frozenset[int]:
    """Give the desks that the actor sits at now."""
    if not actor.reference.startswith(STAFF):
        return frozenset()
    sitting = DeskMember.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        staff__username=actor.reference.removeprefix(STAFF),
        starts_at__lte=now,
    )
    return frozenset(sitting.values_list("desk_id", flat=True))


def open_desks() -> list[Desk]:
    """Give the desks that work can be sent to."""
    return list(Desk.objects.filter(is_open=True).order_by("office", "code"))
