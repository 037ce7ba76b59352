"""The system administrator lets people in; the security administrator says what they may do."""

import html
import re

import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff

from fangge.access.actions.staff import open_account
from fangge.access.models import Assignment, StaffMember, StaffSession
from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.kernel.errors import Refused

pytestmark = pytest.mark.django_db
FORM = {"username": "wang.min", "name": "王敏", "office": "平江街道办事处"}
OWN = "Bridge-over-water-8"


def enter(role: Role) -> Client:
    make_staff(role)
    client = Client()
    client.force_login(
        StaffMember.objects.get(username=f"test-{role}"),
        "django.contrib.auth.backends.ModelBackend",
    )
    return client


def sign_in(username: str, password: str) -> Client:
    client = Client()
    client.post("/access/sign-in", {"username": username, "password": password})
    return client


def test_one_registers_somebody_another_gives_a_role_and_the_password_becomes_their_own() -> None:
    answer = enter(Role.SYSTEM_ADMINISTRATOR).post("/access/accounts", FORM)
    told = re.search(r'<code class="secret">([^<]+)<', answer.content.decode())
    assert told is not None
    staff = StaffMember.objects.get(username="wang.min")
    assert (staff.name, staff.office, staff.password_is_temporary) == ("王敏", FORM["office"], True)
    assert not Assignment.objects.filter(staff=staff).exists()
    day = {"role": "steward", "area": "", "until": "2099-12-31"}
    security = enter(Role.SECURITY_ADMINISTRATOR)
    assert security.post(f"/access/staff/{staff.pk}/assign", day).status_code == 302
    held = Assignment.objects.get(staff=staff)
    assert held.ends_at is not None
    assert f"{held.ends_at:%Y}" == "2099"
    client = sign_in("wang.min", html.unescape(told[1]))
    assert client.get("/fusion/sources/").headers["Location"] == "/access/account/password"
    taken = {"current": html.unescape(told[1]), "fresh": OWN, "again": OWN}
    client.post("/access/account/password", taken)
    staff.refresh_from_db()
    assert not staff.password_is_temporary
    kept = Entry.objects.filter(subject_id="wang.min").values_list("verb", "actor")
    assert ("staff.register", "staff:test-system_administrator") in kept
    assert ("staff.assign", "staff:test-security_administrator") in kept


def test_neither_administrator_does_the_others_work() -> None:
    make_staff(Role.STEWARD, username="somebody")
    somebody = StaffMember.objects.get(username="somebody")
    system, security = enter(Role.SYSTEM_ADMINISTRATOR), enter(Role.SECURITY_ADMINISTRATOR)
    assert (
        system.post(f"/access/staff/{somebody.pk}/assign", {"role": "analyst"}).status_code == 403
    )
    assert system.get("/access/staff").status_code == 403
    assert security.post("/access/accounts", FORM).status_code == 403
    assert not StaffMember.objects.filter(username="wang.min").exists()
    with pytest.raises(Refused):
        open_account(actor=make_staff(Role.STEWARD), now=clock.now(), **FORM)


@pytest.mark.parametrize(
    ("field", "text"),
    [("username", "Wang Min"), ("username", "test-steward"), ("username", "x" * 41), ("name", " "),
     ("name", "名" * 61), ("office", "")],
)  # fmt: skip
def test_what_an_account_lacks_is_told_at_its_field_and_what_was_typed_stays(
    field: str, text: str
) -> None:
    make_staff(Role.STEWARD)
    answer = enter(Role.SYSTEM_ADMINISTRATOR).post("/access/accounts", FORM | {field: text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-fault"', page) == [field]
    assert f'href="#{field}"' in page
    kept = next(value for name, value in FORM.items() if name != field)
    assert f'value="{kept}"' in page
    assert not StaffMember.objects.filter(office=FORM["office"]).exists()


@pytest.mark.parametrize("until", ["2020-01-01", "2026-13-45", "soon"])
def test_a_role_does_not_end_on_a_day_that_has_passed_or_is_none(until: str) -> None:
    make_staff(Role.STEWARD, username="somebody")
    somebody = StaffMember.objects.get(username="somebody")
    given = {"role": "analyst", "area": "", "until": until}
    answer = enter(Role.SECURITY_ADMINISTRATOR).post(f"/access/staff/{somebody.pk}/assign", given)
    assert answer.status_code == 422
    assert 'id="until-fault"' in answer.content.decode()
    assert not Assignment.objects.filter(staff=somebody, role="analyst").exists()


@pytest.mark.parametrize(
    ("role", "page"),
    [(Role.SYSTEM_ADMINISTRATOR, "accounts"), (Role.SECURITY_ADMINISTRATOR, "staff")],
)
def test_accounts_are_searched_and_paged_and_an_empty_list_says_so(role: Role, page: str) -> None:
    client, now = enter(role), clock.now()
    StaffMember.objects.bulk_create(
        StaffMember(username=f"paged{n:03}", name="翻页", office="测试所", joined_at=now)
        for n in range(60)
    )
    first = client.get(f"/access/{page}", {"text": "测试所"}).content.decode()
    behind = client.get(f"/access/{page}", {"text": "翻页", "after": "paged049"}).content.decode()
    assert all(f">{one}<" in first for one in ("paged000", "paged049"))
    assert ">paged050<" not in first
    assert all(f">{one}<" in behind for one in ("paged050", "paged059"))
    assert ">paged049<" not in behind
    assert "paged" not in client.get(f"/access/{page}", {"text": "nobody"}).content.decode()


def test_a_suspended_person_is_out_at_once() -> None:
    make_staff(Role.STEWARD)
    client = sign_in("test-steward", PASSWORD)
    assert StaffSession.objects.filter(staff__username="test-steward", ended_at=None).exists()
    staff = StaffMember.objects.get(username="test-steward")
    enter(Role.SECURITY_ADMINISTRATOR).post(f"/access/sign-ins/{staff.pk}/suspend")
    assert not StaffSession.objects.filter(staff=staff, ended_at=None).exists()
    assert client.get("/").status_code == 302
    assert "/access/sign-in" in client.get("/").headers["Location"]
