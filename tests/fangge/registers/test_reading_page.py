"""The page that reads addresses."""

import pytest
from django.test import Client
from django.utils.html import escape
from tests.awkward import AWKWARD
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.registers.models.address import Address

pytestmark = pytest.mark.django_db
URL = "/registers/addresses/read"


@pytest.fixture
def analyst_client(client: Client) -> Client:
    make_staff(Role.ANALYST)
    client.post("/access/sign-in", {"username": "test-analyst", "password": PASSWORD})
    return client


def test_each_line_is_read_and_matched(analyst_client: Client) -> None:
    room = Address.objects.filter(level="room", full_name__contains="单元").order_by("id")[0]
    page = analyst_client.post(URL, {"texts": f"{room.full_name}\n\n<b>月亮上</b>"})
    text = page.content.decode()
    assert "可以认定" in text
    assert f"/registers/addresses/{room.pk}" in text
    assert "&lt;b&gt;月亮上" in text
    assert page.headers["Cache-Control"] == "no-store"


def test_what_is_too_long_is_told_and_what_is_too_much_is_left(analyst_client: Client) -> None:
    answer = analyst_client.post(URL, {"texts": "临顿路1号\n" + "观" * 1001})
    assert answer.status_code == 422
    assert "第 2 行" in answer.content.decode()
    many = analyst_client.post(URL, {"texts": "临顿路1号\n" * 60})
    assert "后面 10 行没有读" in many.content.decode()


def test_any_text_is_shown_as_it_stands(analyst_client: Client) -> None:
    texts = [text for text in AWKWARD.values() if text.strip() and len(text) <= 1000]
    answer = analyst_client.post(URL, {"texts": "\n".join(texts)})
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>alert" not in shown
    assert escape(AWKWARD["query"]) in shown


def test_those_who_see_no_addresses_see_no_page(client: Client) -> None:
    make_staff(Role.AUDITOR)
    client.post("/access/sign-in", {"username": "test-auditor", "password": PASSWORD})
    assert client.get(URL).status_code == 403
    assert URL not in client.get("/").content.decode()
