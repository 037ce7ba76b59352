"""Live updates: told when a step is finished, to whoever sees the case, and gone on with."""

import json
import queue
import threading
from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest
from django.db import connection, connections
from pytest_django import DjangoDbBlocker
from tests.fangge.cases.test_two_at_once import CLEAR, centre

from fangge.areas.models import Area
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.transition import Doing, move_case
from fangge.cases.actions.watching import STREAMS, Stream, TooManyLookOn
from fangge.cases.adapters.live import LISTENER
from fangge.cases.models.case import Case
from fangge.kernel.actor import Actor

STRANGER = Actor("staff:nobody", "", ("handler",), frozenset({"cases.see"}))


@pytest.fixture
def case(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, noon: datetime
) -> Iterator[Case]:
    with django_db_blocker.unblock():
        area = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]
        told = Report(told="楼道灯不亮", place="平江路2号", grid_id=area.pk)
        yield report_case(actor=centre(), report=told, token=uuid4(), now=noon)[0]
        with connection.cursor() as cursor:
            cursor.execute(CLEAR)


def listen(stream: Stream) -> "queue.Queue[bytes]":
    heard: queue.Queue[bytes] = queue.Queue()

    def run() -> None:
        try:
            for piece in stream:
                heard.put(piece)
        finally:
            connections.close_all()

    threading.Thread(target=run, daemon=True).start()
    assert heard.get(timeout=20).startswith(b"retry")
    return heard


def hear_of(heard: "queue.Queue[bytes]", place: int) -> tuple[int, dict[str, object]]:
    """Wait for a step; what was there before may be told again."""
    while True:
        for event in heard.get(timeout=20).decode().strip().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in event.splitlines())
            told = json.loads(lines.get("data", "{}"))
            if told.get("place") == place:
                return int(lines["id"]), told


def move(case: Case, verb: str, now: datetime, note: str = "") -> None:
    doing = Doing(verb, note=note)
    move_case(actor=centre(), number=case.number, doing=doing, seen=None, now=now)


def test_who_sees_the_case_hears_of_its_steps_and_a_broken_stream_goes_on(
    case: Case, noon: datetime
) -> None:
    stream, strange = Stream(centre(), None), Stream(STRANGER, None)
    heard, nothing = listen(stream), listen(strange)
    move(case, "remark", noon, "在核实")
    step, told = hear_of(heard, 2)
    assert told == {"number": case.number, "place": 2, "state": "reported"}
    stream.close()
    move(case, "reject", noon, "不属于本区")
    again = Stream(centre(), step)
    assert hear_of(listen(again), 3)[1]["state"] == "rejected"
    LISTENER._steps.clear()  # noqa: SLF001 - as after a restart: looked up in the database
    forgotten = Stream(centre(), step - 1)
    assert b'"place": 2' in next(piece for piece in forgotten if b"data" in piece)
    for one in (again, strange, forgotten):
        one.close()
    assert not [piece for piece in list(nothing.queue) if b"data" in piece]


@pytest.mark.django_db
def test_no_more_look_on_than_there_are_places() -> None:
    held: list[Stream] = []
    with pytest.raises(TooManyLookOn):
        held.extend(Stream(STRANGER, 0) for _ in range(STREAMS + 1))
    for one in held:
        one.close()
        one.close()  # once is enough
    Stream(STRANGER, 0).close()
