"""Question a look-up, and answer: never for one's own look."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from fangge.access.queries import supervisors_of
from fangge.audit.actions import record_looks
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Refused
from fangge.kernel.fields import open_vault
from fangge.portal.models.code import Visit
from fangge.portal.models.question import LookAnswer, LookQuestion, StaffNotice
from fangge.portal.queries.looks import look_of
from fangge.portal.queries.questions import ToldQuestion, get_question, tell_question
from fangge.portal.queries.terms import answer_term, due_on
from fangge.portal.queries.visits import visitor_of
from fangge.portal.rules.asking import FINDINGS, WHYS, may_answer
from fangge.portal.rules.columns import ANSWER, QUESTION

LONGEST = 2000


class NotToQuestion(Invalid):
    """There is nobody to question about it, or the form lacks why."""


class OwnLook(Refused):
    """Somebody else than who looked answers."""


class AlreadyAnswered(Conflict):
    """Somebody answered in the meantime."""


@transaction.atomic
def question_look(
    *, visit: Visit, entry_id: int, why: str, text: str, token: UUID, now: datetime
) -> LookQuestion:
    """Ask why somebody looked: who looked is told, and who supervises them owes an answer.

    The same look is questioned once, however often the form is sent. Raises `NotToQuestion`.
    """
    look, entry = look_of(visit, entry_id=entry_id)
    asked = LookQuestion.objects.filter(entry_id=entry_id).first()
    if asked is not None:
        return asked
    if not look.may_question:
        raise NotToQuestion("There is nobody to ask about this entry.")
    if why not in WHYS:
        raise NotToQuestion("Choose why you ask.")
    question = LookQuestion.objects.create(
        token=token,
        resident_id=visit.resident_id,
        resident_code=visit.resident_code,
        entry_id=entry_id,
        official=entry.actor,
        why=why,
        text_sealed=open_vault().seal(text.strip()[:LONGEST], column=QUESTION, row=token),
        asked_at=now,
        due_on=due_on(now, answer_term()),
    )
    _keep(visitor_of(visit), question, verb="questions.ask", now=now)
    told = [entry.actor, *supervisors_of(entry.actor, verb="questions.answer", now=now)]
    StaffNotice.objects.bulk_create(
        StaffNotice(recipient=one, question=question, told_at=now) for one in dict.fromkeys(told)
    )
    return question


@transaction.atomic
def open_question(*, actor: Actor, question_id: int, now: datetime) -> ToldQuestion:
    """Open a question with its words; that it was read is kept."""
    question = get_question(actor=actor, question_id=question_id)
    StaffNotice.objects.filter(recipient=actor.reference, question=question, seen_at=None).update(
        seen_at=now
    )
    _keep(actor, question, verb="questions.open", now=now)
    return tell_question(question, now=now)


@transaction.atomic
def answer_question(
    *, actor: Actor, question_id: int, found_as: str, text: str, now: datetime
) -> LookAnswer:
    """Answer a question in words that the resident reads.

    Raises `OwnLook` for who looked, and `AlreadyAnswered` when somebody was first.
    """
    get_question(actor=actor, question_id=question_id)
    question = LookQuestion.objects.select_for_update().get(pk=question_id)
    actor.require("questions.answer")
    if not may_answer(answerer=actor.reference, official=question.official):
        raise OwnLook("Somebody else than who looked answers this question.")
    if found_as not in FINDINGS or not text.strip():
        raise Invalid("Say what you found and why, in words that the resident understands.")
    if LookAnswer.objects.filter(question=question).exists():
        raise AlreadyAnswered("Somebody answered this question first. Nothing was changed.")
    answer = LookAnswer.objects.create(
        question=question,
        official=question.official,
        found_as=found_as,
        text_sealed=open_vault().seal(text.strip()[:LONGEST], column=ANSWER, row=question.pk),
        answered_at=now,
        answered_by=actor.reference,
    )
    _keep(actor, question, verb="questions.answer", now=now)
    return answer


def _keep(actor: Actor, question: LookQuestion, *, verb: str, now: datetime) -> None:
    record_looks(
        actor=actor,
        verb=verb,
        subject_kind="resident",
        subject_ids=[question.resident_code],
        fields=(),
        purpose="question",
        object_reference=f"question:{question.pk}",
        now=now,
    )
