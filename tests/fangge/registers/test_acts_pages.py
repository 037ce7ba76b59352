"""Changing an address over HTTP, and what its page and its old code then say."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.kernel import clock
from fangge.registers.models.act import AddressAct
from fangge.registers.models.address import Address

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(role: Role) -> Client:
    make_staff(role)
    client = Client()
    client.force_login(StaffMember.objects.get(username=f"test-{role}"), BACKEND)
    return client


def today() -> date:
    return timezone.localdate(clock.now())


def asked(act: str, **fields: str) -> dict[str, str]:
    return {"act": act, "effective_on": today().isoformat(), "reason": "新门牌", **fields}


def a_building() -> Address:
    return Address.objects.filter(level="building", ends_on=None).order_by("id")[0]


def test_a_number_is_changed_seen_and_undone() -> None:
    client, building = sign_in(Role.STEWARD), a_building()
    page, url = f"/registers/addresses/{building.pk}", f"/registers/addresses/{building.pk}/change"
    assert f'href="{url}"' in client.get(page).content.decode()
    assert "个下级地址的全称随之改变" in client.get(url).content.decode()
    answer = client.post(url, asked("renumber", name="91幢"))
    assert answer.headers["Location"] == page
    text = client.get(page).content.decode()
    assert "改号" in text
    assert "新门牌" in text
    assert f"{building.name}</td>" in text, "the former name stands with its period"
    act = AddressAct.objects.get(address=building)
    assert client.post(f"/registers/addresses/acts/{act.pk}/undo").headers["Location"] == page
    assert Address.objects.get(pk=building.pk).full_name == building.full_name


def test_an_old_code_leads_to_what_took_its_place() -> None:
    client, building = sign_in(Role.STEWARD), a_building()
    child = building.children.order_by("id")[0]
    url = f"/registers/addresses/{building.pk}/change"
    parts = {"parts": "91幢\n92幢", f"place-{child.pk}": "1"}
    shown = client.post(url, asked("split", **parts, only="show")).content.decode()
    assert child.name in shown
    assert not AddressAct.objects.exists()
    assert client.post(url, asked("split", **parts)).status_code == 302
    landed = client.get(f"/registers/addresses/code/{building.code}", follow=True)
    text = landed.content.decode()
    assert "已注销" in text
    assert "91幢" in text
    assert "92幢" in text
    told = client.get(f"/api/addresses/{building.code}").json()
    assert [one["name"] for one in told["successors"]] == ["91幢", "92幢"]
    part = client.get(f"/api/addresses/{told['successors'][1]['code']}").json()
    assert [one["code"] for one in part["predecessors"]] == [building.code]
    assert Address.objects.get(pk=child.pk).full_name.endswith(f"92幢{child.name}")


def test_a_target_is_found_by_typing_and_a_day_to_come_waits() -> None:
    client, building = sign_in(Role.STEWARD), a_building()
    estate = building.parent
    assert estate is not None
    other = Address.objects.filter(level="estate").exclude(pk=estate.pk).order_by("id")[0]
    url = f"/registers/addresses/{building.pk}/change"
    typed = asked("move", find=other.full_name, only="show")
    assert other.code in client.post(url, typed).content.decode()
    later = (today() + timedelta(days=40)).isoformat()
    client.post(url, asked("renumber", name="91幢"))
    kept = client.post(url, asked("move", target=other.code, effective_on=later))
    assert kept.status_code == 302
    page = client.get(f"/registers/addresses/{building.pk}").content.decode()
    assert "待到期执行" in page
    assert Address.objects.get(pk=building.pk).parent_id == building.parent_id


def test_what_is_wrong_is_told_on_the_form_with_what_was_typed() -> None:
    client, building = sign_in(Role.STEWARD), a_building()
    url = f"/registers/addresses/{building.pk}/change"
    answer = client.post(url, asked("renumber", name="甲乙"))
    assert answer.status_code == 422
    assert "编号写法不对" in answer.content.decode()
    assert 'value="甲乙"' in answer.content.decode()
    no_day = client.post(url, asked("renumber", name="91幢", effective_on="soon"))
    assert "请选择生效日期" in no_day.content.decode()
    assert client.post(url, asked("merge", target="nothing")).status_code == 404


def test_others_neither_see_the_button_nor_reach_the_page() -> None:
    client, building = sign_in(Role.ANALYST), a_building()
    page = f"/registers/addresses/{building.pk}"
    assert "/change" not in client.get(page).content.decode()
    assert client.get(f"{page}/change").status_code == 403
