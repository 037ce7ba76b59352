"""A building's elevation, its tiles over HTTP, and what each role finds there."""

import mapbox_vector_tile
import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff, steward

from fangge.access.rules import Role
from fangge.kernel.errors import Refused
from fangge.registers.models.address import Address
from fangge.registers.models.change import EntryChange
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.queries.buildings import Room, get_elevation

pytestmark = pytest.mark.django_db


def signed_in(client: Client, role: Role) -> Client:
    make_staff(role)
    client.post("/access/sign-in", {"username": f"test-{role}", "password": PASSWORD})
    return client


def tower() -> Address:
    """The building with the most floors."""
    floors = Address.objects.filter(level="floor").values_list("building_id", "name")
    highest = max(floors, key=lambda row: int("".join(filter(str.isdigit, row[1]))))
    return Address.objects.get(pk=highest[0])


def rooms_of(building: Address) -> list[Room]:
    elevation = get_elevation(actor=steward(), building_id=building.pk)
    return [room for _, units in elevation.floors for unit in units for room in unit]


def test_floors_go_down_the_page_and_units_across() -> None:
    building = tower()
    elevation = get_elevation(actor=steward(), building_id=building.pk)
    floors = [floor for floor, _ in elevation.floors]
    assert floors == sorted(floors, reverse=True)
    assert all(len(units) == len(elevation.units) for _, units in elevation.floors)
    rooms = Address.objects.filter(building=building, level="room")
    assert {room.address_id for room in rooms_of(building)} == set(
        rooms.values_list("pk", flat=True)
    )


def test_a_single_house_is_its_own_room() -> None:
    houses = Address.objects.filter(level="number", building__isnull=False, children=None)
    house = houses.order_by("id")[0]
    assert [room.address_id for room in rooms_of(house)] == [house.pk]


def test_each_room_says_the_fact_its_registers_hold() -> None:
    building = tower()
    held = Occupancy.objects.filter(address__building=building, ends_on=None)
    let = set(held.filter(kind="tenant").values_list("address_id", flat=True))
    lived_in = set(held.filter(kind="resident").values_list("address_id", flat=True)) - let
    dwellings = set(
        Dwelling.objects.filter(address__building=building).values_list("address_id", flat=True)
    )
    for room in rooms_of(building):
        if room.address_id in let:
            assert room.fact == "let"
        elif room.address_id in lived_in:
            assert room.fact == "lived-in"
        elif room.fact == "vacant":
            assert room.address_id in dwellings


def test_those_who_do_not_see_dwellings_are_refused_the_elevation(client: Client) -> None:
    building = tower()
    with pytest.raises(Refused):
        get_elevation(actor=make_staff(Role.ANALYST), building_id=building.pk)
    answer = signed_in(client, Role.ANALYST).get(f"/registers/buildings/{building.pk}")
    assert answer.status_code == 403


def test_the_panel_is_a_part_of_a_page_and_the_page_a_whole_one(client: Client) -> None:
    url = f"/registers/buildings/{tower().pk}"
    signed_in(client, Role.STEWARD)
    assert "<html" in client.get(url).content.decode()
    panel = client.get(url, headers={"X-Panel": "1"}).content.decode()
    assert "<html" not in panel
    assert "elevation" in panel


def test_those_who_do_not_see_residents_find_none_at_an_address(client: Client) -> None:
    held = Occupancy.objects.filter(kind="resident", ends_on=None)[0]
    url = f"/registers/addresses/{held.address_id}"
    page = signed_in(client, Role.DISPATCHER).get(url)
    assert page.status_code == 200
    assert "/registers/residents/" not in page.content.decode()


def tile_url(building: Address, layer: str, zoom: int) -> str:
    assert building.morton is not None
    code = building.morton >> (62 - 2 * zoom)
    x, y = (sum(((code >> (2 * i + row)) & 1) << i for i in range(zoom)) for row in (0, 1))
    return f"/registers/tiles/{layer}/{zoom}/{x}/{y}.mvt"


def test_a_tile_is_kept_by_its_reader_only_and_asked_for_again(client: Client) -> None:
    url = tile_url(tower(), "address", 16)
    signed_in(client, Role.STEWARD)
    first = client.get(url)
    assert first.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "private" in first.headers["Cache-Control"]
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_areas_name_stands_once_and_its_outline_wherever_it_reaches(client: Client) -> None:
    signed_in(client, Role.STEWARD)
    body = client.get(tile_url(tower(), "areas", 11)).content
    layers = mapbox_vector_tile.decode(body)
    names = [one["properties"]["name"] for one in layers["community-name"]["features"]]
    outlines = {one["properties"]["name"] for one in layers["community"]["features"]}
    assert len(names) == len(set(names))
    assert set(names) <= outlines
    assert all(one["properties"]["schematic"] for one in layers["community"]["features"])


@pytest.mark.parametrize("tile", ["99/0/0", "3/8/0", "3/0/8"])
def test_a_tile_beyond_the_map_does_not_exist(client: Client, tile: str) -> None:
    signed_in(client, Role.STEWARD)
    assert client.get(f"/registers/tiles/address/{tile}.mvt").status_code == 404


def test_a_list_is_exported_with_what_the_reader_sees_of_it(client: Client) -> None:
    signed_in(client, Role.ANALYST)
    answer = client.post("/registers/organisations/export", {"state": "open", "reason": "核对"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("credit_code,name,state,")
    assert len(lines) > 1


def test_the_map_page_asks_no_other_host_for_anything(client: Client) -> None:
    page = signed_in(client, Role.STEWARD).get("/registers/map").content.decode()
    assert "//" not in page.replace("http://www.w3.org", "").replace("<!--", "")


def test_a_residents_history_keeps_former_values_masked_until_a_purpose_opens_them(
    client: Client,
) -> None:
    held = Occupancy.objects.filter(kind="resident", ends_on=None).order_by("id")[0]
    assert held.resident_id is not None
    EntryChange.objects.create(
        kind="resident",
        entry_id=held.resident_id,
        changed_at="2026-05-01T04:00:00Z",
        actor="system:link",
        former={"name": "曾用某名", "birth_on": "1970-01-01", "origins": {"name": 7}},
    )
    url = f"/registers/residents/{held.resident_id}"
    signed_in(client, Role.STEWARD)
    masked = client.get(url).content.decode()
    assert "曾用某名" not in masked
    assert "1970-01-01" not in masked
    welfare = client.post(url, {"purpose": "welfare"}).content.decode()
    assert "曾用某名" in welfare
    assert "1970-01-01" not in welfare


def test_a_dwellings_history_stands_at_its_address(client: Client) -> None:
    dwelling = Dwelling.objects.order_by("id")[0]
    EntryChange.objects.create(
        kind="dwelling",
        entry_id=dwelling.pk,
        changed_at="2026-05-01T04:00:00Z",
        actor="system:link",
        former={"use": "仓储", "origins": {"use": 7}},
    )
    page = signed_in(client, Role.STEWARD).get(f"/registers/addresses/{dwelling.address_id}")
    assert "仓储" in page.content.decode()
    assert "origins" not in page.content.decode()
