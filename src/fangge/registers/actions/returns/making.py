"""Approve or refuse a return, and make one: rows under the maker's rights, as a marked file."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fangge.audit.actions import record_act, record_looks
from fangge.disclosure.actions.exports import Wanted, make_export
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing, Refused
from fangge.kernel.web import Download
from fangge.registers.actions.returns.counting import count_return
from fangge.registers.adapters.sheets import FORMS, write_file
from fangge.registers.models.returns import DepartmentalReturn, ReturnMade, ReturnState
from fangge.registers.queries.returns import Rows, get_return, read_rows
from fangge.registers.rules.returns import COLUMNS


class ReturnDecided(Conflict):
    """Somebody decided on this return in the meantime."""


class OwnReturn(Refused):
    """Somebody else approves a return than who asked for it."""


class NotApproved(Conflict):
    """Only a return that was approved is made."""


@transaction.atomic
def decide_return(
    *, actor: Actor, return_id: int, is_approved: bool, reason: str, now: datetime
) -> DepartmentalReturn:
    """Approve a return, or refuse it with a reason; never one's own."""
    get_return(actor=actor, return_id=return_id)
    held = DepartmentalReturn.objects.select_for_update().get(pk=return_id)
    actor.require("returns.approve")
    if held.asked_by == actor.reference:
        raise OwnReturn("Somebody else than who asked decides on a return.")
    if held.state != ReturnState.WAITING:
        raise ReturnDecided(f"{held.decided_by} decided on this return first.")
    if not is_approved and not reason.strip():
        raise Invalid("Say why, so that whoever asked can read it.")
    held.state = ReturnState.APPROVED if is_approved else ReturnState.REFUSED
    held.decided_by, held.decided_at, held.decision_reason = actor.reference, now, reason.strip()
    held.save()
    record_act(
        actor=actor,
        verb=f"returns.{held.state}",
        subject_kind="return",
        subject_id=str(held.pk),
        reason=held.decision_reason,
        now=now,
    )
    return held


def make_return(*, actor: Actor, return_id: int, form: str, now: datetime) -> Download:
    """Make an approved return as a file; the trail keeps a look for every person in it.

    Raises `NotApproved` before somebody else approved it, and `TooNear` where its counts would
    tell of a few people beside what is known.
    """
    held = get_return(actor=actor, return_id=return_id)
    actor.require("returns.make")
    if form not in FORMS:
        raise Missing(f"There is no form {form}.")
    if held.state != ReturnState.APPROVED:
        raise NotApproved("Somebody else approves a return before it is made.")
    if held.is_total:
        return _write(actor, held, count_return(actor=actor, held=held, now=now), form, now=now)
    return _write(actor, held, read_rows(actor=actor, held=held), form, now=now)


@transaction.atomic
def _write(
    actor: Actor, held: DepartmentalReturn, rows: Rows, form: str, *, now: datetime
) -> Download:
    kind, ending = FORMS[form]
    made = make_export(
        actor=actor,
        wanted=Wanted(
            what="return",
            form=form,
            purpose=held.purpose,
            reason=f"{held.department}: {held.reason}",
            name=f"return-{held.pk}-{held.day}.{ending}",
            kind=kind,
            n_rows=len(rows.rows),
            object_reference=f"return:{held.pk}",
        ),
        write=lambda mark: write_file(
            form=form,
            mark=mark,
            header=[_label(held.register, name) for name in rows.fields],
            rows=rows.rows,
        ),
        now=now,
    )
    ReturnMade.objects.create(
        departmental_return=held,
        made_at=now,
        made_by=actor.reference,
        form=form,
        n_rows=len(rows.rows),
        n_suppressed=rows.n_suppressed,
        file_hash=hashlib.sha256(made.body).digest(),
    )
    _keep_trail(actor, held, rows, now=now)
    return made


def _keep_trail(actor: Actor, held: DepartmentalReturn, rows: Rows, *, now: datetime) -> None:
    record_act(
        actor=actor,
        verb="returns.make",
        subject_kind="return",
        subject_id=str(held.pk),
        fields=rows.fields,
        purpose=held.purpose,
        now=now,
    )
    if held.register == "resident":
        record_looks(
            actor=actor,
            verb="returns.make",
            subject_kind="resident",
            subject_ids=sorted(set(rows.subjects)),
            fields=rows.fields,
            purpose=held.purpose,
            object_reference=f"return:{held.pk}",
            now=now,
        )


def _label(register: str, name: str) -> str:
    return _("How many") if name == "n" else _(COLUMNS[register][name].label)
