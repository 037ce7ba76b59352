"""The pages of cases."""

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.cases.actions.report import Report, report_case
from fangge.cases.models.case import Case
from fangge.kernel.actor import Actor
from fangge.registers.models.address import Address

pytestmark = pytest.mark.django_db


def sign_in(client: Client, role: Role, username: str, area: Area | None = None) -> Actor:
    actor = make_staff(role, username=username, area=area)
    client.force_login(
        StaffMember.objects.get(username=username),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return actor


def test_a_worker_reports_what_the_centre_sends_on(client: Client, noon: datetime) -> None:
    place = Address.objects.filter(level="building", ends_on=None, grid__isnull=False)[0]
    sign_in(client, Role.GRID_WORKER, "w", place.grid)
    token = str(uuid4())
    typed = {"told": "消防通道被堵", "place": place.full_name, "category": "fire_lane"}
    first = client.post("/cases/report", typed | {"token": token})
    again = client.post("/cases/report", typed | {"token": token})
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    case = Case.objects.get(number=first["Location"].rsplit("/", 1)[1])
    assert (case.address_id, case.grid_id, case.severity) == (place.pk, place.grid_id, 1)
    near = client.get("/cases/nearby", {"place": place.full_name, "category": "fire_lane"})
    assert case.number in near.content.decode()
    sign_in(client, Role.DISPATCHER, "c")
    assert case.number in client.get("/cases/").content.decode()
    page = client.get(f"/cases/{case.number}").content.decode()
    assert "消防通道被堵" in page
    acted = {"verb": "accept", "category": "fire_lane", "seen": "1"}
    assert client.post(f"/cases/{case.number}/act", acted).status_code == 302
    page = client.get(f"/cases/{case.number}").content.decode()
    assert '<option value="fire" selected>' in page  # as the routing table says
    late = client.post(f"/cases/{case.number}/act", acted, follow=True)
    assert "您的操作未执行" in late.content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"verb": "reject", "note": " "}, "note"),
        ({"verb": "accept", "category": "moon"}, "moon"),
        ({"verb": "accept", "until": "2026-02-30", "category": "gas"}, "日历"),
    ],
)
def test_what_a_move_lacks_is_told_on_the_page(
    client: Client, noon: datetime, typed: dict[str, str], field: str
) -> None:
    actor = sign_in(client, Role.DISPATCHER, "c")
    told = Report(told="漏水", place="平江路2号")
    case, _ = report_case(actor=actor, report=told, token=uuid4(), now=noon)
    answer = client.post(f"/cases/{case.number}/act", typed)
    assert answer.status_code == 422
    assert field in answer.content.decode()
    assert Case.objects.get(pk=case.pk).n_steps == 1


def test_what_was_typed_is_kept_when_a_report_lacks_something(client: Client) -> None:
    sign_in(client, Role.HANDLER, "h")
    answer = client.post("/cases/report", {"told": "漏水了，一直在漏", "place": ""})
    assert answer.status_code == 422
    assert "漏水了，一直在漏" in answer.content.decode()
    assert client.get("/cases/20261123-999999").status_code == 404
