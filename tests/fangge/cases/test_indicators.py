"""The indicators: counted from steps, the same today for a past day as then."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from tests.fangge.cases.people import move, sit
from tests.fangge.cases.test_pages import sign_in
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.cases.actions.following import rate_followed
from fangge.cases.actions.report import Report, report_case
from fangge.cases.models.case import Case
from fangge.cases.queries.evaluation import Evaluation, Span, read_evaluation
from fangge.cases.rules.calendar import WorkingCalendar
from fangge.cases.rules.evaluation import (
    LEAST,
    Act,
    Life,
    Share,
    count_figures,
    hide_small,
    worked_between,
)
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Refused

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkingCalendar(zone=ZONE)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZONE)
DAY = timedelta(days=1)


def life(*acts: tuple[str, str, float], due: float | None = None) -> Life:
    due_at = None if due is None else MONDAY + timedelta(hours=due)
    return Life(
        "x",
        [Act(verb, end, MONDAY + timedelta(hours=at), "handle", due_at) for verb, end, at in acts],
    )


TAKEN, RESULT = ("accept", "accepted", 0.0), ("report_result", "handled", 5.0)


def test_in_time_late_and_not_yet_are_told_apart() -> None:
    lives = [
        life(TAKEN, RESULT, due=6),
        life(TAKEN, RESULT, due=4),
        life(TAKEN, due=4),  # should have been
        life(TAKEN, due=90),  # need not be yet
        *[life(TAKEN, RESULT, due=6)] * 4,
    ]
    (found,) = count_figures(lives, as_of=MONDAY + DAY, calendar=CALENDAR)
    assert found.on_time == Share(5, 7)
    assert (found.hours.total, found.hours.count) == (6 * 4.0, 6)  # an hour is for lunch


def test_hours_of_work_leave_out_nights_and_weekends() -> None:
    friday = datetime(2026, 11, 20, 16, tzinfo=ZONE)
    assert worked_between(friday, MONDAY + timedelta(hours=1), CALENDAR) == timedelta(hours=2)
    assert worked_between(MONDAY, MONDAY, CALENDAR) == timedelta()


def test_what_few_stand_behind_is_not_shown() -> None:
    assert Share(1, LEAST - 1).value is None
    assert hide_small({"a": 2, "b": 9, "c": 7}) == {"a", "c"}
    assert hide_small({"a": 2, "b": 3, "c": 7}) == {"a", "b"}
    assert hide_small({"a": 9, "b": 7}) == set()


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 20), max_size=6))
def test_the_total_never_tells_a_hidden_count(counts: dict[str, int]) -> None:
    assert len(hide_small(counts)) != 1 or len(counts) == 1


def bring(
    boss: Actor, desk: Actor, witness: Actor, at: datetime, verbs: list[str]
) -> tuple[Case, str]:
    told = Report(told="垃圾堆在路边没人收", place="平江路2号", category="litter")
    case, code = report_case(actor=witness, report=told, token=uuid4(), now=at)
    for turn, verb in enumerate(verbs, start=1):
        actor = desk if verb in {"start", "report_result"} else boss
        actor = witness if verb in {"verify", "refuse_result"} else actor
        given = {"accept": {"category": "litter"}, "dispatch": {"desk": "city"}}.get(verb, {})
        now = at + timedelta(minutes=10 * turn)
        move(actor, case, verb, now, **(given or {"note": "好"}))
    return case, code


WHOLE = ["accept", "dispatch", "start", "report_result", "verify", "close"]
AGAIN = [*WHOLE[:4], "refuse_result", "report_result", "verify", "close"]


@pytest.mark.django_db
def test_today_gives_for_a_past_day_what_it_gave_then() -> None:
    boss = make_staff(Role.DISPATCHER, username="i-boss")
    witness = make_staff(Role.GRID_WORKER, username="i-witness")
    at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    desk = sit("city", "i-desk", at - DAY)
    made = [bring(boss, desk, witness, at, verbs) for verbs in [WHOLE] * 3 + [AGAIN] * 2]
    open_case, _ = bring(boss, desk, witness, at, ["accept", "dispatch"])
    for _case, code in made:
        rate_followed(code=code, score=4, text="", now=at + DAY)
    then = at + 2 * DAY
    span = Span(at - DAY, at + DAY, then, "category")
    before = read_evaluation(actor=boss, span=span)
    (litter,) = before.groups
    assert (litter.group, litter.n_reported) == ("litter", 6)
    assert litter.closed == Share(5, 6)
    assert litter.returned == Share(2, 7)
    assert litter.verified == Share(5, 5)
    assert litter.satisfaction.value == 4
    assert litter.proposals.whole == 6
    # The world goes on: rated otherwise, opened again, accepted as something else, handled late.
    rate_followed(code=made[0][1], score=1, text="", now=then + DAY)
    move(boss, made[1][0], "reopen", then + DAY, note="又堆了")
    move(boss, made[1][0], "dispatch", then + DAY, desk="city")
    move(desk, open_case, "start", then + 9 * DAY)
    move(desk, open_case, "send_back", then + 9 * DAY, note="不归我们")
    assert read_evaluation(actor=boss, span=span) == before
    later = read_evaluation(actor=boss, span=Span(at - DAY, at + DAY, then + 20 * DAY, "category"))
    assert later.groups[0].closed == Share(4, 6)
    assert later.groups[0].reopened == Share(1, 5)
    assert later.groups[0].satisfaction.value == pytest.approx(17 / 5)


@pytest.mark.django_db
def test_page_and_files_give_the_same_figures(client: Client) -> None:
    boss = make_staff(Role.DISPATCHER, username="i-boss")
    witness = make_staff(Role.GRID_WORKER, username="i-witness")
    at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    desk = sit("city", "i-desk", at - DAY)
    for verbs in [WHOLE] * 4 + [WHOLE[:2]] * 2:
        bring(boss, desk, witness, at, verbs)
    sign_in(client, Role.ANALYST, "i-analyst")
    asked = {"since": "2026-03-01", "until": "2026-03-31", "as_of": "2026-03-05", "by": "desk"}
    page = client.get("/cases/indicators", asked).content.decode()
    assert "66.7%" in page
    assert "市容环境组" in page
    text = client.get("/cases/indicators", asked | {"form": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[2][:3] == ["市容环境组", "6", "0.6667"]
    book = load_workbook(
        io.BytesIO(client.get("/cases/indicators", asked | {"form": "xlsx"}).content)
    )
    assert book.worksheets[0].cell(3, 3).value == 0.6667
    for by in ("kind", "category", "community", "month", "moon"):
        assert client.get("/cases/indicators", asked | {"by": by}).status_code == 200
    odd = {"since": "9999-12-31", "until": "0001-01-01", "as_of": "x", "chart": "moon"}
    assert client.get("/cases/indicators", odd).status_code == 200


@pytest.mark.django_db
def test_who_handles_cases_does_not_read_the_indicators(noon: datetime) -> None:
    actor = make_staff(Role.HANDLER, username="i-handler")
    with pytest.raises(Refused):
        read_evaluation(actor=actor, span=Span(noon - DAY, noon, noon))
    boss = make_staff(Role.DISPATCHER, username="i-boss")
    empty = read_evaluation(actor=boss, span=Span(noon - 9000 * DAY, noon - 8999 * DAY, noon))
    assert empty == Evaluation(None, [])
