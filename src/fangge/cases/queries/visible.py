"""Cases that an actor may see: those of their area, and those of their desk."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from fangge.cases.models.asking import Asking
from fangge.cases.models.case import Case, CaseKind
from fangge.cases.queries.desks import desk_ids_of
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing

HOLDER = "code:"
"""How the holder of a tracking code is written as an actor: with the number of the case."""


class CaseUnknown(Missing):
    """There is no such case, or none that this actor may see."""


def cases_visible_to(actor: Actor, *, now: datetime) -> QuerySet[Case]:
    """Give the cases of the actor's area and desks, and those that the actor reported.

    A dispute is between its parties: only its desk and the centre see it, and who reported it.
    """
    actor.require("cases.see")
    desks = desk_ids_of(actor, now=now)
    own = Q(reported_by=actor.reference) | Q(desk_id__in=desks)
    helping = cases_helped_by(desks)
    if helping:
        own |= Q(pk__in=helping)
    if actor.reference.startswith(HOLDER):
        own = Q(number=actor.reference.removeprefix(HOLDER))
    if not actor.may("cases_here.see"):
        return Case.objects.filter(own)
    here = Q() if actor.grid_ids is None else Q(grid_id__in=actor.grid_ids)
    if not actor.may("cases.sort"):
        here &= ~Q(kind=CaseKind.DISPUTE)
    # An empty condition means the whole district, and joining it to another would lose it.
    return Case.objects.filter(here | own) if here else Case.objects.all()


def cases_helped_by(desks: Collection[int], *, is_waiting: bool = False) -> list[int]:
    """Give the open cases that these desks were asked to help with, or still are."""
    if not desks:
        return []
    asked = Asking.objects.filter(desk__in=desks, case__is_open=True)
    if is_waiting:
        asked = asked.filter(answered_at=None)
    return list(asked.values_list("case_id", flat=True).distinct())


def get_case(*, actor: Actor, number: str, now: datetime) -> Case:
    """Give one case by its number. Raises `CaseUnknown`."""
    visible = cases_visible_to(actor, now=now).select_related("grid", "desk")
    case = visible.filter(number=number).first()
    if case is None:
        raise CaseUnknown(f"There is no case {number} that you may see.")
    return case
