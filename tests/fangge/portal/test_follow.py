"""The public page by tracking code."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.fangge.cases.people import move, sit
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.cases.actions.following import RatingRefused, rate_followed, read_rating
from fangge.cases.actions.report import Report, report_case
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.models.rating import CaseRating
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.portal.views.follow import MOST_WRONG

pytestmark = pytest.mark.django_db
TOLD = "楼上张小四家漏水，电话13900001111"


def report(told: str = TOLD, category: str = "litter", days: int = 0) -> tuple[Case, str]:
    worker = make_staff(Role.GRID_WORKER, username=f"w-{uuid4().hex[:6]}")
    facts = Report(told=told, place="平江路2号501室", category=category, contact="13900001111")
    at = clock.now() - timedelta(days=days)
    return report_case(actor=worker, report=facts, token=uuid4(), now=at)


def centre() -> Actor:
    return make_staff(Role.DISPATCHER, username=f"c-{uuid4().hex[:6]}")


def close(case: Case, boss: Actor, desk: str = "city") -> None:
    now = clock.now()
    worker = sit(desk, f"h-{uuid4().hex[:6]}", now - timedelta(days=1))
    witness = make_staff(Role.GRID_WORKER, username=f"v-{uuid4().hex[:6]}")
    move(boss, case, "accept", now, category=case.category)
    move(boss, case, "dispatch", now, desk=desk)
    move(worker, case, "start", now)
    move(worker, case, "report_result", now, note="已清运，联系人李五13800002222")
    move(witness, case, "verify", now, note="现场已清")
    move(boss, case, "close", now)


def enter(code: str) -> Client:
    client = Client(raise_request_exception=False)
    answer = client.post("/follow/", {"code": code})
    assert answer.status_code == 302
    return client


def page_of(client: Client) -> str:
    return client.get("/follow/case").content.decode()


def test_the_page_says_what_comes_next_and_names_nobody() -> None:
    case, code = report()
    client = enter(f" {code[:5].lower()}-{code[5:]} ")
    page = page_of(client)
    assert "区中心阅读您的上报" in page
    assert "前完成" in page
    for hidden in ("张小四", "13900001111", "501", code, "w-"):
        assert hidden not in page
    close(case, centre())
    page = page_of(client)
    assert "已清运" in page
    assert "13800002222" not in page
    assert "现场已清" not in page  # between offices
    english = client.get("/follow/case", headers={"accept-language": "en"}).content.decode()
    assert "What comes next" in english
    assert "The case is closed" in english


def test_of_a_dispute_no_word_is_shown() -> None:
    case, code = report(category="neighbours")
    boss = centre()
    move(boss, case, "reject", clock.now(), note="双方已自行和解")
    page = page_of(enter(code))
    assert "区中心未受理" in page
    assert "双方已自行和解" not in page


def test_the_reporter_takes_it_back_objects_and_opens_it_again() -> None:
    boss = centre()
    case, code = report()
    client = enter(code)
    assert act(client, case, "withdraw").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.is_open) == ("withdrawn", False)
    other, code = report()
    move(boss, other, "reject", clock.now(), note="不在本区")
    client = enter(code)
    assert "不在本区" in page_of(client)
    assert act(client, other, "appeal", "").status_code == 422
    act(client, other, "appeal", "就在本区平江路")
    other.refresh_from_db()
    assert other.state == "reported"
    close(other, boss)
    act(client, other, "reopen", "垃圾又堆起来了")
    other.refresh_from_db()
    assert other.state == "accepted"
    assert set(CaseStep.objects.filter(verb="reopen").values_list("actor", flat=True)) == {
        f"code:{other.number}"
    }


def act(client: Client, case: Case, verb: str, note: str = "") -> HttpResponse:
    case.refresh_from_db()
    given = {"verb": verb, "note": note, "seen": str(case.n_steps)}
    answer: HttpResponse = client.post("/follow/act", given)  # type: ignore[assignment]  # what the stubs call it
    return answer


def test_a_code_opens_its_own_case_and_no_act_of_the_office() -> None:
    case, code = report()
    other, _ = report()
    client = enter(code)
    for verb in ("accept", "reject", "close", "dispatch"):
        act(client, case, verb, "x")
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.state, other.state, case.n_steps) == ("reported", "reported", 1)
    stale = client.post("/follow/act", {"verb": "withdraw", "seen": "0"}, follow=True)
    assert "您的操作未执行" in stale.content.decode()
    stranger = Client()
    assert stranger.get("/follow/case").status_code == 302
    assert stranger.post("/follow/act", {"verb": "withdraw"})["Location"] == "/follow/"
    stranger.cookies["fangge_followed"] = code
    assert stranger.get("/follow/case").status_code == 302


def test_a_rating_is_given_once_and_may_be_thought_over_for_a_week() -> None:
    case, code = report()
    boss = centre()
    client = enter(code)
    assert 'id="rate"' not in page_of(client)
    assert client.post("/follow/rate", {"score": "5"}).status_code == 302
    assert not CaseRating.objects.exists()
    close(case, boss)
    assert client.post("/follow/rate", {"score": "6"}).status_code == 422
    client.post("/follow/rate", {"score": "2", "text": "太慢"})
    client.post("/follow/rate", {"score": "4", "text": "后来好了"})
    case.refresh_from_db()
    assert read_rating(case) == (4, "后来好了")
    assert CaseRating.objects.count() == 2  # the first is kept
    with pytest.raises(RatingRefused):
        rate_followed(code=code, score=1, text="", now=clock.now() + timedelta(days=8))
    act(client, case, "reopen", "又坏了")
    assert 'id="rate"' not in page_of(client)


def test_who_reported_the_same_sees_the_way_of_the_case_it_was_joined_to() -> None:
    first, _ = report()
    second, code = report(told="同一处垃圾")
    boss = centre()
    move(boss, second, "join", clock.now(), into=first.number)
    client = enter(code)
    assert "合并办理" in page_of(client)
    close(first, boss)
    page = page_of(client)
    assert "已清运" in page
    client.post("/follow/rate", {"score": "5"})
    second.refresh_from_db()
    assert read_rating(second) == (5, "")


def test_wrong_codes_are_limited() -> None:
    client = Client(REMOTE_ADDR="10.9.8.7")
    _, code = report()
    statuses = [
        client.post("/follow/", {"code": "A" * 10}).status_code for _ in range(2 * MOST_WRONG + 1)
    ]
    assert statuses[: MOST_WRONG - 1] == [403] * (MOST_WRONG - 1)
    assert statuses[-1] == 429
    assert client.post("/follow/", {"code": code}).status_code == 429
    other = Client(REMOTE_ADDR="10.9.8.8")
    assert other.post("/follow/", {"code": code}).status_code == 302


def test_the_receipt_is_shown_once_to_who_reported(client: Client, noon: datetime) -> None:
    from fangge.access.models import StaffMember

    make_staff(Role.GRID_WORKER, username="w-receipt")
    client.force_login(
        StaffMember.objects.get(username="w-receipt"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    typed = {"told": "路灯不亮", "place": "平江路2号", "token": str(uuid4())}
    there = client.post("/cases/report", typed)["Location"]
    assert f"{there}/receipt" in client.get(there).content.decode()
    page = client.get(f"{there}/receipt").content.decode()
    found = re.search(r'class="slip-code">([A-Z0-9]{10})<', page)
    assert found
    assert "<svg" in page
    assert client.get(f"{there}/receipt").status_code == 404
    assert enter(found[1]).get("/follow/case").status_code == 200
