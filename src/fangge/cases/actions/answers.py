"""Write answers to who reported, version after version, and stop offering them."""

from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from fangge.audit.actions import record_act
from fangge.cases.models.answer import AnswerTemplate
from fangge.cases.queries.answers import answerable_categories, get_answer
from fangge.cases.rules.answers import Answer, Fault, check_answer
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid

LOCK = 7_306_612


class AnswerChanged(Conflict):
    """Somebody else wrote a version meanwhile."""


class AnswerUnfit(Invalid):
    """The answer cannot be offered; `faults` says which field and why."""

    def __init__(self, faults: list[Fault]) -> None:
        named = ", ".join(f"{one.field}: {one.code} {one.detail}".strip() for one in faults)
        super().__init__(f"The answer cannot be offered: {named}.")
        self.faults = faults


@transaction.atomic
def write_answer(*, actor: Actor, answer: Answer, now: datetime) -> AnswerTemplate:
    """Append a version, which is offered from now on; an answer without a code is a new one.

    Its `version` is the newest that its author saw. Raises `AnswerUnknown`, `AnswerChanged`,
    `AnswerUnfit`.
    """
    actor.require("answers.edit")
    _lock(actor, answer.code, answer.version)
    faults = check_answer(answer, answerable_categories())
    if faults:
        raise AnswerUnfit(faults)
    code = answer.code or _free_code()
    row = _append(actor, replace(answer, code=code), now)
    _record(actor, "answers.write", row, now)
    return row


@transaction.atomic
def end_answer(*, actor: Actor, code: str, seen: int, now: datetime) -> None:
    """Offer an answer no longer; its versions stay, and a later one offers it again.

    Raises `AnswerUnknown`, `AnswerChanged`.
    """
    actor.require("answers.edit")
    _lock(actor, code, seen)
    answer = get_answer(actor=actor, code=code)
    if not answer.is_offered:
        return
    # What came with the product is kept as a version first: it cannot be ended in its file.
    row = AnswerTemplate.objects.filter(code=code, ended_at=None).first()
    row = row or _append(actor, answer, now)
    row.ended_at = now
    row.save()
    _record(actor, "answers.end", row, now)


def _lock(actor: Actor, code: str, seen: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if code and get_answer(actor=actor, code=code).version != seen:
        told = "Somebody else wrote a version of this answer. Nothing of yours is kept: look again."
        raise AnswerChanged(told)


def _free_code() -> str:
    taken = set(AnswerTemplate.objects.values_list("code", flat=True))
    return next(code for n in range(len(taken) + 1) if (code := f"own-{n + 1}") not in taken)


def _append(actor: Actor, answer: Answer, now: datetime) -> AnswerTemplate:
    AnswerTemplate.objects.filter(code=answer.code, ended_at=None).update(ended_at=now)
    return AnswerTemplate.objects.create(
        code=answer.code,
        version=answer.version + 1,
        title=answer.title.strip(),
        verb=answer.verb,
        category=answer.category,
        text=answer.text.strip(),
        written_at=now,
        written_by=actor.reference,
    )


def _record(actor: Actor, verb: str, row: AnswerTemplate, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="answer",
        subject_id=row.code,
        reason=f"version {row.version}",
        now=now,
    )
