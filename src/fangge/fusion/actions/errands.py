"""Have somebody go and look: at what a finding is about, or where a doubtful pair is said to be."""

from datetime import date, datetime

from django.db import transaction

from fangge.fieldwork.actions.tasks import ask_field_task, call_off_tasks
from fangge.fieldwork.events import FieldTaskAccepted
from fangge.fieldwork.queries import ErrandKind, subjects_to_look_at
from fangge.fusion.actions.quality.findings import close_by_answer, hand_over_finding
from fangge.fusion.events import FindingsChanged
from fangge.fusion.models.finding import Finding, FindingState
from fangge.fusion.queries.findings import get_finding
from fangge.fusion.queries.pairs import entries_of, get_pair
from fangge.fusion.rules.quality.shape import Remedy
from fangge.kernel.actor import Actor, system_actor
from fangge.kernel.errors import Invalid
from fangge.kernel.wall import beyond_scope
from fangge.registers.queries.places import Place, place_of_entry


class NowhereToLook(Invalid):
    """No address in a grid is known for what should be looked at."""


@transaction.atomic
def look_into_finding(
    *, actor: Actor, finding_id: int, question: str, due_on: date, now: datetime
) -> int:
    """Ask the worker of the place that a finding is about; give the task's number."""
    finding = hand_over_finding(actor=actor, finding_id=finding_id, remedy=Remedy.LOOK, now=now)
    place = place_of_entry(finding.subject, finding.subject_id)
    task = ask_field_task(
        actor=actor,
        kind=ErrandKind.FINDING,
        place=_somewhere(place),
        subject_id=finding.pk,
        question=question,
        due_on=due_on,
        now=now,
    )
    return task.pk


@transaction.atomic
def look_into_pair(
    *, actor: Actor, pair_id: int, question: str, due_on: date, now: datetime
) -> int:
    """Ask the worker of the place where one of a pair is said to be; give the task's number."""
    pair = get_pair(actor=actor, pair_id=pair_id)
    actor.require("pairs.decide")
    places = [place_of_entry(pair.kind, one) for one in entries_of(pair) if one is not None]
    known = [place for place in places if place is not None]
    task = ask_field_task(
        actor=actor,
        kind=ErrandKind.PAIR,
        place=_somewhere(known[0] if known else None),
        subject_id=pair.pk,
        question=question,
        due_on=due_on,
        now=now,
    )
    return task.pk


def may_look_into_finding(actor: Actor, finding_id: int) -> bool:
    """Say whether this person may send somebody, and whether there is a place to send them to."""
    finding = get_finding(actor=actor, finding_id=finding_id).finding
    place = place_of_entry(finding.subject, finding.subject_id)
    return place is not None and actor.may("fieldtasks.ask", grid_id=place.grid_id)


@beyond_scope()
def follow_answer(event: FieldTaskAccepted) -> None:
    """Let a finding follow the answer that was accepted; a pair's waits at its desk."""
    if event.kind == ErrandKind.FINDING and event.subject_id is not None:
        close_by_answer(
            finding_id=event.subject_id,
            is_right=event.answer == "right",
            told=f"field task {event.task_id}: {event.note or event.answer}",
            closed_by=event.accepted_by,
            now=event.accepted_at,
        )


@beyond_scope()
def call_off_closed(event: FindingsChanged) -> None:
    """Call off who was to look at a finding that closed in the meantime."""
    asked = subjects_to_look_at(ErrandKind.FINDING)
    closed = Finding.objects.filter(pk__in=asked).exclude(state=FindingState.OPEN)
    call_off_tasks(
        actor=system_actor("quality", verbs=("fieldtasks.decide",)),
        kind=ErrandKind.FINDING,
        subject_ids=list(closed.values_list("pk", flat=True)),
        reason="The finding no longer holds.",
        now=event.checked_at,
    )


def _somewhere(place: Place | None) -> Place:
    if place is None:
        raise NowhereToLook("No address in a grid is known for this: nobody can be sent there.")
    return place
