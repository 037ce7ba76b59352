"""What stands on a map tile, within the actor's area."""

from typing import Any, NamedTuple

from django.db import connection

from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.registers.models.mapcell import MapLayer
from fangge.registers.queries.people import people_by_area

BUILDINGS_FROM_ZOOM = 16
CELL_BITS = 6
CODE_BITS = 62
ABOUT = {
    MapLayer.ADDRESS: "addresses.see",
    MapLayer.DWELLING: "dwellings.see",
    MapLayer.RESIDENT: "map.see",
    MapLayer.ORGANISATION: "organisations.see",
}


class Spot(NamedTuple):
    """A cluster, or one building: where it is and how many entries stand there."""

    lon: float
    lat: float
    n_entries: int | None  # none where so few people are not shown
    building_id: int | None = None
    name: str = ""


class LayerUnknown(Missing):
    """The map has no such layer."""


def layer_named(name: str) -> MapLayer:
    if name not in list(MapLayer):
        raise LayerUnknown(f"There is no layer {name}.")
    return MapLayer(name)


def spots_on_tile(
    *, actor: Actor, layer: MapLayer, codes: tuple[int, int], zoom: int
) -> list[Spot]:
    """Give clusters below zoom 16, single buildings from it on; counts are exact in scope.

    Residents are counted by area, as everybody sees it, and by building where the actor works with
    them: other clusters beside those would tell of single people.
    """
    actor.require("map.see")
    actor.require(ABOUT[layer])
    by_building = zoom >= BUILDINGS_FROM_ZOOM and actor.may("residents.see")
    if layer == MapLayer.RESIDENT and not by_building:
        people = people_by_area(zoom=zoom, grid_ids=actor.grid_ids)
        return [Spot(one.lon, one.lat, one.n_residents) for one in people]
    grids = None if actor.grid_ids is None else list(actor.grid_ids)
    if zoom >= BUILDINGS_FROM_ZOOM:
        return _buildings(layer, codes, grids)
    return _clusters(layer, codes, zoom, grids)


def _scope(grids: list[int] | None) -> list[Any]:
    return [] if grids is None else [grids]


def _clusters(
    layer: MapLayer, codes: tuple[int, int], zoom: int, grids: list[int] | None
) -> list[Spot]:
    shift = CODE_BITS - 2 * zoom - CELL_BITS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(sum_lon) / sum(n_entries), sum(sum_lat) / sum(n_entries), sum(n_entries) "
            "FROM registers_mapcell WHERE layer = %s AND zoom = %s AND cell >= %s AND cell < %s "
            + ("" if grids is None else "AND grid_id = ANY(%s) ")
            + "GROUP BY cell HAVING sum(n_entries) > 0",
            [layer, zoom, codes[0] >> shift, codes[1] >> shift, *_scope(grids)],
        )
        return [Spot(lon, lat, int(count)) for lon, lat, count in cursor.fetchall()]


def _buildings(layer: MapLayer, codes: tuple[int, int], grids: list[int] | None) -> list[Spot]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT building.position[0], building.position[1], counted.n_entries, building.id, "
            "COALESCE(parent.name, '') || building.name "
            "FROM registers_address building "
            "JOIN registers_buildingcount counted "
            "ON counted.building_id = building.id AND counted.layer = %s "
            "LEFT JOIN registers_address parent ON parent.id = building.parent_id "
            "WHERE building.morton >= %s AND building.morton < %s "
            "AND building.level IN ('building', 'number')"
            + ("" if grids is None else " AND building.grid_id = ANY(%s)"),
            [layer, *codes, *_scope(grids)],
        )
        return list(map(Spot._make, cursor.fetchall()))
