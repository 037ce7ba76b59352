"""One entry with its facts, where each came from, and its history."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fangge.access.queries import duty_officers
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid
from fangge.registers.models.address import Address, AliasKind
from fangge.registers.models.change import EntryKind
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.asof import AsOf, Entry, entries_as_of, in_force
from fangge.registers.queries.timeline import Change, changes_of
from fangge.registers.queries.visible import (
    EntryMissing,
    addresses_visible_to,
    dwellings_visible_to,
    organisations_visible_to,
    residents_visible_to,
)
from fangge.registers.rules.history import is_in_force
from fangge.registers.rules.masking import mask_name

MOST_CHILDREN = 400


class NotKnownYet(Invalid):
    """Nobody knew of the entry on that day."""


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


def get_address(
    *, actor: Actor, address_id: int, as_of: AsOf | None = None, now: datetime
) -> AddressEntry:
    """Give an address with what stands and who lives or trades there, now or as of a day.

    Raises `NotKnownYet` when nobody knew of the address on that day.
    """
    address = (
        addresses_visible_to(actor)
        .select_related("grid__parent__parent", "building")
        .filter(pk=address_id)
        .first()
    )
    if address is None:
        raise EntryMissing(f"There is no address {address_id}.")
    address = as_it_was(address, as_of)
    dwelling = _dwelling_at(actor, address, as_of)
    changes = changes_of(EntryKind.ADDRESS, address.pk)
    if dwelling is not None:
        changes += changes_of(EntryKind.DWELLING, dwelling.pk)
    return AddressEntry(
        address=address,
        ancestors=_climb(address),
        children=_children_of(address, as_of),
        aliases=_aliases_of(address, as_of),
        dwelling=dwelling,
        holders=_holders_at(actor, address, as_of),
        changes=sorted(changes, key=lambda change: change.changed_at, reverse=True),
        on_duty=duty_officers(area_id=address.grid_id, now=now),
    )


def as_it_was(entry: Entry, as_of: AsOf | None) -> Entry:
    """Give an entry as it was known to be on a day, or raise `NotKnownYet`."""
    found = entries_as_of([entry], as_of)
    if not found:
        first = timezone.localdate(entry.recorded_at)
        raise NotKnownYet(
            _("This entry came into the register on %(day)s. Choose that day or a later one.")
            % {"day": date_format(first)}
        )
    return found[0]


def _children_of(address: Address, as_of: AsOf | None) -> list[Address]:
    children = address.children.order_by("id")
    if as_of is None:
        return list(children.filter(ends_on=None)[:MOST_CHILDREN])
    return in_force(children[:MOST_CHILDREN], as_of)


def _aliases_of(address: Address, as_of: AsOf | None) -> list[str]:
    aliases = address.aliases.filter(is_current=True).order_by("id")
    if as_of is None:
        names = list(aliases.filter(ends_on=None).values_list("name", flat=True))
    else:
        names = [
            alias.name
            for alias in aliases.exclude(kind=AliasKind.FORMER)
            if is_in_force(alias.starts_on, alias.ends_on, true_on=as_of.true_on)
        ]
    return list(dict.fromkeys(names))


def _climb(address: Address) -> list[Address]:
    above: list[Address] = []
    parent = address.parent
    while parent is not None:
        above.insert(0, parent)
        parent = parent.parent
    return above


def _dwelling_at(actor: Actor, address: Address, as_of: AsOf | None) -> Dwelling | None:
    if not actor.may("dwellings.see"):
        return None
    found = in_force(Dwelling.objects.filter(address=address, holds_address=True), as_of)
    return found[0] if found else None


def _holders_at(
    actor: Actor, address: Address, as_of: AsOf | None, *, kinds: Collection[str] = ()
) -> list[Holder]:
    held = Occupancy.objects.filter(address=address).select_related("resident", "organisation")
    if kinds:
        held = held.filter(kind__in=kinds)
    if not actor.may("residents.see"):
        held = held.filter(resident=None)
    if as_of is None:  # A period that ends as it begins was never so.
        held = held.exclude(ends_on=F("starts_on"))
    ordered = in_force(held.order_by("ends_on", "kind", "starts_on", "id"), as_of)
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


def get_dwelling(*, actor: Actor, dwelling_id: int) -> Dwelling:
    home = (
        dwellings_visible_to(actor)
        .select_related("address", "grid__parent")
        .filter(pk=dwelling_id)
        .first()
    )
    if home is None:
        raise EntryMissing(f"There is no dwelling {dwelling_id}.")
    return home


def dwelling_changes(home: Dwelling) -> list[Change]:
    return changes_of(EntryKind.DWELLING, home.pk)


def tenancies_of(*, actor: Actor, home: Dwelling, as_of: AsOf | None = None) -> list[Holder]:
    """Give who rents or rented a dwelling, by masked name, newest first."""
    held = _holders_at(actor, home.address, as_of, kinds=("tenant",)) if home.holds_address else []
    return sorted(held, key=lambda one: str(one.starts_on or ""), reverse=True)


def mask_resident(resident: Resident) -> str:
    """Give a resident's name as it is shown before a purpose is stated."""
    return mask_name(resident.name)


def occupancies_of(
    *, actor: Actor, resident: Resident, as_of: AsOf | None = None
) -> list[Occupancy]:
    """Give where a resident is or was, as far as the actor's area goes, newest first.

    As of a day, only where the resident then was.
    """
    held = resident.occupancies.select_related("address")
    if actor.grid_ids is not None:
        held = held.filter(grid_id__in=actor.grid_ids)
    if as_of is None:  # A period that ends as it begins was never so.
        held = held.exclude(ends_on=F("starts_on"))
    return in_force(held.order_by("-starts_on", "id"), as_of)


def organisation_changes(firm: Organisation) -> list[Change]:
    return changes_of(EntryKind.ORGANISATION, firm.pk)


def resident_changes(resident: Resident, *, opened: Collection[str]) -> list[Change]:
    """Give a resident's history; former values of fields that are not opened stay masked."""
    return changes_of(EntryKind.RESIDENT, resident.pk, opened=opened)


def labels_of(*, actor: Actor, kind: str, ids: Collection[int]) -> dict[int, tuple[str, str, int]]:
    """Give what to call these entries and the page each has, as far as the actor may see them."""
    if kind == "resident" and actor.may("residents.see"):
        people = residents_visible_to(actor).filter(pk__in=ids).values_list("pk", "name")
        return {pk: (mask_name(name), "registers:resident", pk) for pk, name in people}
    if kind == "organisation" and actor.may("organisations.see"):
        firms = organisations_visible_to(actor).filter(pk__in=ids).values_list("pk", "name")
        return {pk: (name, "registers:organisation", pk) for pk, name in firms}
    if kind == "dwelling" and actor.may("dwellings.see"):
        held = Dwelling.objects.filter(pk__in=ids, address__in=addresses_visible_to(actor))
        found = held.values_list("pk", "address_id", "address__full_name")
        return {pk: (name, "registers:address", place) for pk, place, name in found}
    if kind == "address" and actor.may("addresses.see"):
        places = addresses_visible_to(actor).filter(pk__in=ids).values_list("pk", "full_name")
        return {pk: (name, "registers:address", pk) for pk, name in places}
    return {}
