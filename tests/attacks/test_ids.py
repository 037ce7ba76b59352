"""Numbers that somebody guessed, and fields that nobody asked for."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.attacks.visitors import enter
from tests.fangge.portal.visiting import residents, visit_as
from tests.makers import make_staff

from fangge.access.models import Assignment, StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.portal.rules.codes import COOKIE
from fangge.registers.models.address import Address
from fangge.registers.models.resident import Resident
from fangge.registers.models.returns import DepartmentalReturn

pytestmark = pytest.mark.django_db
UNKNOWN = 2_000_000_000
GUESSED = {
    "registers:building": ("building_id", "registers_address WHERE level = 'building' AND"),
    "registers:address": ("address_id", "registers_address WHERE"),
    "registers:organisation": ("organisation_id", "registers_organisation WHERE"),
    "registers:resident": (
        "resident_id",
        (
            "registers_resident WHERE id NOT IN (SELECT resident_id FROM registers_occupancy"
            " WHERE resident_id IS NOT NULL AND grid_id = %(own)s) AND id IN"
            " (SELECT resident_id FROM registers_occupancy WHERE grid_id = %(other)s) AND"
        ),
    ),
}


def grids() -> tuple[Area, Area]:
    held = Area.objects.filter(kind="grid", address__isnull=False).distinct().order_by("code")
    return held[0], held[1]


def told(client: Client, address: str) -> tuple[int, str]:
    """Give what an answer says, without the number that was asked for and what is once only."""
    answer = client.get(address, headers={"accept": "application/json"})
    return answer.status_code, re.sub(r"\d+", "N", answer.content.decode())


@pytest.mark.parametrize("route", GUESSED)
def test_anothers_entry_answers_as_one_that_never_was(route: str) -> None:
    own, other = grids()
    name, table = GUESSED[route]
    where = "true" if "%(other)s" in table else "grid_id = %(other)s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(id) FROM {table} {where}",  # noqa: S608 - our own table
            {"own": own.pk, "other": other.pk},
        )
        guessed = cursor.fetchone()[0]
    assert guessed is not None
    worker = enter(Role.GRID_WORKER, area=own)
    there, nowhere = (
        told(worker, reverse(route, kwargs={name: number})) for number in (guessed, UNKNOWN)
    )
    assert there == nowhere
    assert there[0] == 404


def test_anothers_code_answers_in_the_json_face_as_one_that_never_was() -> None:
    own, other = grids()
    code = Address.objects.filter(grid=other).order_by("id")[0].code
    worker = enter(Role.GRID_WORKER, area=own)
    asked = [worker.get(f"/api/addresses/{one}") for one in (code, "9" * len(code))]
    assert [one.status_code for one in asked] == [404, 404]
    texts = [one.content.decode().replace(code, "").replace("9" * len(code), "") for one in asked]
    assert texts[0] == texts[1]


def test_a_resident_reaches_no_look_at_another() -> None:
    mine, other = residents()
    token, _visit = visit_as(mine, clock.now())
    enter().get(reverse("registers:resident", kwargs={"resident_id": other.pk}))
    entry = Entry.objects.filter(subject_kind="resident", subject_id=other.code).latest("id")
    visitor = Client(raise_request_exception=False)
    visitor.cookies[COOKIE] = token
    for page in ("/api/own/looks/%s/proof", "/own/looks/%s/proof"):
        assert told(visitor, page % entry.pk) == told(visitor, page % UNKNOWN)


def test_fields_that_no_form_offers_change_nothing() -> None:
    """Each form is sent with all that an attacker would like to set besides."""
    security = enter(Role.SECURITY_ADMINISTRATOR)
    steward = make_staff(Role.STEWARD, username="attack-target")
    staff = StaffMember.objects.get(username="attack-target")
    before = _state(staff)
    wished = {
        "is_superuser": "1", "is_staff": "1", "is_active": "1", "role": "auditor", "id": "1",
        "state": "approved", "decided_by": steward.reference, "asked_by": "staff:other",
        "identifier_hash": "00", "code": "999", "ends_on": "2020-01-01", "grid_id": "1",
        "username": "attack-renamed", "password": "x", "actor": "system", "verbs": "audit.see",
    }  # fmt: skip
    security.post(reverse("access:give-password", kwargs={"staff_id": staff.pk}), wished)
    security.post(reverse("access:unlock", kwargs={"staff_id": staff.pk}), wished)
    assert _state(staff) == before
    asking = enter(username="attack-asking")
    asking.post(
        "/registers/returns/new",
        wished | {
            "title": "网格人口结构", "department": "区统计局", "register": "resident",
            "purpose": "statistics", "reason": "年度统计", "legal_basis": "《统计法》第七条",
            "day": "2026-11-20", "is_total": "1", "fields": ["community", "sex"],
        },
    )  # fmt: skip
    held = DepartmentalReturn.objects.latest("id")
    assert (held.state, held.asked_by) == ("waiting", "staff:attack-asking")


def test_opening_a_resident_with_more_fields_opens_and_changes_no_more() -> None:
    (resident,) = residents(1)
    page = reverse("registers:resident", kwargs={"resident_id": resident.pk})
    kept = _columns(resident.pk)
    wished = {"fields": ["identifier", "phone"], "name": "改名", "ends_on": "2020-01-01"}
    opened = enter().post(page, {"purpose": "verify", **wished})
    assert opened.context["opened"].phone is None
    assert _columns(resident.pk) == kept


def test_the_json_face_takes_no_more_than_it_names() -> None:
    client = enter()
    body = {"texts": ["临顿路88号"], "actor": "system", "grid_ids": None, "n_most": 1, "id": 1}
    bare = {"texts": ["临顿路88号"], "n_most": 1}
    answers = [
        client.post("/api/addresses/match", one, "application/json").json() for one in (body, bare)
    ]
    assert answers[0] == answers[1]


def _state(staff: StaffMember) -> tuple[object, ...]:
    held = StaffMember.objects.get(pk=staff.pk)
    roles = list(Assignment.objects.filter(staff=held).values_list("role", flat=True))
    return held.username, held.is_active, roles


def _columns(number: int) -> dict[str, Any]:
    return dict(Resident.objects.filter(pk=number).values()[0])
