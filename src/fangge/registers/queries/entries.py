"""One entry with its facts, where each came from, and its history."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from fangge.access.queries import duty_officers
from fangge.kernel.actor import Actor
from fangge.registers.models.address import Address
from fangge.registers.models.change import EntryKind
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.timeline import Change, changes_of
from fangge.registers.queries.visible import (
    EntryMissing,
    addresses_visible_to,
    organisations_visible_to,
    residents_visible_to,
)
from fangge.registers.rules.masking import mask_name


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody at an address, by a masked name, or a firm by its own."""

    kind: str
    label: str
    resident_id: int | None
    organisation_id: int | None
    starts_on: date | None
    ends_on: date | None
    record_id: int


@dataclass(frozen=True, slots=True)
class AddressEntry:
    address: Address
    ancestors: list[Address]
    children: list[Address]
    aliases: list[str]
    dwelling: Dwelling | None
    holders: list[Holder]
    changes: list[Change]
    on_duty: list[str]


def get_address(*, actor: Actor, address_id: int, now: datetime) -> AddressEntry:
    """Give an address with what stands and who lives or trades there."""
    address = (
        addresses_visible_to(actor)
        .select_related("grid__parent__parent", "building")
        .filter(pk=address_id)
        .first()
    )
    if address is None:
        raise EntryMissing(f"There is no address {address_id}.")
    dwelling = _dwelling_at(actor, address)
    changes = changes_of(EntryKind.ADDRESS, address.pk)
    if dwelling is not None:
        changes += changes_of(EntryKind.DWELLING, dwelling.pk)
    return AddressEntry(
        address=address,
        ancestors=_climb(address),
        children=list(address.children.filter(ends_on=None).order_by("id")[:400]),
        aliases=list(address.aliases.filter(ends_on=None).values_list("name", flat=True)),
        dwelling=dwelling,
        holders=_holders_at(actor, address),
        changes=sorted(changes, key=lambda change: change.changed_at, reverse=True),
        on_duty=duty_officers(area_id=address.grid_id, now=now),
    )


def _climb(address: Address) -> list[Address]:
    above: list[Address] = []
    parent = address.parent
    while parent is not None:
        above.insert(0, parent)
        parent = parent.parent
    return above


def _dwelling_at(actor: Actor, address: Address) -> Dwelling | None:
    if not actor.may("dwellings.see"):
        return None
    return Dwelling.objects.filter(address=address).first()


def _holders_at(actor: Actor, address: Address) -> list[Holder]:
    held = Occupancy.objects.filter(address=address).select_related("resident", "organisation")
    if not actor.may("residents.see"):
        held = held.filter(resident=None)
    ordered = held.order_by("ends_on", "kind", "starts_on", "id")
    return [
        Holder(
            kind=held.get_kind_display(),
            label=mask_name(held.resident.name)
            if held.resident
            else str(getattr(held.organisation, "name", "")),
            resident_id=held.resident_id,
            organisation_id=held.organisation_id,
            starts_on=held.starts_on,
            ends_on=held.ends_on,
            record_id=held.record_id,
        )
        for held in sorted(ordered, key=lambda one: one.ends_on is not None)
    ]


def get_organisation(*, actor: Actor, organisation_id: int) -> Organisation:
    firm = (
        organisations_visible_to(actor)
        .select_related("address", "grid__parent")
        .filter(pk=organisation_id)
        .first()
    )
    if firm is None:
        raise EntryMissing(f"There is no organisation {organisation_id}.")
    return firm


def get_resident(*, actor: Actor, resident_id: int) -> Resident:
    resident = residents_visible_to(actor).filter(pk=resident_id).first()
    if resident is None:
        raise EntryMissing(f"There is no resident {resident_id}.")
    return resident


def occupancies_of(*, actor: Actor, resident: Resident) -> list[Occupancy]:
    """Give where a resident is or was, as far as the actor's area goes, newest first."""
    held = resident.occupancies.select_related("address")
    if actor.grid_ids is not None:
        held = held.filter(grid_id__in=actor.grid_ids)
    return list(held.order_by("-starts_on", "id"))


def organisation_changes(firm: Organisation) -> list[Change]:
    return changes_of(EntryKind.ORGANISATION, firm.pk)


def resident_changes(resident: Resident, *, opened: Collection[str]) -> list[Change]:
    """Give a resident's history; former values of fields that are not opened stay masked."""
    return changes_of(EntryKind.RESIDENT, resident.pk, opened=opened)
