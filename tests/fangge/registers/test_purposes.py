"""What a record is opened for: the fields of that purpose, and the matter it is tied to."""

from datetime import datetime

import pytest
from django.test import Client
from tests.makers import make_staff, steward

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.fieldwork.actions.tasks import ask_field_task
from fangge.fieldwork.rules import TaskKind
from fangge.fusion.models.finding import Finding
from fangge.registers.actions.opening import MatterNeeded, MatterUnknown, open_resident
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.queries.matters import matters_about
from fangge.registers.queries.places import Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def held() -> Occupancy:
    found = Occupancy.objects.filter(
        resident__isnull=False, grid__isnull=False, ends_on=None, kind="resident"
    ).exclude(resident_id__in=Finding.objects.filter(subject="resident").values("subject_id"))
    return found.select_related("resident", "address").order_by("id")[0]


def open_for(held: Occupancy, now: datetime, purpose: str = "verify", matter: str = "") -> Entry:
    open_resident(
        actor=steward(), resident_id=held.resident_id or 0, purpose=purpose, matter=matter, now=now
    )
    return Entry.objects.filter(verb="residents.open").order_by("-id")[0]


def go_and_look(held: Occupancy, now: datetime) -> int:
    place = Place(held.address_id, held.grid_id or 0, held.address.full_name)
    task = ask_field_task(
        actor=steward(),
        kind=TaskKind.ADDRESS,
        place=place,
        question="这间房是否存在？",
        due_on=now.date(),
        now=now,
    )
    return task.pk


def test_a_look_without_a_matter_on_file_names_its_purpose_alone(
    held: Occupancy, noon: datetime
) -> None:
    entry = open_for(held, noon)
    assert (entry.purpose, entry.object_reference) == ("verify", "")
    assert entry.fields == ["birth_on", "name", "sex"]


def test_where_a_matter_is_on_file_the_look_is_tied_to_it(held: Occupancy, noon: datetime) -> None:
    task = go_and_look(held, noon)
    with pytest.raises(MatterNeeded):
        open_for(held, noon)
    entry = open_for(held, noon, matter=f"fieldtask:{task}")
    assert entry.object_reference == f"fieldtask:{task}"
    assert open_for(held, noon, purpose="welfare").object_reference == ""


@pytest.mark.parametrize(
    "matter", ["fieldtask:999999999", "fieldtask:x", "nothing:1", "request:1", ":", "fieldtask:"]
)
def test_a_matter_that_is_not_about_the_resident_opens_nothing(
    held: Occupancy, noon: datetime, matter: str
) -> None:
    with pytest.raises(MatterUnknown):
        open_for(held, noon, matter=matter)


def test_somebody_elses_matter_opens_nothing(held: Occupancy, noon: datetime) -> None:
    task = go_and_look(held, noon)
    other = (
        Occupancy.objects.filter(resident__isnull=False, ends_on=None)
        .exclude(address_id=held.address_id)
        .exclude(resident_id=held.resident_id or 0)
        .order_by("id")[0]
    )
    with pytest.raises(MatterUnknown):
        open_for(other, noon, matter=f"fieldtask:{task}")


def test_a_matter_out_of_the_readers_area_is_not_offered(held: Occupancy, noon: datetime) -> None:
    go_and_look(held, noon)
    elsewhere = Area.objects.filter(kind="grid").exclude(pk=held.grid_id or 0)[0]
    stranger = make_staff(Role.GRID_WORKER, area=elsewhere, username="elsewhere")
    near = make_staff(Role.GRID_WORKER, area=held.grid, username="near")
    assert matters_about(actor=stranger, resident_id=held.resident_id or 0) == []
    assert len(matters_about(actor=near, resident_id=held.resident_id or 0)) == 1


def test_the_page_offers_the_matter_and_says_what_each_purpose_opens(
    held: Occupancy, noon: datetime, client: Client
) -> None:
    task = go_and_look(held, noon)
    make_staff(Role.GRID_WORKER, area=held.grid, username="walker")
    walker = StaffMember.objects.get(username="walker")
    client.force_login(walker, "django.contrib.auth.backends.ModelBackend")
    address = f"/registers/residents/{held.resident_id}"
    page = client.get(address).content.decode()
    assert f'value="fieldtask:{task}"' in page
    assert "可打开" in page
    assert client.post(address, {"purpose": "verify"}).status_code == 422
    opened = client.post(address, {"purpose": "verify", "matter": f"fieldtask:{task}"})
    assert opened.status_code == 200
    assert held.resident is not None
    assert held.resident.name in opened.content.decode()
    assert Entry.objects.filter(object_reference=f"fieldtask:{task}", purpose="verify").exists()
