"""Take running cases over to the newest table of states: shown before, and only where they fit."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from fangge.audit.actions import record_act
from fangge.cases.actions.drafting import newest_version
from fangge.cases.actions.transition import append_step, clock_after, lifecycle_of
from fangge.cases.events import CaseMoved
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.queries.calendar import working_calendar
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope

MOST_AT_ONCE = 500
VERB = "change_table"


@dataclass(frozen=True, slots=True)
class Group:
    """Open cases of one older version in one state, and what would become of them."""

    number: int
    state: str
    n_cases: int
    fits: bool
    n_other_date: int


@beyond_scope()
def preview_cases(*, actor: Actor) -> list[Group]:
    """Say what taking the running cases over would do; nothing is changed."""
    actor.require("lifecycle.see")
    newest = newest_version()
    lifecycle, calendar = lifecycle_of(newest.pk), working_calendar()
    counted, moved = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for case in _older(newest.pk)[:MOST_AT_ONCE]:
        key = case.lifecycle.number, case.state
        counted[key] += 1
        if case.state in lifecycle.states:
            running = clock_after(list(case.steps.order_by("place")), case, lifecycle, calendar)
            moved[key] += (running.due_at if running else None) != case.due_at
    return [
        Group(number, state, n_cases, state in lifecycle.states, moved[number, state])
        for (number, state), n_cases in sorted(counted.items())
    ]


@beyond_scope()
def take_over_cases(*, actor: Actor, now: datetime) -> tuple[int, int]:
    """Take open cases of older versions over; give how many went and how many stay as they are.

    A case whose state the newest table lacks keeps its own. At most 500 go at once.
    """
    actor.require("lifecycle.publish")
    newest = newest_version().pk
    ids = list(_older(newest).values_list("pk", flat=True)[:MOST_AT_ONCE])
    n_taken = sum(_take_over(actor, case_id, newest, now) for case_id in ids)
    return n_taken, len(ids) - n_taken


def _older(newest: int) -> QuerySet[Case]:
    held = Case.objects.filter(is_open=True).exclude(lifecycle=newest)
    return held.select_related("lifecycle").order_by("pk")


@transaction.atomic
def _take_over(actor: Actor, case_id: int, newest: int, now: datetime) -> bool:
    case = Case.objects.select_for_update().get(pk=case_id)
    lifecycle = lifecycle_of(newest)
    if not case.is_open or case.lifecycle_id == newest or case.state not in lifecycle.states:
        return False
    case.lifecycle_id = newest
    step = CaseStep(
        verb=VERB,
        start=case.state,
        end=case.state,
        part="clock",
        actor=actor.reference,
        desk_id=case.desk_id,
        at=now,
        is_public=False,
    )
    append_step(case, step, list(case.steps.order_by("place")), lifecycle)
    case.save()
    record_act(
        actor=actor, verb="cases.change_table", subject_kind="case", subject_id=case.number, now=now
    )
    bus.publish(CaseMoved(case.pk, VERB, case.state, case.state, now))
    return True
