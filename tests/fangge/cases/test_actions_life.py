"""A case from report to close, and what can go wrong on the way."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings
from tests.fangge.cases.people import People, bring_to_handled, grid, inbox, move, report
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.cases.actions.alarms import ring_alarms
from fangge.cases.actions.reading import follow_case, open_case
from fangge.cases.actions.report import Report, ReportIncomplete, report_case
from fangge.cases.actions.transition import (
    NOTE_COLUMN,
    CaseMovedMeanwhile,
    Doing,
    MoveIncomplete,
    MoveNotAllowed,
    move_case,
)
from fangge.cases.models.case import Alarm, Case, CaseStep
from fangge.cases.queries.nearby import find_nearby
from fangge.cases.queries.visible import CaseUnknown, get_case
from fangge.kernel.actor import Actor, system_actor
from fangge.kernel.fields import Point, open_vault
from fangge.retention.actions import run_retention

pytestmark = pytest.mark.django_db


def test_a_report_is_taken_to_a_verified_close(people: People, noon: datetime) -> None:
    case = bring_to_handled(people, noon)
    assert (case.state, case.clock_owner) == ("handled", "witness")
    move(people.worker, case, "verify", noon, note="现场已能关上")
    case = move(people.centre, case, "close", noon)
    assert (case.state, case.is_open, case.due_at) == ("closed", False, None)
    assert case.closed_at == noon
    verbs = [step.verb for step in case.steps.order_by("place")]
    assert verbs == ["report", "accept", "dispatch", "start", "report_result", "verify", "close"]
    assert not Alarm.objects.filter(case=case, rung_at=None).exists()


def test_the_same_report_sent_twice_is_one_case(people: People, noon: datetime) -> None:
    token = uuid4()
    facts = Report(told="楼道灯不亮", place="平江路2号", grid_id=grid().pk)
    first, code = report_case(actor=people.worker, report=facts, token=token, now=noon)
    again, none = report_case(actor=people.worker, report=facts, token=token, now=noon)
    assert (again.pk, none) == (first.pk, "")
    case, steps = follow_case(code=f" {code.lower()} ")
    assert (case.pk, [step.verb for step in steps]) == (first.pk, ["report"])
    with pytest.raises(CaseUnknown):
        follow_case(code="AAAAAAAAAA")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"told": " "}, "told"),
        ({"told": "漏" * 4001}, "told"),
        ({"category": "moon"}, "category"),
        ({"place": "", "grid_id": None}, "place"),
    ],
)
def test_a_report_that_lacks_something_names_it(
    people: People, noon: datetime, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(ReportIncomplete) as told:
        report(people, noon, **given)
    assert told.value.field == field


def test_words_of_a_report_lie_sealed(people: People, noon: datetime) -> None:
    case = report(people, noon, told="张三家漏水")
    assert "张三".encode() not in bytes(case.told_sealed or b"")
    assert open_case(actor=people.centre, number=case.number, now=noon).told == "张三家漏水"


def test_a_case_out_of_sight_does_not_exist(people: People, noon: datetime) -> None:
    case = report(people, noon)
    for actor in (people.stranger, people.fire, people.housing):
        with pytest.raises(CaseUnknown):
            get_case(actor=actor, number=case.number, now=noon)
        with pytest.raises(CaseUnknown):
            move(actor, case, "accept", noon, category="fire_door")
    assert get_case(actor=people.worker, number=case.number, now=noon).pk == case.pk


def test_a_dispute_is_for_its_desk_and_the_centre(people: People, noon: datetime) -> None:
    other = make_staff(Role.COMMUNITY_OFFICER, area=grid(), username="o1")
    case = report(people, noon)
    assert get_case(actor=other, number=case.number, now=noon).pk == case.pk
    move(people.centre, case, "accept", noon, category="neighbours")
    with pytest.raises(CaseUnknown):
        get_case(actor=other, number=case.number, now=noon)


def test_nobody_verifies_their_own_work(people: People, noon: datetime) -> None:
    case = bring_to_handled(people, noon)
    both = people.fire
    actor = Actor(
        both.reference, both.name, both.roles, both.verbs | {"cases.verify"}, both.grid_ids
    )
    with pytest.raises(MoveNotAllowed, match="somebody else"):
        move(actor, case, "verify", noon, note="好了")


@pytest.mark.parametrize(
    ("verb", "given", "field"),
    [
        ("reject", {}, "note"),
        ("accept", {}, "kind"),
        ("accept", {"category": "moon"}, "kind"),
        ("accept", {"category": "gas", "severity": 9}, "severity"),
        ("join", {"into": "1"}, "case"),
    ],
)
def test_a_move_that_lacks_something_names_it(
    people: People, noon: datetime, verb: str, given: dict[str, Any], field: str
) -> None:
    case = report(people, noon)
    with pytest.raises(MoveIncomplete) as told:
        move(people.centre, case, verb, noon, **given)
    assert told.value.field == field
    assert Case.objects.get(pk=case.pk).n_steps == 1


def test_a_move_that_the_table_lacks_is_refused(people: People, noon: datetime) -> None:
    case = report(people, noon)
    with pytest.raises(MoveNotAllowed):
        move(people.centre, case, "close", noon)
    with pytest.raises(MoveNotAllowed):
        move(people.worker, case, "accept", noon, category="gas")


def test_a_desk_sends_back_what_is_not_its_work(people: People, noon: datetime) -> None:
    case = report(people, noon)
    move(people.centre, case, "accept", noon, category="fire_door")
    move(people.centre, case, "dispatch", noon, desk="fire")
    case = move(people.fire, case, "send_back", noon, note="是房屋结构问题")
    assert (case.state, case.clock_owner) == ("accepted", "centre")
    case = move(people.centre, case, "dispatch", noon, desk="housing")
    assert [one.number for one in inbox(people.housing, noon)] == [case.number]
    assert case.number not in {one.number for one in inbox(people.fire, noon)}


def test_who_acts_on_what_they_did_not_see_is_told(people: People, noon: datetime) -> None:
    case = report(people, noon)
    move(people.centre, case, "remark", noon, note="在核实")
    with pytest.raises(CaseMovedMeanwhile):
        move_case(
            actor=people.centre,
            number=case.number,
            doing=Doing("accept", category="gas"),
            seen=1,
            now=noon,
        )


def test_a_pause_stops_the_clock_and_a_promise_sets_it(people: People, noon: datetime) -> None:
    case = report(people, noon)
    move(people.centre, case, "accept", noon, category="fire_door")
    case = move(people.centre, case, "dispatch", noon, desk="fire")
    due = case.due_at
    move(people.fire, case, "start", noon)
    case = move(people.centre, case, "pause", noon + timedelta(hours=1), note="等配件")
    assert case.due_at is None
    assert not case.alarms.filter(rung_at=None).exists()
    case = move(people.fire, case, "resume", noon + timedelta(days=1))
    assert due is not None
    assert case.due_at == due + timedelta(days=1)
    until = noon + timedelta(days=20)
    move(people.fire, case, "ask_extension", noon + timedelta(days=1), note="缺货", until=until)
    case = move(people.centre, case, "extend", noon + timedelta(days=1), note="同意", until=until)
    assert case.due_at == until
    opened = open_case(actor=people.fire, number=case.number, now=noon + timedelta(days=1))
    assert opened.clock is not None
    assert (opened.clock.due_at, opened.clock.n_pauses, opened.clock.is_extended) == (
        until,
        1,
        True,
    )


def test_duplicates_are_shown_joined_and_separated(people: People, noon: datetime) -> None:
    at = Point(120.62, 31.31)
    first = report(people, noon, category="fire_door", point=at)
    near = Point(120.6205, 31.3102)
    found = find_nearby(
        actor=people.centre, category="fire_door", point=near, now=noon + timedelta(days=1)
    )
    assert [one.case.pk for one in found] == [first.pk]
    assert found[0].distance_m is not None
    assert 20 < found[0].distance_m < 80
    second = report(people, noon, category="fire_door", point=near)
    second = move(people.centre, second, "join", noon, into=first.number)
    assert (second.state, second.is_open, second.joined_to_id) == ("joined", False, first.pk)
    with pytest.raises(MoveIncomplete):  # nothing is joined in a circle
        move(people.centre, first, "join", noon, into=second.number)
    second = move(people.centre, second, "separate", noon, note="不是同一扇门")
    assert (second.state, second.joined_to_id) == ("reported", None)


def test_what_is_overdue_is_told_once_and_late_in_order(people: People, noon: datetime) -> None:
    first = report(people, noon)
    second = report(people, noon + timedelta(hours=1))
    later = noon + timedelta(days=30)
    assert ring_alarms(now=noon) == 0
    assert ring_alarms(now=later) == 6
    assert ring_alarms(now=later) == 0
    steps = CaseStep.objects.filter(case__in=[first, second], actor="system:clock")
    told = [(step.case_id, step.verb) for step in steps.order_by("pk")]
    assert told == [
        (first.pk, "fall_overdue"),
        (second.pk, "fall_overdue"),
        (first.pk, "escalate"),
        (second.pk, "escalate"),
        (first.pk, "escalate_further"),
        (second.pk, "escalate_further"),
    ]
    first = move(people.centre, first, "accept", later, category="gas")
    assert first.alarms.filter(rung_at=None).count() == 3  # of the clock that runs now


def test_a_step_is_never_changed_or_deleted(people: People, noon: datetime) -> None:
    case = report(people, noon)
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseStep.objects.filter(case=case).update(verb="accept")
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseStep.objects.filter(case=case).delete()


def test_a_rotation_of_keys_seals_notes_anew_and_leaves_the_step(
    people: People, noon: datetime
) -> None:
    case = move(people.centre, report(people, noon), "reject", noon, note="不属于本区")
    sealed = case.steps.get(verb="reject").note_sealed
    vault = open_vault()
    fresh = vault.seal("不属于本区", column=NOTE_COLUMN, row=f"{case.pk}:2")
    case.steps.filter(verb="reject").update(note_sealed=fresh)
    assert bytes(case.steps.get(verb="reject").note_sealed or b"") == fresh != bytes(sealed or b"")
    with pytest.raises(DatabaseError), transaction.atomic():
        case.steps.filter(verb="reject").update(note_sealed=fresh, at=noon - timedelta(days=1))


def test_a_clock_that_was_set_back_turns_no_order_round(people: People, noon: datetime) -> None:
    case = report(people, noon)
    case = move(people.centre, case, "accept", noon - timedelta(hours=3), category="gas")
    times = list(case.steps.order_by("place").values_list("at", flat=True))
    assert times == sorted(times)


def test_the_words_of_an_ended_case_are_emptied_when_their_time_is_over(
    people: People, noon: datetime, settings: Settings, tmp_path: Path
) -> None:
    settings.FANGGE_DATA = tmp_path
    case = move(people.centre, report(people, noon), "reject", noon, note="不属于本区")
    keeper = system_actor("retention", verbs=("retention.run",))
    run_retention(actor=keeper, tell=lambda *_: None, now=noon + timedelta(days=3 * 365 - 1))
    assert open_case(actor=people.centre, number=case.number, now=noon).told
    run_retention(actor=keeper, tell=lambda *_: None, now=noon + timedelta(days=3 * 365 + 1))
    opened = open_case(actor=people.centre, number=case.number, now=noon)
    assert (opened.told, opened.lines[-1].note, opened.case.place) == ("", "", "山塘街1号")
