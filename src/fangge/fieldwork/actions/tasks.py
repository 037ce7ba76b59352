"""Ask somebody to go and look, say what is there, accept it, or take the errand back."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from fangge.audit.actions import record_act
from fangge.fieldwork.events import FieldTaskAccepted, FieldTaskAnswered, FieldTaskTakenBack
from fangge.fieldwork.models import FieldTask
from fangge.fieldwork.queries import tasks_visible_to
from fangge.fieldwork.rules import (
    ANSWERS,
    LONGEST_TEXT,
    TaskKind,
    TaskState,
    holds_number,
    may_follow,
    needs_note,
)
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing
from fangge.registers.queries.places import Place


class AlreadyAsked(Conflict):
    """Somebody is on the way already, or the answer waits to be accepted."""


class TaskMoved(Conflict):
    """Somebody else answered, accepted or took back the task first."""


class TextNotTaken(Invalid):
    """A question, a note or a reason is missing, too long, or holds a person's number."""


class AnswerUnknown(Invalid):
    """That is none of the answers this task offers."""


class DueInThePast(Invalid):
    """Nobody can go yesterday."""


class OwnAnswer(Conflict):
    """Another person accepts an answer than the one who gave it."""


@transaction.atomic
def ask_field_task(
    *,
    actor: Actor,
    kind: TaskKind,
    place: Place,
    question: str,
    due_on: date,
    subject_id: int | None = None,
    now: datetime,
) -> FieldTask:
    """Ask the worker of a place's grid to go and look; once at a time about one thing."""
    actor.require("fieldtasks.ask", grid_id=place.grid_id)
    if due_on < timezone.localdate(now):
        raise DueInThePast("Choose today or a later day.")
    task = FieldTask(
        kind=kind,
        subject_id=subject_id,
        address_id=place.address_id,
        grid_id=place.grid_id,
        question=_check_text(question, "Say in words what is to be found out."),
        choices=list(ANSWERS[kind]),
        due_on=due_on,
        asked_at=now,
        asked_by=actor.reference,
    )
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError as error:
        raise AlreadyAsked(
            "Somebody is asked to look at this already. Wait for the answer, or take it back."
        ) from error
    _record(actor, task, "fieldtasks.ask", now=now)
    return task


@transaction.atomic
def answer_field_task(
    *, actor: Actor, task_id: int, answer: str, note: str, now: datetime
) -> FieldTask:
    """Say what was found at the place."""
    task = _lock(actor, task_id, "fieldtasks.answer", TaskState.ANSWERED)
    if answer not in task.choices:
        raise AnswerUnknown("Choose what you found.")
    task.note = _check_text(
        note, "Say in a few words what you found." if needs_note(answer) else None
    )
    task.answer, task.answered_at, task.answered_by = answer, now, actor.reference
    task.state = TaskState.ANSWERED
    task.save()
    _record(actor, task, "fieldtasks.answer", now=now)
    bus.publish(
        FieldTaskAnswered(
            task_id=task.pk,
            kind=task.kind,
            subject_id=task.subject_id,
            answer=answer,
            answered_at=now,
        )
    )
    return task


@transaction.atomic
def accept_answer(*, actor: Actor, task_id: int, now: datetime) -> FieldTask:
    """Take an answer as it is: what it is about follows it."""
    task = _lock(actor, task_id, "fieldtasks.decide", TaskState.ACCEPTED)
    if task.answered_by == actor.reference:
        raise OwnAnswer("You answered this yourself: another person accepts it.")
    _settle(task, TaskState.ACCEPTED, actor=actor, reason="", now=now)
    bus.publish(
        FieldTaskAccepted(
            task_id=task.pk,
            kind=task.kind,
            subject_id=task.subject_id,
            answer=task.answer,
            note=task.note,
            answered_by=task.answered_by,
            accepted_by=actor.reference,
            accepted_at=now,
        )
    )
    return task


@transaction.atomic
def take_back_task(*, actor: Actor, task_id: int, reason: str, now: datetime) -> FieldTask:
    """Call the errand off, or set an answer aside that is of no use; with the reason."""
    task = _lock(actor, task_id, "fieldtasks.decide", TaskState.TAKEN_BACK)
    told = _check_text(reason, "Say why, so that whoever went can follow.")
    _settle(task, TaskState.TAKEN_BACK, actor=actor, reason=told, now=now)
    bus.publish(
        FieldTaskTakenBack(
            task_id=task.pk, kind=task.kind, subject_id=task.subject_id, taken_back_at=now
        )
    )
    return task


@transaction.atomic
def call_off_tasks(
    *, actor: Actor, kind: TaskKind, subject_ids: Collection[int], reason: str, now: datetime
) -> int:
    """Take back at once what nobody need look at any longer and nobody answered; give how many."""
    actor.require("fieldtasks.decide")
    tasks = FieldTask.objects.select_for_update().filter(
        kind=kind, subject_id__in=subject_ids, state=TaskState.OPEN
    )
    found = list(tasks.order_by("id"))
    for task in found:
        _settle(task, TaskState.TAKEN_BACK, actor=actor, reason=reason, now=now)
    return len(found)


def _lock(actor: Actor, task_id: int, verb: str, end: TaskState) -> FieldTask:
    seen = tasks_visible_to(actor).filter(pk=task_id).exists()
    task = FieldTask.objects.select_for_update().filter(pk=task_id).first() if seen else None
    actor.require(verb)
    if task is None:
        raise Missing(f"There is no field task {task_id}.")
    actor.require(verb, grid_id=task.grid_id)
    if not may_follow(TaskState(task.state), end):
        raise TaskMoved("Somebody was here first: look at the task again. Nothing was changed.")
    return task


def _settle(task: FieldTask, state: TaskState, *, actor: Actor, reason: str, now: datetime) -> None:
    task.state, task.reason = state, reason
    task.settled_at, task.settled_by = now, actor.reference
    task.save()
    verb = "fieldtasks.accept" if state is TaskState.ACCEPTED else "fieldtasks.take_back"
    _record(actor, task, verb, now=now)


def _check_text(text: str, asked: str | None) -> str:
    """Give the text as it is kept; `asked` says what is missing where there must be one."""
    told = text.strip()
    if asked and not told:
        raise TextNotTaken(asked)
    if len(told) > LONGEST_TEXT:
        raise TextNotTaken(f"Keep it under {LONGEST_TEXT} characters.")
    if holds_number(told):
        raise TextNotTaken("Leave phone and identity numbers out: the task is about a place.")
    return told


def _record(actor: Actor, task: FieldTask, verb: str, *, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="field task",
        subject_id=str(task.pk),
        reason=task.reason,
        now=now,
    )
