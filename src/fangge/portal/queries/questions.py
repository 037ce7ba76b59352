"""Questions about look-ups: a resident's own, and the staff's queue with due dates."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from fangge.audit.queries import entry_about
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.fields import open_vault
from fangge.portal.models.question import LookQuestion, StaffNotice, Why
from fangge.portal.queries.looks import Look, tell_look
from fangge.portal.queries.terms import answer_term, days_left
from fangge.portal.rules.columns import ANSWER, QUESTION

if TYPE_CHECKING:
    from fangge.portal.models.code import Visit

WHYS_TOLD = tuple(Why.choices)
STATES = ("open", "overdue", "answered")
MOST = 100


@dataclass(frozen=True, slots=True)
class ToldQuestion:
    """A question with its clock and, where there is one, its answer."""

    number: int
    resident_code: str
    why: str
    text: str
    asked_at: datetime
    due_on: date
    n_left: int
    is_overdue: bool
    look: Look | None
    found_as: str
    found_as_told: str
    answer: str
    answered_at: datetime | None
    is_working: bool = True


def tell_question(question: LookQuestion, *, now: datetime, opened: bool = True) -> ToldQuestion:
    """Tell a question; `opened` is whether its words are told too."""
    answer = getattr(question, "answer", None)
    entry = entry_about("resident", [question.resident_code], entry_id=question.entry_id)
    n_left = days_left(now, question.due_on, answer_term())
    return ToldQuestion(
        number=question.pk,
        resident_code=question.resident_code,
        why=str(question.get_why_display()),
        text=_open(question.text_sealed, QUESTION, question.token) if opened else "",
        asked_at=question.asked_at,
        due_on=question.due_on,
        n_left=abs(n_left),
        is_overdue=answer is None and timezone.localdate(now) > question.due_on,
        look=tell_look(entry, [question.resident_code], question.pk) if entry else None,
        found_as=answer.found_as if answer else "",
        found_as_told=str(answer.get_found_as_display()) if answer else "",
        answer=_open(answer.text_sealed, ANSWER, question.pk) if answer and opened else "",
        answered_at=answer.answered_at if answer else None,
    )


def _open(sealed: bytes | memoryview, column: str, row: object) -> str:
    return open_vault().open(bytes(sealed), column=column, row=row)


def questions_of(visit: "Visit", *, now: datetime) -> list[ToldQuestion]:
    """Give what the resident of this visit asked, newest first."""
    own = LookQuestion.objects.filter(resident_id=visit.resident_id).select_related("answer")
    return [tell_question(one, now=now) for one in own.order_by("-id")[:MOST]]


def questions_visible_to(actor: Actor) -> QuerySet[LookQuestion]:
    """Give the questions that this person looked at a resident for, was told of, or oversees."""
    actor.require("questions.see")
    questions = LookQuestion.objects.select_related("answer")
    if actor.may("questions.oversee"):
        return questions
    told = StaffNotice.objects.filter(recipient=actor.reference)
    return questions.filter(Q(official=actor.reference) | Q(pk__in=told.values("question_id")))


def list_questions(*, actor: Actor, state: str, now: datetime) -> list[ToldQuestion]:
    """List the questions this person may see, what is due first; their words stay sealed."""
    found = questions_visible_to(actor)
    today = timezone.localdate(now)
    if state == "answered":
        found = found.filter(answer__isnull=False).order_by("-id")
    else:
        found = found.filter(answer=None).order_by("due_on", "id")
    if state == "overdue":
        found = found.filter(due_on__lt=today)
    return [tell_question(one, now=now, opened=False) for one in found[:MOST]]


def get_question(*, actor: Actor, question_id: int) -> LookQuestion:
    found = questions_visible_to(actor).filter(pk=question_id).first()
    if found is None:
        raise Missing(f"There is no question {question_id}.")
    return found


def count_unseen(actor: Actor) -> int:
    """Count the questions this person was told of and has not opened."""
    if not actor.may("questions.see"):
        return 0
    return StaffNotice.objects.filter(recipient=actor.reference, seen_at=None).count()
