"""Entries over HTTP: scope, masks, purposes and the trail they leave."""

import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.registers.models.address import Address
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str = "test-steward") -> bool:
    answer = client.post("/access/sign-in", {"username": username, "password": PASSWORD})
    return answer.status_code == 302


@pytest.fixture
def steward_client(client: Client) -> Client:
    make_staff(Role.STEWARD)
    assert sign_in(client)
    return client


def test_pages_ask_strangers_to_sign_in(client: Client) -> None:
    for page in ("/", "/registers/map", "/registers/addresses/", "/fusion/sources/"):
        assert client.get(page).headers["Location"].startswith("/access/sign-in"), page


def test_five_wrong_passwords_lock_the_account(client: Client) -> None:
    make_staff(Role.STEWARD)
    for _ in range(5):
        answer = client.post("/access/sign-in", {"username": "test-steward", "password": "wrong"})
    assert answer.status_code == 429
    assert not sign_in(client)


def test_a_resident_is_masked_until_a_purpose_is_given_and_the_look_is_kept(
    steward_client: Client,
) -> None:
    held = Occupancy.objects.filter(kind="resident", resident__identifier_hash__isnull=False)[0]
    resident = held.resident
    assert resident is not None
    url = f"/registers/residents/{resident.pk}"
    masked = steward_client.get(url).content.decode()
    assert resident.name not in masked
    opened = steward_client.post(url, {"purpose": "request"}).content.decode()
    assert resident.name in opened
    entry = Entry.objects.get(verb="residents.open", subject_id=resident.code)
    assert (entry.purpose, entry.actor) == ("request", "staff:test-steward")
    assert "identifier" in entry.fields


def test_a_purpose_opens_only_its_own_fields(steward_client: Client) -> None:
    held = Occupancy.objects.filter(kind="resident", resident__phone_hash__isnull=False)[0]
    answer = steward_client.post(f"/registers/residents/{held.resident_id}", {"purpose": "verify"})
    assert answer.context["opened"].phone is None
    assert (
        steward_client.post(
            f"/registers/residents/{held.resident_id}", {"purpose": "curious"}
        ).status_code
        == 422
    )


def test_what_is_out_of_scope_does_not_exist(client: Client) -> None:
    grid = Area.objects.filter(kind="grid").order_by("code").first()
    make_staff(Role.GRID_WORKER, area=grid)
    assert sign_in(client, "test-grid_worker")
    beyond = Address.objects.exclude(grid=grid).filter(level="room")[0]
    within = Address.objects.filter(grid=grid, level="room")[0]
    assert client.get(f"/registers/addresses/{beyond.pk}").status_code == 404
    assert client.get(f"/registers/addresses/{within.pk}").status_code == 200
    assert client.get(f"/registers/search?q={beyond.full_name}").context["addresses"] == []


def test_an_address_typed_loosely_is_found(steward_client: Client) -> None:
    room = Address.objects.filter(level="room", full_name__contains="单元")[0]
    site, inside = room.full_name.split("号", 1)
    road = site.split("街道", 1)[1]
    loose = f"{road}号{inside}".replace("幢", "号楼").replace("室", "")
    found = steward_client.get("/registers/search", {"q": loose}).context["addresses"]
    assert found[0][0] == room
    suggested = steward_client.get("/registers/suggest", {"q": loose}).json()["suggestions"]
    assert suggested[0]["label"] == room.full_name


def test_an_organisation_is_found_by_a_part_of_its_name(steward_client: Client) -> None:
    firm = Organisation.objects.order_by("id")[0]
    found = steward_client.get("/registers/search", {"q": firm.name[3:]}).context["firms"]
    assert firm in found


def test_residents_are_not_found_by_name(steward_client: Client) -> None:
    held = Occupancy.objects.filter(kind="resident")[0]
    assert held.resident is not None
    page = steward_client.get("/registers/search", {"q": held.resident.name})
    assert "/registers/residents/" not in page.content.decode()


def test_an_entry_shows_where_each_fact_came_from(steward_client: Client) -> None:
    room = Address.objects.filter(level="room")[0]
    page = steward_client.get(f"/registers/addresses/{room.pk}").content.decode()
    assert f"/fusion/records/{room.origins['full_name']}" in page
    lineage = steward_client.get(f"/fusion/records/{room.origins['full_name']}").content.decode()
    assert "addresses.gpkg" in lineage
    assert room.code in lineage


def test_lists_page_by_key_and_keep_to_a_query_budget(
    steward_client: Client, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        first = steward_client.get("/registers/addresses/?level=room")
    after = first.context["page"].next_key
    second = steward_client.get(f"/registers/addresses/?level=room&after={after}")
    assert {r.pk for r in first.context["page"].rows}.isdisjoint(
        r.pk for r in second.context["page"].rows
    )


def test_every_page_of_a_steward_opens_in_both_languages(steward_client: Client) -> None:
    building = Address.objects.filter(level="building")[0]
    pages = (
        "/", "/registers/map", "/registers/addresses/", "/registers/organisations/",
        f"/registers/buildings/{building.pk}", f"/registers/addresses/{building.pk}",
        "/registers/search?q=花园", "/fusion/sources/", "/fusion/sources/police_population",
        "/fusion/quarantine/", "/fusion/batches/1",
    )  # fmt: skip
    for language in ("zh-hans", "en"):
        steward_client.post("/i18n/setlang/", {"language": language, "next": "/"})
        for page in pages:
            assert steward_client.get(page).status_code == 200, (language, page)


def test_a_point_finds_its_grid_and_who_is_on_duty(steward_client: Client) -> None:
    building = Address.objects.filter(level="building").exclude(grid=None)[0]
    assert building.grid is not None
    assert building.position is not None
    make_staff(Role.GRID_WORKER, area=building.grid)
    where = {"lon": str(building.position.lon), "lat": str(building.position.lat)}
    found = steward_client.get("/registers/at", where).json()
    assert (found["grid"], found["on_duty"]) == (building.grid.name, ["测试"])
    assert steward_client.get("/registers/at", {"lon": "0", "lat": "0"}).json() == {"grid": None}
    assert steward_client.get("/registers/at", {"lon": "here"}).status_code == 422


def test_a_record_beyond_the_own_area_does_not_exist(client: Client) -> None:
    grid = Area.objects.filter(kind="grid").order_by("code").first()
    make_staff(Role.GRID_WORKER, area=grid)
    assert sign_in(client, "test-grid_worker")
    beyond = Address.objects.exclude(grid=grid).filter(level="room")[0]
    within = Address.objects.filter(grid=grid, level="room")[0]
    assert client.get(f"/fusion/records/{beyond.origins['name']}").status_code == 404
    assert client.get(f"/fusion/records/{within.origins['name']}").status_code == 200
