"""Ask for a departmental return: kept for approval, or pointed to the one that holds it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from fangge.areas.queries import current_areas, grids_within
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid
from fangge.registers.models.returns import DepartmentalReturn, ReturnState
from fangge.registers.queries.returns import selection_of
from fangge.registers.rules.returns import (
    FRESH_DAYS,
    Selection,
    find_selection_faults,
    is_held_by,
)


class ReturnRefused(Invalid):
    """The return asks for what it may not; `faults` names the form's fields and the rules."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("This return asks for what it may not.")
        self.faults = faults


class AlreadyHeld(Conflict):
    """A return that holds all this is there already; `return_id` points to it."""

    def __init__(self, return_id: int) -> None:
        super().__init__(f"Return {return_id} holds this already.")
        self.return_id = return_id


@dataclass(frozen=True, slots=True)
class Wish:
    """What a department asks of the registers, and why."""

    title: str
    department: str
    register: str
    purpose: str
    reason: str
    legal_basis: str
    fields: Collection[str]
    is_total: bool
    area_id: int | None
    day: date | None


def ask_return(*, actor: Actor, wish: Wish, token: UUID, now: datetime) -> DepartmentalReturn:
    """Ask for a return; the same token asks once.

    Raises `ReturnRefused` with every fault. Raises `AlreadyHeld` where a return with these fields
    and this area is fresh enough, and keeps that it was asked for again.
    """
    actor.require("returns.ask")
    asked = DepartmentalReturn.objects.filter(token=token, asked_by=actor.reference).first()
    if asked is not None:
        return asked
    faults = _find_faults(wish, now)
    if faults or wish.day is None:
        raise ReturnRefused(faults)
    held = find_held(wish, wish.day)
    if held is not None:
        _keep_asked_again(actor, held, now=now)
        raise AlreadyHeld(held.pk)
    return _keep(actor, wish, wish.day, token, now=now)


def find_held(wish: Wish, day: date) -> DepartmentalReturn | None:
    """Find a return that waits or is approved and gives all that is wished for."""
    asked = Selection(
        register=wish.register,
        fields=frozenset(wish.fields),
        grid_ids=None if wish.area_id is None else grids_within({wish.area_id}),
        is_total=wish.is_total,
        day=day,
    )
    fresh = DepartmentalReturn.objects.filter(
        register=wish.register,
        is_total=wish.is_total,
        day__gte=day - timedelta(days=FRESH_DAYS),
        state__in=[ReturnState.WAITING, ReturnState.APPROVED],
    ).order_by("-day", "-id")
    return next((held for held in fresh[:200] if is_held_by(asked, selection_of(held))), None)


def _find_faults(wish: Wish, now: datetime) -> list[tuple[str, str]]:
    texts = {"title": wish.title, "department": wish.department, "reason": wish.reason,
             "legal_basis": wish.legal_basis}  # fmt: skip
    faults = [(name, "required") for name, text in texts.items() if not text.strip()]
    if wish.day is None or wish.day > now.date():
        faults.append(("day", "required" if wish.day is None else "future"))
    return faults + find_selection_faults(
        register=wish.register,
        fields=wish.fields,
        purpose=wish.purpose,
        is_total=wish.is_total,
        area_kind=next((area.kind for area in current_areas() if area.pk == wish.area_id), ""),
    )


@transaction.atomic
def _keep_asked_again(actor: Actor, held: DepartmentalReturn, *, now: datetime) -> None:
    DepartmentalReturn.objects.filter(pk=held.pk).update(n_asked_again=F("n_asked_again") + 1)
    _keep_act(actor, held.pk, verb="returns.asked_again", now=now)


@transaction.atomic
def _keep(actor: Actor, wish: Wish, day: date, token: UUID, *, now: datetime) -> DepartmentalReturn:
    held = DepartmentalReturn.objects.create(
        token=token,
        title=wish.title.strip(),
        department=wish.department.strip(),
        register=wish.register,
        purpose=wish.purpose,
        reason=wish.reason.strip(),
        legal_basis=wish.legal_basis.strip(),
        fields=sorted(wish.fields),
        is_total=wish.is_total,
        area_id=wish.area_id,
        day=day,
        asked_at=now,
        asked_by=actor.reference,
    )
    _keep_act(actor, held.pk, verb="returns.ask", now=now)
    return held


def _keep_act(actor: Actor, return_id: int, *, verb: str, now: datetime) -> None:
    record_act(actor=actor, verb=verb, subject_kind="return", subject_id=str(return_id), now=now)
