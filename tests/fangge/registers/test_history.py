"""Entries as of a past day, over HTTP, and the timeline with who and which source."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.fusion.actions.link import linking_actor
from fangge.registers.actions.occupancies import write_occupancies
from fangge.registers.actions.residents import register_residents
from fangge.registers.models.change import EntryChange
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db
NOBODY = pl.Series("id", [], dtype=pl.Int64)


@pytest.fixture
def client(client: Client) -> Client:
    make_staff(Role.STEWARD)
    client.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    return client


@pytest.fixture
def record_id() -> int:
    held = Occupancy.objects.filter(kind="resident").order_by("id").first()
    assert held is not None
    return held.record_id


def write_resident(
    name: str, phone: str, *, record_id: int, entry_id: int | None, said_on: date, now: datetime
) -> int:
    entries = pl.DataFrame(
        {
            "id": pl.Series([entry_id], dtype=pl.Int64),
            "name": [name],
            "sex": ["2"],
            "birth_on": [date(1990, 5, 1)],
            "identifier": pl.Series([None], dtype=pl.String),
            "phone": [phone],
            "origins": [f'{{"name":{record_id},"phone":{record_id}}}'],
        }
    )
    said = pl.DataFrame({"record_id": [record_id], "said_on": [said_on]})
    numbered, _ = register_residents(
        actor=linking_actor(), residents=entries, run_id=None, said=said, ended=NOBODY, now=now
    )
    return int(numbered["id"][0])


@pytest.fixture
def renamed(noon: datetime, record_id: int) -> int:
    """Registered in May; in September a source said that she is called otherwise since July."""
    may, september = noon.replace(month=5), noon.replace(month=9)
    entry = write_resident(
        "陆小曼", "13800000001", record_id=record_id, entry_id=None,
        said_on=date(2026, 5, 1), now=may,
    )  # fmt: skip
    return write_resident(
        "陆眉", "13800000002", record_id=record_id, entry_id=entry,
        said_on=date(2026, 7, 1), now=september,
    )  # fmt: skip


def names_on(client: Client, resident_id: int, **days: str) -> str:
    query = "&".join(f"{name}={day}" for name, day in days.items())
    page = client.post(f"/registers/residents/{resident_id}?{query}", {"purpose": "request"})
    assert page.status_code == 200, page.content.decode()
    opened = page.context["opened"]
    return f"{opened.name} {opened.phone}"


def test_an_entry_is_shown_as_it_was_and_as_it_was_known(client: Client, renamed: int) -> None:
    assert names_on(client, renamed) == "陆眉 13800000002"
    # In August nobody knew of the new name; by October it was known to hold since July.
    assert names_on(client, renamed, true_on="2026-08-01", known_on="2026-08-01") == (
        "陆小曼 13800000001"
    )
    assert names_on(client, renamed, true_on="2026-08-01", known_on="2026-10-01") == (
        "陆眉 13800000002"
    )
    assert names_on(client, renamed, true_on="2026-06-01", known_on="2026-10-01") == (
        "陆小曼 13800000001"
    )


def test_before_anybody_knew_there_is_nothing_and_the_page_says_since_when(
    client: Client, renamed: int
) -> None:
    page = client.get(f"/registers/residents/{renamed}?known_on=2026-05-01")
    assert page.status_code == 422
    assert "2026" in page.content.decode()


def test_a_day_that_is_none_is_told(client: Client, renamed: int) -> None:
    page = client.get(f"/registers/residents/{renamed}?true_on=yesterday")
    assert page.status_code == 422
    assert "2026-03-01" in page.content.decode()


def test_the_timeline_tells_before_and_after_by_whom_and_from_where(
    client: Client, renamed: int
) -> None:
    masked = client.get(f"/registers/residents/{renamed}").content.decode()
    assert "陆小曼" not in masked
    page = client.post(f"/registers/residents/{renamed}", {"purpose": "request"})
    (change,) = page.context["changes"]
    told = {str(former.field): former for former in change.former}
    assert {(former.value, former.became) for former in told.values()} == {
        ("陆小曼", "陆眉"),
        ("13800000001", "13800000002"),
    }
    assert {former.since for former in told.values()} == {"2026-07-01"}
    assert all(former.source for former in told.values())
    assert change.is_by_fusion


def test_a_former_phone_is_kept_sealed(renamed: int) -> None:
    change = EntryChange.objects.get(kind="resident", entry_id=renamed)
    assert "phone_hash" not in change.former
    assert "13800000001" not in str(change.former)


def test_writing_the_same_again_keeps_no_change(renamed: int, record_id: int) -> None:
    from fangge.kernel import clock

    before = Resident.objects.get(pk=renamed)
    write_resident(
        "陆眉", "13800000002", record_id=record_id, entry_id=renamed,
        said_on=date(2026, 7, 1), now=clock.now(),
    )  # fmt: skip
    after = Resident.objects.get(pk=renamed)
    assert after.changed_at == before.changed_at
    assert bytes(after.phone_sealed or b"") == bytes(before.phone_sealed or b"")
    assert EntryChange.objects.filter(kind="resident", entry_id=renamed).count() == 1


def test_who_lived_here_is_asked_by_the_day(
    client: Client, renamed: int, record_id: int, noon: datetime
) -> None:
    room = Occupancy.objects.filter(kind="resident").order_by("id")[0].address
    lived = pl.DataFrame(
        {
            "kind": ["resident"],
            "turn": [0],
            "resident_id": [renamed],
            "organisation_id": pl.Series([None], dtype=pl.Int64),
            "address_id": [room.pk],
            "grid_id": pl.Series([room.grid_id], dtype=pl.Int64),
            "starts_on": [date(2026, 5, 1)],
            "ends_on": pl.Series([None], dtype=pl.Date),
            "record_id": [record_id],
        }
    )
    nothing = lived.clear()
    for frame, month in ((lived, 5), (lived.with_columns(ends_on=date(2026, 8, 1)), 9)):
        write_occupancies(
            actor=linking_actor(), occupancies=frame, ended=nothing, now=noon.replace(month=month)
        )

    def lives_here(true_on: str, known_on: str) -> bool:
        days = f"?true_on={true_on}&known_on={known_on}"
        page = client.get(f"/registers/addresses/{room.pk}{days}")
        return renamed in {held.resident_id for held in page.context["entry"].holders}

    known = (noon + timedelta(days=1)).date().isoformat()
    # The room itself came into the register with the tests, so its own page opens from today.
    held = Occupancy.objects.get(resident_id=renamed)
    assert held.ends_on == date(2026, 8, 1)
    change = EntryChange.objects.get(kind="occupancy", entry_id=held.pk)
    assert change.former == {"ends_on": None}
    room.recorded_at = noon.replace(month=1)
    room.save()
    assert lives_here("2026-08-15", "2026-08-15")
    assert not lives_here("2026-08-15", known)
    assert lives_here("2026-07-15", known)
    assert not lives_here("2026-04-15", known)
