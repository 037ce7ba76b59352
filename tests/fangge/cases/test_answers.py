"""Answers to who reported: filled from the case, changed before they are sent, kept in versions."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.fangge.cases.people import People, move
from tests.fangge.cases.test_pages import sign_in
from tests.fangge.portal.test_follow import enter
from tests.fangge.portal.test_follow import report as report_with_code
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.cases.actions.answers import AnswerChanged, AnswerUnfit, end_answer, write_answer
from fangge.cases.actions.following import open_followed
from fangge.cases.actions.transition import AnswerUnfilled
from fangge.cases.models.answer import AnswerTemplate
from fangge.cases.models.case import Case
from fangge.cases.queries.answers import answerable_categories, list_answers, offer_answers
from fangge.cases.rules.answers import (
    LONGEST_TEXT,
    PLACEHOLDERS,
    SAMPLE,
    Answer,
    check_answer,
    fill_answer,
    find_unfilled,
    shipped_answers,
)
from fangge.kernel import clock
from fangge.kernel.errors import Refused

LITTER = Answer("", "垃圾已清", "report_result", "litter", "您好，{地点}的垃圾已由{部门}清走。")
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.mark.parametrize(
    ("changed", "field", "code", "detail"),
    [
        ({"text": "请找{姓名}办理"}, "text", "unknown_placeholder", "姓名"),
        ({"text": "您好，{地点的垃圾已清走"}, "text", "brace", ""),
        ({"text": "请打13900001111"}, "text", "hidden_number", "13900001111"),
        ({"text": "好" * (LONGEST_TEXT + 1)}, "text", "too_long", str(LONGEST_TEXT)),
        ({"text": " "}, "text", "empty", ""),
        ({"title": ""}, "title", "empty", ""),
        ({"title": "长" * 81}, "title", "too_long", "80"),
        ({"verb": "remark"}, "verb", "unknown", "remark"),
        ({"category": "labour"}, "category", "unknown", "labour"),
    ],
)
def test_an_answer_that_cannot_be_read_by_its_reporter_is_refused(
    changed: dict[str, Any], field: str, code: str, detail: str
) -> None:
    (fault,) = check_answer(replace(LITTER, **changed), answerable_categories())
    assert (fault.field, fault.code, fault.detail) == (field, code, detail)


def test_the_answers_that_come_along_keep_to_the_rules() -> None:
    known = answerable_categories()
    assert {one.verb for one in shipped_answers().values()} == {"reject", "report_result", "close"}
    assert [fault for one in shipped_answers().values() for fault in check_answer(one, known)] == []


@given(st.lists(st.sampled_from([*(f"{{{name}}}" for name in PLACEHOLDERS), "您好", "。"])))
def test_filling_leaves_only_what_the_case_lacks(parts: list[str]) -> None:
    filled = fill_answer("".join(parts), SAMPLE)
    assert find_unfilled(filled) == ("结果" if "{结果}" in parts else "")
    assert fill_answer(filled, SAMPLE) == filled


@pytest.mark.django_db
def test_a_new_version_is_offered_and_the_old_one_kept(noon: datetime) -> None:
    actor = make_staff(Role.DISPATCHER, username="a1")
    first = write_answer(actor=actor, answer=LITTER, now=noon)
    seen = replace(LITTER, code=first.code, version=1)
    write_answer(actor=actor, answer=replace(seen, text="您好，{地点}已清扫。"), now=noon)
    (held,) = [one for one in list_answers(actor) if one.code == first.code]
    assert (held.version, held.text) == (2, "您好，{地点}已清扫。")
    old = AnswerTemplate.objects.get(code=first.code, version=1)
    assert (old.text, old.ended_at) == (LITTER.text, noon)
    kept = Entry.objects.filter(verb="answers.write", subject_id=first.code).order_by("pk")
    assert [one.reason for one in kept] == ["version 1", "version 2"]
    with pytest.raises(AnswerChanged):
        write_answer(actor=actor, answer=seen, now=noon)
    with pytest.raises(AnswerUnfit, match="姓名"):
        write_answer(actor=actor, answer=replace(LITTER, text="{姓名}，您好"), now=noon)
    with pytest.raises(Refused):
        write_answer(actor=make_staff(Role.HANDLER, username="a2"), answer=LITTER, now=noon)
    assert AnswerTemplate.objects.count() == 2


@pytest.mark.django_db
def test_an_answer_that_came_along_can_be_ended_and_offered_again(noon: datetime) -> None:
    actor = make_staff(Role.SYSTEM_ADMINISTRATOR, username="a1")
    end_answer(actor=actor, code="closed", seen=0, now=noon)
    held = {one.code: one for one in list_answers(actor)}["closed"]
    assert (held.version, held.is_offered) == (1, False)
    write_answer(actor=actor, answer=replace(held, text="您好，已结案。"), now=noon)
    held = {one.code: one for one in list_answers(actor)}["closed"]
    assert (held.version, held.is_offered, held.text) == (2, True, "您好，已结案。")


@pytest.mark.django_db
def test_an_answer_is_written_on_its_page_after_a_preview(client: Client) -> None:
    sign_in(client, Role.DISPATCHER, "a1")
    assert "不归本区办理" in client.get("/cases/answers").content.decode()
    typed = {"title": "垃圾已清", "verb": "report_result", "category": "litter", "seen": "0"}
    looked = typed | {"text": "您好，{地点}的垃圾已清走。", "do": "preview"}
    page = client.post("/cases/answers/new", looked).content.decode()
    assert "您好，平江路2号的垃圾已清走。" in page
    assert not AnswerTemplate.objects.exists()
    wrong = client.post("/cases/answers/new", typed | {"text": "{姓名}，您好", "do": "write"})
    assert wrong.status_code == 422
    assert "“姓名”没有可填的内容" in wrong.content.decode()
    assert client.post("/cases/answers/new", looked | {"do": "write"}).status_code == 302
    code = AnswerTemplate.objects.get().code
    page = client.get(f"/cases/answers/{code}").content.decode()
    assert "第 1 版" in page
    assert client.post(f"/cases/answers/{code}", looked | {"do": "write"}).status_code == 409
    ended = {"do": "end", "seen": "1"}
    assert "已停用" in client.post(f"/cases/answers/{code}", ended, follow=True).content.decode()
    assert client.get("/cases/answers/moon").status_code == 404
    sign_in(client, Role.HANDLER, "a2")
    assert client.get("/cases/answers").status_code == 403


@pytest.mark.django_db
def test_what_was_chosen_and_changed_is_what_the_reporter_reads(
    client: Client, people: People, noon: datetime
) -> None:
    del noon
    case, code = report_with_code(days=1)
    now = clock.now()
    move(people.centre, case, "accept", now, category="litter")
    move(people.centre, case, "dispatch", now, desk="fire")
    move(people.fire, case, "start", now)
    actor = make_staff(Role.DISPATCHER, username="a1")
    own = replace(LITTER, text="您好，您的上报（编号{编号}）已由{部门}办理：{结果}")
    answer = write_answer(actor=actor, answer=own, now=now)
    client.force_login(StaffMember.objects.get(username="f1"), BACKEND)
    address = f"/cases/{case.number}"
    assert "垃圾已清" in client.get(address).content.decode()
    page = client.get(f"{address}?answer={answer.code}").content.decode()
    case.refresh_from_db()
    assert case.desk is not None
    filled = f"您好，您的上报（编号{case.number}）已由{case.desk.office}办理：{{结果}}"
    assert f">{filled}</textarea>" in page
    typed = {"verb": "report_result", "note": filled, "seen": str(case.n_steps)}
    refused = client.post(f"{address}/act", typed)
    assert refused.status_code == 422
    assert "请把{结果}换成要说的内容" in refused.content.decode()
    assert f">{filled}</textarea>" in refused.content.decode()
    said = filled.replace("{结果}", "楼道已清扫，可电13900001111")
    assert client.post(f"{address}/act", typed | {"note": said}).status_code == 302
    told = enter(code).get("/follow/case").content.decode()
    assert f"您的上报（编号{case.number}）已由{case.desk.office}办理：楼道已清扫" in told
    assert "13900001111" not in told


@pytest.mark.django_db
def test_nothing_is_told_with_a_gap_in_it_by_whatever_way(people: People) -> None:
    assert offer_answers(Case(kind="dispute", category="labour"), ["reject"]) == {}
    case, code = report_with_code()
    later = clock.now() + timedelta(minutes=1)
    with pytest.raises(AnswerUnfilled):
        move(people.centre, case, "reject", later, note="{地点}不在本区")
    offered = offer_answers(case, ["reject", "accept"])
    assert list(offered) == ["reject"]
    text = next(text for held, _title, text in offered["reject"] if held == "not_ours")
    assert (case.number in text, "501室" in text) == (True, False)
    move(people.centre, case, "reject", later, note=text)
    assert open_followed(code=code, now=later).steps[-1].note == text
