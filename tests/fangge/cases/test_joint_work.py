"""Several desks at one case, what is asked and answered within it, and the reporter's own verbs."""

from datetime import datetime, timedelta

import pytest
from tests.fangge.cases.people import People, bring_to_handled, inbox, move, report

from fangge.cases.actions.alarms import ring_alarms
from fangge.cases.actions.reading import open_case
from fangge.cases.actions.transition import MoveIncomplete, MoveNotAllowed
from fangge.cases.models.case import Case
from fangge.cases.queries.visible import CaseUnknown, get_case

pytestmark = pytest.mark.django_db


def begin(people: People, now: datetime) -> Case:
    case = report(people, now)
    move(people.centre, case, "accept", now, category="fire_door")
    move(people.centre, case, "dispatch", now, desk="fire")
    return move(people.fire, case, "start", now)


def test_the_result_waits_until_every_desk_that_helps_has_answered(
    people: People, noon: datetime
) -> None:
    case = begin(people, noon)
    with pytest.raises(CaseUnknown):
        get_case(actor=people.housing, number=case.number, now=noon)
    case = move(people.fire, case, "ask_help", noon, desk="housing", note="请核对结构")
    assert (case.state, case.n_asked) == ("in_progress", 1)
    assert case.desk is not None
    assert case.desk.code == "fire"  # the lead stays with the desk it lies at
    assert [one.number for one in inbox(people.housing, noon)] == [case.number]
    with pytest.raises(MoveNotAllowed, match="not answered yet"):
        move(people.fire, case, "report_result", noon, note="好了")
    with pytest.raises(MoveNotAllowed):  # a helper does not report for the lead
        move(people.housing, case, "report_result", noon, note="好了")
    move(people.housing, case, "answer_help", noon, note="结构没有问题")
    assert inbox(people.housing, noon) == []
    with pytest.raises(MoveNotAllowed):
        move(people.housing, case, "answer_help", noon, note="再说一次")
    case = move(people.fire, case, "report_result", noon, note="已修好")
    assert (case.state, case.n_asked) == ("handled", 0)
    step = case.steps.get(verb="answer_help")
    assert step.desk is not None
    assert (step.part, step.desk.code) == ("helper", "housing")


def test_a_desk_is_asked_once_and_can_be_let_off(people: People, noon: datetime) -> None:
    case = begin(people, noon)
    for desk in ("fire", "nowhere"):  # neither itself nor one that is not there
        with pytest.raises(MoveIncomplete):
            move(people.fire, case, "ask_help", noon, desk=desk, note="请协助")
    move(people.fire, case, "ask_help", noon, desk="housing", note="请协助")
    with pytest.raises(MoveIncomplete):
        move(people.fire, case, "ask_help", noon, desk="housing", note="请协助")
    move(people.fire, case, "ask_help", noon, desk="gas", note="请协助")
    with pytest.raises(MoveIncomplete):
        move(people.centre, case, "drop_help", noon, desk="city", note="不需要")
    move(people.centre, case, "drop_help", noon, desk="gas", note="不需要")
    move(people.housing, case, "answer_help", noon, note="好了")
    assert move(people.fire, case, "report_result", noon, note="好了").state == "handled"


def test_what_was_asked_lapses_when_the_case_moves_on(people: People, noon: datetime) -> None:
    case = begin(people, noon)
    move(people.fire, case, "ask_help", noon, desk="housing", note="请协助")
    move(people.fire, case, "ask_pause", noon, note="等配件")
    case = move(people.fire, case, "send_back", noon, note="不是本单位的")
    assert case.n_asked == 0
    assert set(case.askings.values_list("answer", flat=True)) == {"lapsed"}
    assert not case.alarms.filter(rung__startswith="ask:").exists()


def test_more_time_is_asked_for_and_granted_or_refused_by_a_day(
    people: People, noon: datetime
) -> None:
    case = begin(people, noon)
    due, until = case.due_at, noon + timedelta(days=20)
    with pytest.raises(MoveNotAllowed):  # nothing was asked for
        move(people.centre, case, "refuse_extension", noon, note="不同意")
    move(people.fire, case, "ask_extension", noon, note="缺配件", until=until)
    with pytest.raises(MoveNotAllowed):
        move(people.fire, case, "ask_extension", noon, note="缺配件", until=until)
    asked = open_case(actor=people.centre, number=case.number, now=noon).askings
    assert [(one.verb, one.owner, one.until_at) for one in asked] == [
        ("ask_extension", "centre", until)
    ]
    assert asked[0].due_at.isoformat() == "2026-11-24T09:00:00+00:00"  # one working day
    assert case.number in {one.number for one in inbox(people.centre, noon)}
    case = move(people.centre, case, "refuse_extension", noon, note="可先用备件")
    assert (case.due_at, case.n_asked) == (due, 0)
    assert case.number not in {one.number for one in inbox(people.centre, noon)}
    move(people.fire, case, "ask_extension", noon, note="缺配件", until=until)
    case = move(people.centre, case, "extend", noon, note="同意", until=until)
    assert (case.due_at, case.n_asked) == (until, 0)


def test_an_asking_that_nobody_answers_is_told_once(people: People, noon: datetime) -> None:
    case = begin(people, noon)
    move(people.centre, case, "supervise", noon, note="群众反映强烈，请说明进度")
    later = noon + timedelta(days=2)
    assert ring_alarms(now=later) == 1
    assert ring_alarms(now=later) == 0
    assert case.steps.filter(verb="ask_overdue", actor="system:clock").count() == 1
    case = move(people.fire, case, "answer_supervision", later, note="明日更换")
    assert case.n_asked == 0


def test_who_is_told_of_what_is_overdue_climbs_a_ladder(people: People, noon: datetime) -> None:
    case = report(people, noon)
    assert ring_alarms(now=noon + timedelta(days=30)) == 3
    steps = case.steps.filter(actor="system:clock").order_by("place")
    assert [one.verb for one in steps] == ["fall_overdue", "escalate", "escalate_further"]
    rung = [one.rings_at for one in case.alarms.order_by("rings_at")]
    assert [at.date().isoformat() for at in rung] == ["2026-11-23", "2026-11-24", "2026-11-26"]


def test_the_reporter_withdraws_appeals_and_reopens(people: People, noon: datetime) -> None:
    case = move(people.worker, report(people, noon), "withdraw", noon)
    assert (case.state, case.is_open, case.due_at) == ("withdrawn", False, None)
    case = report(people, noon)
    with pytest.raises(MoveNotAllowed):  # another's report is not theirs to take back
        move(people.centre, case, "withdraw", noon)
    move(people.centre, case, "reject", noon, note="不属于本区")
    case = move(people.worker, case, "appeal", noon, note="就在本区")
    assert (case.state, case.is_open) == ("reported", True)
    case = bring_to_handled(people, noon)
    move(people.worker, case, "refuse_result", noon, note="还是关不上")
    move(people.fire, case, "report_result", noon, note="已再次更换")
    move(people.worker, case, "verify", noon, note="好了")
    move(people.centre, case, "close", noon)
    case = move(people.worker, case, "reopen", noon, note="又坏了")
    assert (case.state, case.is_open, case.closed_at) == ("accepted", True, None)


def test_a_transfer_takes_the_case_to_another_desk_with_its_clock(
    people: People, noon: datetime
) -> None:
    case = begin(people, noon)
    due = case.due_at
    later = noon + timedelta(hours=5)
    case = move(people.centre, case, "transfer", later, desk="housing", note="属结构问题")
    assert (case.state, case.due_at) == ("dispatched", due)
    with pytest.raises(CaseUnknown):
        get_case(actor=people.fire, number=case.number, now=later)
    assert [one.number for one in inbox(people.housing, later)] == [case.number]
