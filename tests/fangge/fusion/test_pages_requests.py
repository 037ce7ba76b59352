"""Life events over HTTP: the form, its faults, the queue, and two people for one request."""

from uuid import uuid4

import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.fusion.models.request import ChangeRequest
from fangge.registers.models.address import Address
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db


def enter(username: str) -> Client:
    client = Client()
    client.post("/access/sign-in", {"username": username, "password": PASSWORD})
    return client


@pytest.fixture
def steward() -> Client:
    make_staff(Role.STEWARD)
    return enter("test-steward")


@pytest.fixture
def other() -> Client:
    make_staff(Role.STEWARD, username="test-second")
    return enter("test-second")


def someone() -> Resident:
    held = Occupancy.objects.filter(
        kind="resident", ends_on=None, resident__ends_on=None, starts_on__lt="2026-01-01"
    )
    found = held.order_by("id")[0].resident
    assert found is not None
    return found


def form(event: str, **values: str) -> dict[str, str]:
    told = {"event": event, "token": str(uuid4()), "effective_on": "2026-11-01", "reason": "核实"}
    return told | values


def test_a_move_typed_loosely_asks_which_address_and_then_stands(steward: Client) -> None:
    resident = someone()
    estate = Address.objects.filter(level="estate").order_by("id")[0]
    typed = form("move", resident=str(resident.pk), address=estate.name[:2])
    asked = steward.post("/fusion/events/new", typed)
    assert asked.status_code == 422
    chosen, label = asked.context["choices"][0]
    assert label in asked.content.decode()
    answer = steward.post("/fusion/events/new", typed | {"chosen": str(chosen)})
    page = steward.get(answer.headers["Location"])
    assert label in page.content.decode()
    assert resident.name not in page.content.decode()
    again = steward.post("/fusion/events/new", typed | {"chosen": str(chosen)})
    assert again.headers["Location"] == answer.headers["Location"]
    assert ChangeRequest.objects.count() == 1


def test_a_fault_is_told_at_its_field_and_what_was_typed_is_kept(steward: Client) -> None:
    typed = form("leave", resident=str(someone().pk), effective_on="2099-01-01", evidence="户口簿")
    page = steward.post("/fusion/events/new", typed)
    assert page.status_code == 422
    assert 'aria-describedby="e-effective_on"' in page.content.decode()
    assert "户口簿" in page.content.decode()
    assert not ChangeRequest.objects.exists()


def test_a_death_is_approved_by_another_and_once(steward: Client, other: Client) -> None:
    resident = someone()
    where = steward.post("/fusion/events/new", form("death", resident=str(resident.pk))).headers[
        "Location"
    ]
    assert where in steward.get("/fusion/requests/").content.decode()
    assert steward.post(f"{where}/approve").status_code == 403
    assert other.post(f"{where}/approve").status_code == 302
    assert other.post(f"{where}/refuse", {"reason": "too late"}).status_code == 409
    resident.refresh_from_db()
    assert str(resident.ends_on) == "2026-11-01"
    assert steward.post(f"{where}/take-back", {"reason": "误报"}).status_code == 302
    resident.refresh_from_db()
    assert resident.ends_on is None


def test_a_grid_worker_registers_events_of_their_own_grid_only(steward: Client) -> None:
    room = Address.objects.filter(level="room", occupancy=None).exclude(grid=None)[0]
    beyond = Address.objects.filter(level="room").exclude(grid=room.grid).order_by("id")[0]
    make_staff(Role.GRID_WORKER, area=room.grid)
    worker = enter("test-grid_worker")
    arrival = form("arrive", address_id=str(room.pk), name="欧阳晓岚", sex="2")
    where = worker.post("/fusion/events/new", arrival).headers["Location"]
    assert worker.get(where).status_code == 200
    assert worker.get("/fusion/events/new", {"event": "arrive", "address_id": str(beyond.pk)}
                      ).status_code == 404  # fmt: skip
    away = form("arrive", address_id=str(beyond.pk), name="欧阳晓岚")
    assert worker.post("/fusion/events/new", away).status_code == 404


def test_corrected_values_are_shown_to_who_decides_and_kept_as_a_look(
    steward: Client, other: Client
) -> None:
    typed = form("correction", resident=str(someone().pk), birth_on="1971-02-03")
    where = steward.post("/fusion/events/new", typed).headers["Location"]
    page = other.get(where)
    assert page.context["values"] == {"birth_on": "1971-02-03"}
    assert page.headers["Cache-Control"] == "no-store"


def test_the_pages_open_in_both_languages(steward: Client) -> None:
    room = Address.objects.filter(level="room").order_by("id")[0]
    resident = someone()
    pages = (
        "/fusion/requests/", "/fusion/requests/?state=all&event=move",
        f"/fusion/events/new?event=birth&address_id={room.pk}",
        f"/fusion/events/new?event=tenancy_ends&resident={resident.pk}",
        f"/fusion/events/new?event=correction&resident={resident.pk}",
    )  # fmt: skip
    for language in ("zh-hans", "en"):
        steward.post("/i18n/setlang/", {"language": language, "next": "/"})
        for page in pages:
            assert steward.get(page).status_code == 200, (language, page)
    assert steward.get("/fusion/events/new?event=promotion").status_code == 404
