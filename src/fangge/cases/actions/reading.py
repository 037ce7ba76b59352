"""Read what a case says: the words sealed in it, for whoever may see the case."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.actions.asking import open_askings
from fangge.cases.actions.attaching import NAME_COLUMN
from fangge.cases.actions.report import TOLD_COLUMN, TRACKING_COLUMN
from fangge.cases.actions.transition import NOTE_COLUMN, clock_after, lifecycle_of, standing_of
from fangge.cases.models.asking import Asking
from fangge.cases.models.attachment import Attachment
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.queries.visible import CaseUnknown, get_case
from fangge.cases.rules.clock import Running
from fangge.cases.rules.media import Medium, Moment
from fangge.cases.rules.parts import Choice, choose_moves
from fangge.kernel.actor import Actor
from fangge.kernel.fields import Vault, open_vault


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a step, with the name its sender gave it."""

    attachment: Attachment
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """A step with what was said and what came with it."""

    step: CaseStep
    note: str
    files: list[File] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case as its page shows it."""

    case: Case
    told: str
    lines: list[Line]
    clock: Running | None
    choices: list[Choice]
    joined: list[Case]
    askings: list[Asking]

    @property
    def photos(self) -> dict[str, list[File]]:
        """Give the photos from before the work and from after it, side by side."""
        shown = [
            file
            for line in self.lines
            for file in line.files
            if file.attachment.medium == Medium.PHOTO
        ]
        return {
            moment: [file for file in shown if file.attachment.moment == moment]
            for moment in (Moment.BEFORE, Moment.AFTER)
        }


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
    files = _files_of(case, vault)
    lines = [
        Line(
            step,
            vault.open(bytes(step.note_sealed), column=NOTE_COLUMN, row=f"{case.pk}:{step.place}")
            if step.note_sealed
            else "",
            files[step.pk],
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
        askings=open_askings(case),
    )


def _files_of(case: Case, vault: Vault) -> defaultdict[int, list[File]]:
    found = defaultdict[int, list[File]](list)
    for one in case.attachments.select_related("file").order_by("pk"):
        sealed = one.name_sealed
        name = (
            vault.open(bytes(sealed), column=NAME_COLUMN, row=f"{one.step_id}:{one.file_id}")
            if sealed
            else ""
        )
        found[one.step_id].append(File(one, name))
    return found


def follow_case(*, code: str) -> tuple[Case, list[CaseStep]]:
    """Give a case and its public steps to whoever holds its tracking code.

    Raises `CaseUnknown`.
    """
    hashed = open_vault().hash_text(code.strip().upper(), column=TRACKING_COLUMN)
    case = Case.objects.select_related("desk", "joined_to").filter(tracking_hash=hashed).first()
    if case is None:
        raise CaseUnknown("No report has this code. Look at its ten signs again.")
    return case, list(case.steps.filter(is_public=True).order_by("place"))
