"""Life events and corrections: written at once or approved, kept by a link run, taken back."""

from datetime import datetime
from uuid import uuid4

import pytest
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.fusion.actions.ingest import roll_back_batch
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.requests.asking import (
    EventRefused,
    Telling,
    ask_correction,
    ask_life_event,
)
from fangge.fusion.actions.requests.deciding import (
    OwnRequest,
    RequestDecided,
    approve_request,
    refuse_request,
    take_back_request,
)
from fangge.fusion.models.request import ChangeRequest
from fangge.fusion.models.source import SourceRecord
from fangge.kernel.actor import Actor
from fangge.registers.models.address import Address
from fangge.registers.models.change import EntryChange
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward() -> Actor:
    return make_staff(Role.STEWARD)


@pytest.fixture
def other() -> Actor:
    return make_staff(Role.STEWARD, username="test-second")


@pytest.fixture
def lived() -> Occupancy:
    return (
        Occupancy.objects.filter(kind="resident", ends_on=None, resident__ends_on=None)
        .filter(resident__birth_on__lt="2000-01-01", starts_on__lt="2026-01-01")
        .order_by("id")[0]
    )


def empty_room() -> Address:
    return Address.objects.filter(level="room", occupancy=None).order_by("id")[0]


def tell(event: str, held: Occupancy | None = None, **values: str) -> Telling:
    told = {"effective_on": "2026-11-01", "reason": "上门核实"} | values
    return Telling(event, told, entry_id=held.resident_id if held else None)


def run(now: datetime) -> dict[str, object]:
    done = link_registers(actor=linking_actor(), tell=lambda _: None, now=now)
    figures: dict[str, object] = done.figures
    return figures


def periods(resident_id: int | None) -> list[tuple[object, ...]]:
    held = Occupancy.objects.filter(resident_id=resident_id or 0).order_by("id")
    return list(held.values_list("kind", "address_id", "starts_on", "ends_on", "record_id"))


def test_a_move_is_in_the_registers_at_once_and_stays_through_a_link_run(
    steward: Actor, lived: Occupancy, noon: datetime
) -> None:
    room = empty_room()
    told = Telling(
        "move",
        {"effective_on": "2026-11-01", "reason": "上门核实", "address": room.full_name},
        entry_id=lived.resident_id,
        address_id=room.pk,
    )
    request = ask_life_event(actor=steward, telling=told, token=uuid4(), now=noon)
    after = periods(lived.resident_id)
    here = Occupancy.objects.get(resident_id=lived.resident_id or 0, kind="resident", address=room)
    assert here.ends_on is None
    lived.refresh_from_db()
    assert str(lived.ends_on) == "2026-11-01"
    figures = run(noon)
    assert periods(lived.resident_id) == after
    assert figures["occupancies"]["n_changed"] == 0  # type: ignore[index]
    record = SourceRecord.objects.get(pk=here.record_id)
    assert record.batch == request.batch
    assert record.batch.started_by == "staff:test-steward"
    assert record.payload["legal_basis"].startswith("《居住证")
    assert EntryChange.objects.filter(kind="occupancy", entry_id=lived.pk).exists()


def test_a_form_sent_twice_asks_once(steward: Actor, lived: Occupancy, noon: datetime) -> None:
    token = uuid4()
    first = ask_life_event(actor=steward, telling=tell("leave", lived), token=token, now=noon)
    second = ask_life_event(actor=steward, telling=tell("leave", lived), token=token, now=noon)
    assert first.pk == second.pk


def test_somebody_new_arrives_and_the_link_run_keeps_who_they_are(
    steward: Actor, noon: datetime
) -> None:
    room = empty_room()
    told = Telling(
        "arrive",
        {
            "effective_on": "2026-11-02",
            "reason": "来访登记",
            "name": "欧阳晓岚",
            "sex": "2",
            "birth_on": "1991-03-04",
        },
        address_id=room.pk,
    )
    request = ask_life_event(actor=steward, telling=told, token=uuid4(), now=noon)
    resident = Resident.objects.get(pk=request.entry_id or 0)
    assert (resident.name, str(resident.birth_on)) == ("欧阳晓岚", "1991-03-04")
    figures = run(noon)
    assert figures["residents"]["n_new"] == 0  # type: ignore[index]
    assert figures["residents"]["n_changed"] == 0  # type: ignore[index]
    assert figures["occupancies"]["n_changed"] == 0  # type: ignore[index]
    resident.refresh_from_db()
    assert resident.ends_on is None
    assert resident.occupancies.get().address == room


def test_who_is_known_by_identifier_is_not_registered_twice(steward: Actor, noon: datetime) -> None:
    held = Occupancy.objects.filter(
        kind="resident", ends_on=None, resident__identifier_hash__isnull=False,
        resident__ends_on=None, starts_on__lt="2026-01-01",
    ).order_by("id")[0]  # fmt: skip
    assert held.resident is not None
    from fangge.kernel.fields import open_vault

    assert held.resident.identifier_sealed is not None
    number = open_vault().open(
        bytes(held.resident.identifier_sealed),
        column="registers_resident.identifier",
        row=held.resident_id,
    )
    told = Telling(
        "arrive",
        {"effective_on": "2026-11-02", "reason": "来访登记", "name": "某某", "identifier": number},
        address_id=empty_room().pk,
    )
    residents = Resident.objects.count()
    request = ask_life_event(actor=steward, telling=told, token=uuid4(), now=noon)
    assert request.entry_id == held.resident_id
    assert Resident.objects.count() == residents
    assert Resident.objects.get(pk=held.resident_id or 0).name == held.resident.name


def test_a_death_waits_for_somebody_else_and_never_for_who_asked(
    steward: Actor, other: Actor, lived: Occupancy, noon: datetime
) -> None:
    request = ask_life_event(actor=steward, telling=tell("death", lived), token=uuid4(), now=noon)
    assert request.state == "waiting"
    with pytest.raises(OwnRequest):
        approve_request(actor=steward, request_id=request.pk, now=noon)
    assert Resident.objects.get(pk=lived.resident_id or 0).ends_on is None
    approve_request(actor=other, request_id=request.pk, now=noon)
    resident = Resident.objects.get(pk=lived.resident_id or 0)
    assert str(resident.ends_on) == "2026-11-01"
    with pytest.raises(RequestDecided):
        refuse_request(actor=other, request_id=request.pk, reason="too late", now=noon)
    figures = run(noon)
    assert figures["residents"]["n_changed"] == 0  # type: ignore[index]
    assert str(Resident.objects.get(pk=lived.resident_id or 0).ends_on) == "2026-11-01"
    verbs = Entry.objects.filter(subject_kind="request", subject_id=str(request.pk))
    assert set(verbs.values_list("verb", flat=True)) == {"life.register", "requests.approve"}


def test_what_did_not_happen_is_taken_back_at_once_and_by_the_next_run(
    steward: Actor, other: Actor, lived: Occupancy, noon: datetime
) -> None:
    before = periods(lived.resident_id)
    request = ask_life_event(actor=steward, telling=tell("death", lived), token=uuid4(), now=noon)
    approve_request(actor=other, request_id=request.pk, now=noon)
    take_back_request(actor=other, request_id=request.pk, reason="同名误报", now=noon)
    assert periods(lived.resident_id) == before
    assert Resident.objects.get(pk=lived.resident_id or 0).ends_on is None
    run(noon)
    assert periods(lived.resident_id) == before
    assert Resident.objects.get(pk=lived.resident_id or 0).ends_on is None


def test_a_corrected_birth_date_survives_the_link_run_and_goes_when_taken_back(
    steward: Actor, other: Actor, lived: Occupancy, noon: datetime
) -> None:
    assert lived.resident_id is not None
    was = Resident.objects.get(pk=lived.resident_id or 0).birth_on
    request = ask_correction(
        actor=steward,
        resident_id=lived.resident_id or 0,
        values={"birth_on": "1970-01-02", "reason": "本人出示身份证"},
        token=uuid4(),
        now=noon,
    )
    assert request.needs_approval
    request = approve_request(actor=other, request_id=request.pk, now=noon)
    run(noon)
    resident = Resident.objects.get(pk=lived.resident_id or 0)
    assert str(resident.birth_on) == "1970-01-02"
    assert SourceRecord.objects.get(pk=resident.origins["birth_on"]).batch == request.batch
    take_back_request(actor=other, request_id=request.pk, reason="看错", now=noon)
    run(noon)
    assert Resident.objects.get(pk=lived.resident_id or 0).birth_on == was


def test_a_firm_opens_moves_and_closes(steward: Actor, other: Actor, noon: datetime) -> None:
    first, second = Address.objects.filter(level="room", occupancy=None).order_by("id")[:2]
    told = {"effective_on": "2026-10-01", "reason": "巡查", "name": "苏州平江书房有限公司",
            "credit_code": ""}  # fmt: skip
    opened = ask_life_event(
        actor=steward, telling=Telling("firm_opens", told, address_id=first.pk), token=uuid4(),
        now=noon,
    )  # fmt: skip
    moved = ask_life_event(
        actor=steward,
        telling=Telling(
            "firm_moves",
            {"effective_on": "2026-11-01", "reason": "巡查", "address": second.full_name},
            entry_id=opened.entry_id,
            address_id=second.pk,
        ),
        token=uuid4(),
        now=noon,
    )
    firm = Organisation.objects.get(pk=moved.entry_id or 0)
    assert firm.address == second
    figures = run(noon)
    assert figures["organisations"]["n_new"] == 0  # type: ignore[index]
    firm.refresh_from_db()
    assert (firm.address, firm.ends_on) == (second, None)
    closed = ask_life_event(
        actor=steward,
        telling=Telling("firm_closes", told | {"effective_on": "2026-11-20"}, entry_id=firm.pk),
        token=uuid4(),
        now=noon,
    )
    approve_request(actor=other, request_id=closed.pk, now=noon)
    run(noon)
    firm.refresh_from_db()
    assert str(firm.ends_on) == "2026-11-20"
    assert not firm.occupancies.filter(ends_on=None).exists()


def test_impossible_events_are_refused_field_by_field(
    steward: Actor, lived: Occupancy, noon: datetime
) -> None:
    with pytest.raises(EventRefused) as told:
        ask_life_event(
            actor=steward,
            telling=tell("leave", lived, effective_on="2027-01-01", reason=""),
            token=uuid4(),
            now=noon,
        )
    assert ("reason", "required") in told.value.faults
    with pytest.raises(EventRefused) as told:
        ask_life_event(
            actor=steward,
            telling=tell("leave", lived, effective_on="2027-01-01"),
            token=uuid4(),
            now=noon,
        )
    assert told.value.faults == [("effective_on", "future")]
    assert not ChangeRequest.objects.exists()


def test_a_batch_taken_back_takes_its_request_along(
    steward: Actor, lived: Occupancy, noon: datetime
) -> None:
    before = periods(lived.resident_id)
    request = ask_life_event(actor=steward, telling=tell("leave", lived), token=uuid4(), now=noon)
    assert request.batch is not None
    roll_back_batch(actor=steward, batch_id=request.batch.pk, reason="test", now=noon)
    request.refresh_from_db()
    assert request.state == "taken_back"
    assert periods(lived.resident_id) == before
    run(noon)
    assert periods(lived.resident_id) == before


def test_a_correction_taken_back_before_any_run_leaves_what_was(
    steward: Actor, other: Actor, lived: Occupancy, noon: datetime
) -> None:
    was = Resident.objects.filter(pk=lived.resident_id or 0).values(
        "birth_on", "phone_hash", "origins"
    )[0]
    request = ask_correction(
        actor=steward,
        resident_id=lived.resident_id or 0,
        values={"birth_on": "1970-01-02", "phone": "13812345678", "reason": "本人出示身份证"},
        token=uuid4(),
        now=noon,
    )
    approve_request(actor=other, request_id=request.pk, now=noon)
    assert str(Resident.objects.get(pk=lived.resident_id or 0).birth_on) == "1970-01-02"
    take_back_request(actor=other, request_id=request.pk, reason="看错", now=noon)
    after = Resident.objects.filter(pk=lived.resident_id or 0)
    assert after.values("birth_on", "phone_hash", "origins")[0] == was
