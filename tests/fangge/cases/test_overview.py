"""Many cases at once, the board, sorting side by side, and the calendar of working days."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from tests.fangge.cases.people import People, bring_to_handled, grid, move, report
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.cases.actions.bulk import move_cases
from fangge.cases.actions.calendar import DayUnfit, reckon_due, set_day
from fangge.cases.actions.transition import Doing
from fangge.cases.models.case import Case
from fangge.cases.models.desk import Holiday
from fangge.cases.queries.board import desk_rows
from fangge.kernel import clock

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def test_each_of_many_cases_keeps_to_its_own_rules(people: People, noon: datetime) -> None:
    door, unsorted = report(people, noon, category="fire_door"), report(people, noon)
    gone = move(people.centre, report(people, noon), "reject", noon, note="不属于本区")
    read = report(people, noon, category="gas")
    picked = {case.number: case.n_steps for case in (door, unsorted, gone)}
    picked |= {read.number: 9, "20260101-999999": 1}
    told = move_cases(actor=people.centre, picked=picked, doing=Doing("accept"), now=noon)
    assert [(one.state, one.bar) for one in told] == [
        ("accepted", ""),
        ("", "lacks_kind"),
        ("", "no_move"),
        ("", "meanwhile"),
        ("", "unknown"),
    ]
    doing = Doing("dispatch")  # to the desk that the routing table proposes
    assert move_cases(actor=people.centre, picked={door.number: 2}, doing=doing, now=noon)[0].state
    sent = Case.objects.get(pk=door.pk)
    assert sent.desk is not None
    assert sent.desk.code == "fire"
    told = move_cases(actor=people.worker, picked={door.number: 3}, doing=Doing("close"), now=noon)
    assert told[0].bar == "not_yours"


def test_the_page_says_which_moved_and_why_the_rest_did_not(
    client: Client, people: People, noon: datetime
) -> None:
    first, second = report(people, noon, category="fire_door"), report(people, noon)
    client.force_login(StaffMember.objects.get(username="c1"), BACKEND)
    page = client.get("/cases/?view=open").content.decode()
    assert f'value="{first.number}@1"' in page
    typed = {"verb": "accept", "case": [f"{first.number}@1", f"{second.number}@1", "<x>@1"]}
    page = client.post("/cases/bulk", typed).content.decode()
    assert "已办 1 件，未办 1 件" in page
    assert "类别未定" in page
    rows = client.get("/cases/?view=open&format=csv&reason=x").content.decode("utf-8-sig")
    assert first.number in rows


def test_the_board_counts_what_each_desk_owes(people: People, noon: datetime) -> None:
    case = report(people, noon)
    move(people.centre, case, "accept", noon, category="fire_door")
    case = move(people.centre, case, "dispatch", noon, desk="fire")
    move(people.fire, case, "ask_extension", noon, note="缺配件", until=noon + timedelta(days=9))
    report(people, noon)
    later = noon + timedelta(days=30)
    rows = desk_rows(actor=people.centre, today_ends=later, now=later)
    held = {row.code: (row.n_open, row.n_overdue, row.n_asked) for row in rows}
    assert held["fire"] == (1, 1, 1)
    assert held[""] == (1, 1, 0)


def test_a_report_is_sorted_beside_what_it_may_repeat(
    client: Client, people: People, noon: datetime
) -> None:
    now = clock.now()
    old = report(people, now - timedelta(days=1), category="fire_door", told="旧的说法")
    move(people.centre, old, "accept", now, category="fire_door")
    new = report(people, now, category="fire_door", told="新的说法")
    client.force_login(StaffMember.objects.get(username="c1"), BACKEND)
    page = client.get("/cases/triage").content.decode()
    assert "新的说法" in page
    assert "旧的说法" in page
    typed = {"verb": "join", "into": old.number, "seen": "1", "triage": "1"}
    answer = client.post(f"/cases/{new.number}/act", typed, follow=True)
    assert answer.redirect_chain[-1][0] == "/cases/triage"
    assert Case.objects.get(pk=new.pk).joined_to_id == old.pk
    assert "已全部分拣" in client.get("/cases/triage").content.decode()
    assert client.get("/cases/board").status_code == 200


def test_a_report_is_sorted_beside_what_was_told_in_like_words(
    client: Client, people: People
) -> None:
    now = clock.now()
    facts = {"category": "lighting", "told": "楼道的路灯不亮了", "place": "山塘街3号"}
    old = report(people, now - timedelta(days=1), **facts)
    move(people.centre, old, "accept", now, category="lighting")
    other = report(people, now - timedelta(days=1), told="燃气管道漏气", place="山塘街5号")
    move(people.centre, other, "accept", now, category="gas")
    new = report(people, now, category="fire_lane", told="楼道路灯不亮", place="山塘街7号")
    client.force_login(StaffMember.objects.get(username="c1"), BACKEND)
    page = client.get("/cases/triage", {"number": new.number}).content.decode()
    assert "楼道的路灯不亮了" in page
    assert f'name="into" value="{old.number}"' in page
    assert "燃气管道漏气" not in page


def test_a_day_off_moves_what_is_due(people: People, noon: datetime) -> None:
    admin = make_staff(Role.SYSTEM_ADMINISTRATOR, username="a1")
    case = bring_to_handled(people, noon)  # two working days to verify: Wednesday
    assert case.due_at is not None
    before = case.due_at
    day = date(2026, 11, 24)
    set_day(actor=admin, day=day, is_worked=False, name="防汛", now=noon)
    assert reckon_due() == 1
    case.refresh_from_db()
    assert case.due_at == before + timedelta(days=1)
    assert case.alarms.get(rung="due", rung_at=None).rings_at == case.due_at
    set_day(actor=admin, day=day, is_worked=None, name="", now=noon)
    assert not Holiday.objects.filter(day=day).exists()
    assert reckon_due() == 1
    with pytest.raises(DayUnfit):
        set_day(actor=admin, day=date(1066, 10, 14), is_worked=False, name="", now=noon)


def test_the_calendar_is_kept_on_its_page(client: Client) -> None:
    make_staff(Role.SYSTEM_ADMINISTRATOR, username="a1")
    client.force_login(StaffMember.objects.get(username="a1"), BACKEND)
    typed = {"day": "2026-12-05", "is": "worked", "name": "补班"}
    assert client.post("/cases/holidays", typed).status_code == 302
    assert "补班" in client.get("/cases/holidays?year=2026").content.decode()
    answer = client.post("/cases/holidays", typed | {"day": "2026-02-30"}, follow=True)
    assert "日历" in answer.content.decode()


def test_a_case_that_nobody_may_see_is_not_printed(client: Client, people: People) -> None:
    case = report(people, datetime.fromisoformat("2026-11-23T04:00:00+00:00"))
    client.force_login(StaffMember.objects.get(username="w2"), BACKEND)
    typed = {"verb": "remark", "case": [f"{case.number}@1"], "note": str(uuid4()), "g": grid().pk}
    page = client.post("/cases/bulk", typed).content.decode()
    assert "您不能执行此操作" in page
