"""Markup in names, notes and questions: pages show it as text, wherever it came from."""

import html
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.attacks.visitors import IMAGE, SCRIPT, enter
from tests.fangge.portal.visiting import residents, visit_as

from fangge.kernel import clock
from fangge.portal.rules.codes import COOKIE
from fangge.registers.models.address import Address
from fangge.registers.models.organisation import Organisation

pytestmark = pytest.mark.django_db
HARM = f"{SCRIPT}{IMAGE}"
REFLECTED = (
    "/registers/search?q=", "/registers/addresses/?text=", "/registers/organisations/?text=",
    "/registers/organisations/?state=", "/registers/returns/new?title=",
    "/registers/returns/new?purpose=", "/fusion/findings/?rule=", "/fusion/findings/?state=",
    "/fusion/quarantine/?source=", "/fusion/requests/?event=", "/fusion/review/?kind=",
    "/fusion/events/new?event=arrive&address=", "/access/sign-in?next=", "/registers/read?text=",
)  # fmt: skip


def assert_shown(page: bytes, text: str = HARM) -> None:
    shown = page.decode()
    assert text not in shown
    assert SCRIPT not in shown
    assert "<img src=x" not in shown
    assert html.escape(text, quote=True).replace("&#x27;", "&#39;") in shown


@pytest.mark.parametrize("page", REFLECTED)
def test_what_an_address_carries_is_no_markup(page: str) -> None:
    answer = enter().get(page + HARM)
    assert answer.status_code < 500
    assert SCRIPT.encode() not in answer.content
    assert b"<img src=x" not in answer.content


def test_a_name_of_a_firm_or_an_address_is_text_on_every_page_that_shows_it() -> None:
    firm = Organisation.objects.exclude(address=None).filter(ends_on=None).order_by("id")[0]
    Organisation.objects.filter(pk=firm.pk).update(name=HARM)
    road = Address.objects.filter(level="road").order_by("id")[0]
    Address.objects.filter(pk=road.pk).update(name=HARM, full_name=HARM)
    client = enter()
    for page in (
        f"/registers/organisations/{firm.pk}", "/registers/organisations/?text=<script>",
        f"/registers/addresses/{road.pk}", "/registers/addresses/?level=road",
    ):  # fmt: skip
        assert_shown(client.get(page).content)
    told = client.get("/registers/suggest", {"q": SCRIPT})
    assert told.headers["Content-Type"] == "application/json"
    assert told.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_of_a_resident_is_text_for_staff_and_in_the_residents_own_copy() -> None:
    (resident,) = residents(1)
    token, _visit = visit_as(resident, clock.now())
    type(resident).objects.filter(pk=resident.pk).update(name=HARM)
    page = reverse("registers:resident", kwargs={"resident_id": resident.pk})
    assert_shown(enter().post(page, {"purpose": "request"}).content)
    visitor = Client()
    visitor.cookies[COOKIE] = token
    assert_shown(visitor.post("/own/copy", {"form": "html"}).content)


def test_what_a_resident_writes_is_text_at_the_office() -> None:
    (resident,) = residents(1)
    token, _visit = visit_as(resident, clock.now())
    visitor = Client()
    visitor.cookies[COOKIE] = token
    assert visitor.post("/own/delete", {"text": HARM}).status_code == 302
    assert_shown(visitor.get("/own/rights").content)
    client = enter()
    where = reverse("portal:claims")
    number = client.get(where).context["rows"][0].number
    assert_shown(client.get(f"{where}{number}").content)


def test_a_return_shows_what_was_asked_as_text() -> None:
    client = enter()
    where = client.post(
        "/registers/returns/new",
        {
            "title": HARM, "department": HARM, "register": "resident", "purpose": "statistics",
            "reason": HARM, "legal_basis": HARM, "day": date(2026, 11, 20).isoformat(),
            "is_total": "1", "fields": ["community", "sex"],
        },
    ).headers["Location"]  # fmt: skip
    assert_shown(client.get(where).content)
    assert_shown(client.get("/registers/returns/").content)


def test_the_question_of_a_task_and_its_take_back_are_text() -> None:
    building = Address.objects.filter(level="building").exclude(grid=None).order_by("id")[0]
    client = enter()
    asked = client.post(
        "/fieldwork/new",
        {"address": str(building.pk), "question": HARM, "due_on": "2099-01-01"},
        follow=True,
    )
    assert SCRIPT.encode() not in asked.content
    assert b"&lt;script&gt;" in asked.content


def test_the_name_of_a_file_is_text() -> None:
    file = SimpleUploadedFile('x"><img src=x onerror=alert(1)>.csv', b"a,b\n1,2\n")
    client = enter()
    for button in ({"try": "1"}, {}):
        page = client.post(
            reverse("fusion:bring-in", kwargs={"code": "market_organisations"}),
            button | {"file": file},
            follow=True,
        )
        assert b"<img src=x" not in page.content
