"""Two people act on one case at once: one wins, the other is told."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import uuid4

import pytest
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from fangge.areas.models import Area
from fangge.cases.actions.alarms import ring_alarms
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.transition import CaseMovedMeanwhile, Doing, move_case
from fangge.cases.models.case import Case
from fangge.kernel.actor import Actor, system_actor

CLEAR = """
ALTER TABLE cases_casestep DISABLE TRIGGER cases_step_is_kept;
DELETE FROM cases_asking;
DELETE FROM cases_caseproposal; DELETE FROM cases_casesorting;
DELETE FROM cases_alarm; DELETE FROM cases_casestep; DELETE FROM cases_case;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE cases_casestep ENABLE TRIGGER cases_step_is_kept;
"""
N_THREADS = 4


def centre() -> Actor:
    verbs = ("cases.see", "cases_here.see", "cases.sort", "cases.report")
    return system_actor("both", verbs=verbs)


@pytest.fixture
def number(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, noon: datetime
) -> Iterator[str]:
    """A case that every connection sees, and that is gone afterwards."""
    with django_db_blocker.unblock():
        area = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]
        told = Report(told="楼道灯不亮", place="平江路2号", grid_id=area.pk)
        case, _ = report_case(actor=centre(), report=told, token=uuid4(), now=noon)
        yield case.number
        with connection.cursor() as cursor:
            cursor.execute(CLEAR)


def run_together(action: Callable[[], str]) -> list[str]:
    results: list[str] = []
    barrier = threading.Barrier(N_THREADS)

    def act() -> None:
        try:
            barrier.wait(20)
            results.append(action())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act) for _ in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(results)


def test_one_wins_and_the_others_are_told(number: str, noon: datetime) -> None:
    def accept() -> str:
        doing = Doing("accept", category="gas")
        try:
            move_case(actor=centre(), number=number, doing=doing, seen=1, now=noon)
        except CaseMovedMeanwhile:
            return "told"
        return "won"

    assert run_together(accept) == ["told"] * (N_THREADS - 1) + ["won"]
    assert Case.objects.get(number=number).n_steps == 2


def test_a_double_click_opens_one_case(number: str, noon: datetime) -> None:
    token = uuid4()
    told = Report(told="消防通道被堵", place="山塘街3号")

    def send() -> str:
        return report_case(actor=centre(), report=told, token=token, now=noon)[0].number

    assert len(set(run_together(send))) == 1


def test_an_alarm_rings_once_though_several_schedulers_run(number: str, noon: datetime) -> None:
    case = Case.objects.get(number=number)
    assert case.due_at is not None
    late = case.due_at.replace(year=2027)
    counts = run_together(lambda: str(ring_alarms(now=late)))
    steps = case.steps.filter(actor="system:clock").count()
    assert steps == 3 - case.alarms.filter(rung_at=None).count()
    assert sum(int(count) for count in counts) == steps
