"""Random acts by random people: no illegal state, no lost step, no pause unaccounted for."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.cases.actions.alarms import ring_alarms
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.seating import seat_member
from fangge.cases.actions.transition import (
    Doing,
    MoveIncomplete,
    MoveNotAllowed,
    clock_after,
    lifecycle_of,
    move_case,
)
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.queries.visible import CaseUnknown
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.lifecycle import Ask, Lifecycle, read_lifecycle
from fangge.kernel.actor import Actor, system_actor

pytestmark = pytest.mark.django_db

VERBS = sorted({move.verb for move in read_lifecycle(shipped_catalogue().lifecycle).moves})
ACTORS = ("worker", "officer", "centre", "fire", "housing")
act = st.tuples(
    st.sampled_from(ACTORS),
    st.sampled_from(VERBS),
    st.integers(0, 60 * 24 * 4),
    st.sampled_from(["fire", "housing"]),
    st.booleans(),
)


@pytest.fixture
def people(noon: datetime) -> dict[str, Actor]:
    area = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]
    made = {
        "worker": make_staff(Role.GRID_WORKER, area=area, username="w"),
        "officer": make_staff(Role.COMMUNITY_OFFICER, area=area, username="o"),
        "centre": make_staff(Role.DISPATCHER, username="c"),
        "fire": make_staff(Role.HANDLER, username="fire"),
        "housing": make_staff(Role.HANDLER, username="housing"),
    }
    seating = system_actor("test", verbs=("staff.assign",))
    for desk in ("fire", "housing"):
        staff = StaffMember.objects.get(username=desk)
        seat_member(actor=seating, staff=staff, desk=desk, now=noon - timedelta(days=1))
    return made


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(act, min_size=5, max_size=30))
def test_no_order_of_acts_breaks_a_case(
    people: dict[str, Actor], noon: datetime, acts: list[Any]
) -> None:
    with transaction.atomic():
        run_acts(people, noon, acts)
        transaction.set_rollback(True)


def run_acts(people: dict[str, Actor], noon: datetime, acts: list[Any]) -> None:
    grid = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]
    told = Report(told="楼道灯不亮", place="平江路2号", grid_id=grid.pk)
    case, _ = report_case(actor=people["worker"], report=told, token=uuid4(), now=noon)
    now, said = noon, ["report"]
    for who, verb, minutes, desk, is_told in acts:
        now += timedelta(minutes=minutes)
        doing = Doing(
            verb,
            note="说明" if is_told else "",
            until=now + timedelta(days=3),
            desk=desk,
            category="fire_door" if is_told else "neighbours",
            into="",
        )
        n_steps = case.n_steps
        try:
            with transaction.atomic():
                case = move_case(
                    actor=people[who], number=case.number, doing=doing, seen=None, now=now
                )
            said.append(verb)
        except (MoveNotAllowed, MoveIncomplete, CaseUnknown):
            case = Case.objects.get(pk=case.pk)
            assert case.n_steps == n_steps
        rung = ring_alarms(now=now)
        case = Case.objects.get(pk=case.pk)
        said += ["rung"] * rung
        check(case, said)


def check(case: Case, said: list[str]) -> None:
    lifecycle = lifecycle_of(case.lifecycle_id)
    steps = list(case.steps.order_by("place"))
    assert [step.place for step in steps] == list(range(1, case.n_steps + 1))
    assert len(steps) == len(said)
    assert case.state in lifecycle.states
    assert case.is_open == (case.state not in lifecycle.ended)
    for before, step in pairwise(steps):
        assert step.start == before.end
        assert step.at >= before.at
        if step.actor != "system:clock":
            move = lifecycle.find_move(step.start, step.verb)
            assert move is not None
            assert move.end == step.end
    if case.state not in {"accepted", "reported", "rejected", "withdrawn", "joined"}:
        assert case.desk_id is not None
    # What the steps say and what the case says are one, and a pause has no date.
    running = clock_after(steps, case, lifecycle)
    assert case.due_at == (running.due_at if running else None)
    if case.state in lifecycle.paused:
        assert case.due_at is None
    clocked = case.alarms.filter(rung_at=None).exclude(rung__startswith="ask:")
    waiting = set(clocked.values_list("rings_at", flat=True))
    assert all(case.due_at is not None and at >= case.due_at for at in waiting)
    check_askings(case, steps, lifecycle)
    handlers = {step.actor for step in steps if step.part in {"desk", "helper"}}
    assert not handlers & {step.actor for step in steps if step.part == "witness"}


def check_askings(case: Case, steps: list[CaseStep], lifecycle: Lifecycle) -> None:
    """Tell from the steps alone what waits for an answer: it is what the case says."""
    waiting: dict[int, tuple[Ask, int | None]] = {}
    for step in steps:
        can_be = {move.verb for move in lifecycle.moves_from(step.end)}
        waiting = {
            place: (ask, desk)
            for place, (ask, desk) in waiting.items()
            if can_be & set(ask.answers)
            and not (step.verb in ask.answers and desk in {None, step.desk_id})
        }
        ask = lifecycle.ask_of(step.verb)
        if ask is not None:
            waiting[step.place] = ask, step.desk_id if ask.owner == "helper" else None
    held = case.askings.filter(answered_at=None)
    assert set(held.values_list("place", flat=True)) == set(waiting)
    assert case.n_asked == len(waiting)
    if case.state == "handled":
        assert not waiting
    alarms = case.alarms.filter(rung__startswith="ask:", rung_at=None).values_list(
        "rung", flat=True
    )
    assert set(alarms) <= {f"ask:{place}" for place in waiting}
