"""One building: its units, floors and rooms with what is known of each."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import groupby

from django.db import connection

from fangge.kernel.actor import Actor
from fangge.registers.models.address import Address
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.queries.visible import EntryMissing, addresses_visible_to


@dataclass(frozen=True, slots=True)
class Room:
    """A room, or a single house, as a cell of the elevation."""

    address_id: int
    name: str
    unit: str
    floor: int
    fact: str  # lived-in, let, vacant, trade or to-verify


@dataclass(frozen=True, slots=True)
class Elevation:
    """Units as columns, floors as rows from the top, rooms as cells."""

    building: Address
    full_name: str
    units: list[str]
    floors: list[tuple[int, list[list[Room]]]]
    counts: dict[str, int] = field(default_factory=dict)
    firms: list[tuple[int, str, str]] = field(default_factory=list)


ROOMS = """
    SELECT room.id, room.name, COALESCE(unit.name, ''), COALESCE(floor.name, ''),
        bool_or(held.kind = 'tenant'), bool_or(held.kind IN ('resident', 'tenant')),
        EXISTS (SELECT FROM registers_dwelling dwelling WHERE dwelling.address_id = room.id
            AND dwelling.holds_address),
        bool_or(held.kind = 'trades')
    FROM registers_address room
    LEFT JOIN registers_address floor ON floor.id = room.parent_id AND floor.level = 'floor'
    LEFT JOIN registers_address unit
        ON unit.id = COALESCE(floor.parent_id, room.parent_id) AND unit.level = 'unit'
    LEFT JOIN registers_occupancy held ON held.address_id = room.id AND held.ends_on IS NULL
    WHERE room.building_id = %s AND room.ends_on IS NULL
      AND (room.level = 'room' OR (room.id = %s AND NOT EXISTS (
          SELECT FROM registers_address child WHERE child.parent_id = room.id)))
    GROUP BY room.id, room.name, unit.name, floor.name
    ORDER BY room.id
"""


def get_elevation(*, actor: Actor, building_id: int) -> Elevation:
    """Give a building's elevation; raise `EntryMissing` beyond the actor's area."""
    actor.require("dwellings.see")
    building = (
        addresses_visible_to(actor).select_related("grid__parent").filter(pk=building_id).first()
    )
    if building is None:
        raise EntryMissing(f"There is no building {building_id}.")
    with connection.cursor() as cursor:
        cursor.execute(ROOMS, [building_id, building_id])
        rooms = [_read_room(row) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT firm.id, firm.name, firm.state FROM registers_organisation firm "
            "JOIN registers_address address ON address.id = firm.address_id "
            "WHERE address.building_id = %s ORDER BY firm.ends_on NULLS FIRST, firm.name LIMIT 200",
            [building_id],
        )
        firms = [tuple(row) for row in cursor.fetchall()]
    units = sorted({room.unit for room in rooms}, key=_natural)
    return Elevation(
        building=building,
        full_name=building.full_name,
        units=units,
        floors=_stack(rooms, units),
        counts=_count(rooms),
        firms=firms,
    )


def _read_room(row: tuple[int, str, str, str, bool, bool, bool, bool]) -> Room:
    address_id, name, unit, floor, is_let, is_lived_in, is_dwelling, trades = row
    digits = "".join(filter(str.isdigit, floor))
    return Room(
        address_id=address_id,
        name=name.removesuffix("室"),
        unit=unit,
        floor=int(digits) if digits else 1,
        fact=_choose_fact(
            is_let=is_let, is_lived_in=is_lived_in, is_dwelling=is_dwelling, trades=trades
        ),
    )


def _choose_fact(*, is_let: bool, is_lived_in: bool, is_dwelling: bool, trades: bool) -> str:
    if is_let:
        return "let"
    if is_lived_in:
        return "lived-in"
    if trades:
        return "trade"
    return "vacant" if is_dwelling else "to-verify"


def _natural(name: str) -> tuple[int, str]:
    digits = "".join(filter(str.isdigit, name))
    return (int(digits) if digits else 0, name)


def _stack(rooms: list[Room], units: list[str]) -> list[tuple[int, list[list[Room]]]]:
    by_floor = sorted(
        rooms, key=lambda room: (-room.floor, _natural(room.unit), _natural(room.name))
    )
    stacked = []
    for floor, level in groupby(by_floor, key=lambda room: room.floor):
        here = list(level)
        stacked.append((floor, [[room for room in here if room.unit == unit] for unit in units]))
    return stacked


def _count(rooms: list[Room]) -> dict[str, int]:
    counts = dict.fromkeys(("lived-in", "let", "vacant", "trade", "to-verify"), 0)
    for room in rooms:
        counts[room.fact] += 1
    return counts


def buildings_of(kind: str, entry_ids: Collection[int]) -> set[int]:
    """Name the buildings where these entries are, or stand in the register."""
    if kind == "dwelling":
        homes = Dwelling.objects.filter(pk__in=entry_ids)
        return {one for one in homes.values_list("address__building_id", flat=True) if one}
    held = Occupancy.objects.filter(**{f"{kind}_id__in": entry_ids}, ends_on=None)
    found = set(held.values_list("address__building_id", flat=True))
    if kind == "organisation":
        firms = Organisation.objects.filter(pk__in=entry_ids)
        found |= set(firms.values_list("address__building_id", flat=True))
    return {building for building in found if building is not None}
