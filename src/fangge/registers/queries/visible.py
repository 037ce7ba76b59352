"""What an actor may see: every query of the registers begins here."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import QuerySet

from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.registers.models.address import Address
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident


class EntryMissing(Missing):
    """There is no such entry, or none in this actor's area."""


def addresses_visible_to(actor: Actor) -> QuerySet[Address]:
    actor.require("addresses.see")
    addresses = Address.objects.all()
    return addresses if actor.grid_ids is None else addresses.filter(grid_id__in=actor.grid_ids)


def organisations_visible_to(actor: Actor) -> QuerySet[Organisation]:
    actor.require("organisations.see")
    firms = Organisation.objects.all()
    return firms if actor.grid_ids is None else firms.filter(grid_id__in=actor.grid_ids)


def residents_visible_to(actor: Actor) -> QuerySet[Resident]:
    """Give the residents with an occupancy in the actor's area."""
    actor.require("residents.see")
    residents = Resident.objects.all()
    if actor.grid_ids is None:
        return residents
    here = Occupancy.objects.filter(grid_id__in=actor.grid_ids, resident__isnull=False)
    return residents.filter(pk__in=here.values("resident_id"))


def dwellings_visible_to(actor: Actor) -> QuerySet[Dwelling]:
    actor.require("dwellings.see")
    homes = Dwelling.objects.all()
    return homes if actor.grid_ids is None else homes.filter(grid_id__in=actor.grid_ids)


def addresses_of_resident(*, actor: Actor, resident_id: int) -> list[int]:
    """Give where a resident is now, as far as the actor's area goes."""
    held = Occupancy.objects.filter(resident_id=resident_id, ends_on=None)
    if actor.grid_ids is not None:
        held = held.filter(grid_id__in=actor.grid_ids)
    return list(held.values_list("address_id", flat=True))


VISIBLE: Mapping[str, Callable[[Actor], QuerySet[Any]]] = {
    "resident": residents_visible_to,
    "organisation": organisations_visible_to,
    "dwelling": dwellings_visible_to,
}


def entries_within(actor: Actor, *, kind: str, entry_ids: Collection[int]) -> list[int]:
    """Give those of these residents, organisations or dwellings that stand in the actor's area."""
    seen = VISIBLE.get(kind, residents_visible_to)(actor)
    return list(seen.filter(pk__in=entry_ids).values_list("pk", flat=True))
