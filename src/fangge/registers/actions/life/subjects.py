"""Whom a life event is about, and where they are now."""

from dataclasses import dataclass
from datetime import date

from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.kernel.wall import beyond_scope
from fangge.registers.models.address import Address
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.entries import get_organisation, get_resident
from fangge.registers.queries.visible import EntryMissing, addresses_visible_to
from fangge.registers.rules.occupancy import Act, Period

Subject = Resident | Organisation
COMING = ("arrive", "tenancy_begins")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened, to whom, where and when; `entry_id` is none for one who is new."""

    event: str
    subject: str  # resident or organisation
    entry_id: int | None
    effective_on: date
    until_on: date | None = None
    address_id: int | None = None
    from_address_id: int | None = None


def get_subject(*, actor: Actor, occurrence: Occurrence) -> Subject:
    """Give the resident or organisation that an event is about, within the actor's area.

    Who comes into the area from elsewhere was found by an identifier, and is seen for the event.
    """
    entry_id = occurrence.entry_id or 0
    comes = occurrence.event in COMING
    if comes and (resident := Resident.objects.filter(pk=entry_id).first()):
        return resident
    if occurrence.subject == "resident":
        return get_resident(actor=actor, resident_id=entry_id)
    return get_organisation(actor=actor, organisation_id=entry_id)


@beyond_scope()
def find_resident_by_identifier(*, actor: Actor, identifier: str) -> int | None:
    """Give the resident of exactly this identity number, wherever they are registered."""
    actor.require("life.register")
    hashed = open_vault().hash_text(identifier, column="registers_resident.identifier")
    found = Resident.objects.filter(identifier_hash=hashed, ends_on=None).order_by("id").first()
    return None if found is None else found.pk


def lock_subject(occurrence: Occurrence) -> Subject | None:
    if occurrence.entry_id is None:
        return None
    model = Resident if occurrence.subject == "resident" else Organisation
    return model.objects.select_for_update().get(pk=occurrence.entry_id)


def place_of(actor: Actor, occurrence: Occurrence) -> Address | None:
    if occurrence.address_id is None:
        return None
    place = addresses_visible_to(actor).filter(pk=occurrence.address_id).first()
    if place is None:
        raise EntryMissing(f"There is no address {occurrence.address_id}.")
    return place


def as_act(occurrence: Occurrence, place: Address | None, *, record_id: int) -> Act:
    return Act(
        event=occurrence.event,
        record_id=record_id,
        effective_on=occurrence.effective_on,
        until_on=occurrence.until_on,
        address_id=place.pk if place else None,
        grid_id=place.grid_id if place else None,
        from_address_id=occurrence.from_address_id,
    )


def kind_of(subject: Subject) -> str:
    return "resident" if isinstance(subject, Resident) else "organisation"


def periods_of(subject: Subject) -> list[Period]:
    return [
        Period(
            held.kind,
            held.address_id,
            held.grid_id,
            held.starts_on,
            held.ends_on,
            held.record_id,
            held.turn,
        )
        for held in subject.occupancies.order_by("id")
    ]


def address_of(*, actor: Actor, address_id: int | None) -> str | None:
    """Give the full name of an address in the actor's area."""
    if address_id is None:
        return None
    found = addresses_visible_to(actor).filter(pk=address_id).values_list("full_name", flat=True)
    return found.first()


def grid_of(*, actor: Actor, occurrence: Occurrence) -> int | None:
    """Give the grid that an event is about: where it happens, or where the entry stands."""
    place = place_of(actor, occurrence)
    if place is not None:
        return place.grid_id
    subject = get_subject(actor=actor, occurrence=occurrence)
    running = subject.occupancies.order_by("ends_on", "-starts_on").exclude(grid=None)
    if actor.grid_ids is not None:
        running = running.filter(grid_id__in=actor.grid_ids)
    held = running.first()
    return held.grid_id if held else None


def is_credit_code_taken(credit_code: str | None) -> bool:
    """Tell whether an organisation that has not closed bears this code."""
    held = Organisation.objects.filter(credit_code=credit_code, ends_on=None)
    return bool(credit_code) and held.exists()
