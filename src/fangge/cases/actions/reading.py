"""Read what a case says: the words sealed in it, for whoever may see the case."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.actions.report import TOLD_COLUMN, TRACKING_COLUMN
from fangge.cases.actions.transition import NOTE_COLUMN, clock_after, lifecycle_of, standing_of
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.queries.visible import CaseUnknown, get_case
from fangge.cases.rules.clock import Running
from fangge.cases.rules.parts import Choice, choose_moves
from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault


@dataclass(frozen=True, slots=True)
class Line:
    """A step with what was said."""

    step: CaseStep
    note: str


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case as its page shows it."""

    case: Case
    told: str
    lines: list[Line]
    clock: Running | None
    choices: list[Choice]
    joined: list[Case]


@transaction.atomic
def open_case(*, actor: Actor, number: str, now: datetime) -> OpenedCase:
    """Give a case with its words, its clock and what the actor may do; the look is kept."""
    case = get_case(actor=actor, number=number, now=now)
    vault = open_vault()
    steps = list(case.steps.select_related("desk").order_by("place"))
    lifecycle = lifecycle_of(case.lifecycle_id)
    record_act(
        actor=actor,
        verb="cases.see",
        subject_kind="case",
        subject_id=case.number,
        fields=["told", "notes"],
        now=now,
    )
    lines = [
        Line(
            step,
            vault.open(bytes(step.note_sealed), column=NOTE_COLUMN, row=f"{case.pk}:{step.place}")
            if step.note_sealed
            else "",
        )
        for step in steps
    ]
    return OpenedCase(
        case=case,
        told=vault.open(bytes(case.told_sealed), column=TOLD_COLUMN, row=case.number)
        if case.told_sealed
        else "",
        lines=lines,
        clock=clock_after(steps, case, lifecycle),
        choices=choose_moves(lifecycle, case.state, standing_of(actor, case, steps, now=now)),
        joined=list(case.joined.order_by("pk")),
    )


def follow_case(*, code: str) -> tuple[Case, list[CaseStep]]:
    """Give a case and its public steps to whoever holds its tracking code.

    Raises `CaseUnknown`.
    """
    hashed = open_vault().hash_text(code.strip().upper(), column=TRACKING_COLUMN)
    case = Case.objects.select_related("desk", "joined_to").filter(tracking_hash=hashed).first()
    if case is None:
        raise CaseUnknown("No report has this code. Look at its ten signs again.")
    return case, list(case.steps.filter(is_public=True).order_by("place"))
