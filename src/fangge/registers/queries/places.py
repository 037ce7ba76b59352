"""Where an entry is to be found on the ground, for whoever is to go there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from fangge.kernel.fields import Point
from fangge.registers.models.address import Address
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy, OccupancyKind
from fangge.registers.models.organisation import Organisation

LIVES = (OccupancyKind.RESIDENT, OccupancyKind.TENANT, OccupancyKind.REGISTERED)


@dataclass(frozen=True, slots=True)
class Place:
    """An address within a grid: nothing of who lives there."""

    address_id: int
    grid_id: int
    name: str


def place_of_entry(kind: str, entry_id: int) -> Place | None:
    """Give where an entry stands, or a resident lives; nothing where no grid is known."""
    address = _address_of(kind, entry_id)
    if address is None or address.grid_id is None:
        return None
    return Place(address.pk, address.grid_id, address.full_name)


def _address_of(kind: str, entry_id: int) -> Address | None:
    if kind == "address":
        return Address.objects.filter(pk=entry_id).first()
    if kind == "dwelling":
        return _first(Dwelling.objects.filter(pk=entry_id).select_related("address"))
    if kind == "organisation":
        return _first(Organisation.objects.filter(pk=entry_id).select_related("address"))
    if kind == "resident":
        held = Occupancy.objects.filter(
            resident_id=entry_id, ends_on=None, kind__in=LIVES
        ).select_related("address")
        # Where somebody lives comes before where they are registered.
        found = sorted(held, key=lambda one: (LIVES.index(OccupancyKind(one.kind)), one.pk))
        return found[0].address if found else None
    return None


def _first(found: Iterable[Dwelling | Organisation]) -> Address | None:
    return next((one.address for one in found), None)


ROOMS = ("unit", "floor", "room")


@dataclass(frozen=True, slots=True)
class Spot:
    """A building, or what is larger: no unit, floor or room of it."""

    name: str
    position: Point | None


def spots_of(address_ids: Collection[int]) -> dict[int, Spot]:
    """Give for each address the building it is in, or itself where it is larger than one."""
    found: dict[int, Spot] = {}
    for address in Address.objects.filter(pk__in=address_ids).select_related("building"):
        shown = address.building if address.level in ROOMS else address
        if shown is not None:
            found[address.pk] = Spot(shown.full_name, shown.position)
    return found
