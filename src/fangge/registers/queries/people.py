"""How many residents there are in which area, as everybody may see it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from django.db.models import Sum

from fangge.areas.queries import SHOWN_FROM_ZOOM, paths_of_grids
from fangge.disclosure.queries.counts import Cell, Tables, cells_covering, protect_counts
from fangge.registers.models.mapcell import MapCell, MapLayer

Path: TypeAlias = tuple[int, ...]
LEVELS = tuple(SHOWN_FROM_ZOOM)  # district, subdistrict, community, grid
NOWHERE = 0


@dataclass(frozen=True, slots=True)
class People:
    """Residents of an area as far as a reader's goes: how many, or None where it is hidden."""

    lon: float
    lat: float
    n_residents: int | None


@dataclass(frozen=True, slots=True)
class _Grid:
    path: Path
    n_residents: int
    n_places: int
    sum_lon: float
    sum_lat: float


def count_people(grid_ids: Collection[int] | None) -> int | None:
    """Give how many residents live in these grids, or all; None where it is hidden."""
    grids = _read_grids()
    chosen = _chosen(grids, grid_ids)
    return _protect(grids).add_up(cells_covering(_paths(grids), chosen, groups=()))


def people_by_area(*, zoom: int, grid_ids: Collection[int] | None) -> list[People]:
    """Give the residents of each area that this zoom shows, where its addresses stand."""
    grids = _read_grids()
    tables, paths = _protect(grids), _paths(grids)
    level = sum(zoom >= least for least in SHOWN_FROM_ZOOM.values()) - 1
    by_area: dict[Path, list[_Grid]] = {}
    seen = _chosen(grids, grid_ids)
    for grid in grids:
        if grid.path in seen and grid.n_places:
            by_area.setdefault(grid.path[:level], []).append(grid)
    return [
        People(
            lon=sum(one.sum_lon for one in here) / sum(one.n_places for one in here),
            lat=sum(one.sum_lat for one in here) / sum(one.n_places for one in here),
            n_residents=tables.add_up(
                cells_covering(paths, [one.path for one in here], groups=(), level=level)
            ),
        )
        for here in by_area.values()
    ]


def _read_grids() -> list[_Grid]:
    """Read each grid's residents, and where its addresses stand on the whole."""
    held = MapCell.objects.filter(zoom=0, layer__in=[MapLayer.RESIDENT, MapLayer.ADDRESS])
    summed = held.values_list("grid_id", "layer").annotate(
        Sum("n_entries"), Sum("sum_lon"), Sum("sum_lat")
    )
    found = {(grid, layer): sums for grid, layer, *sums in summed}
    nothing = [0, 0.0, 0.0]
    paths = paths_of_grids()
    return [
        _Grid(
            paths.get(grid, (NOWHERE, NOWHERE, grid)),
            found.get((grid, MapLayer.RESIDENT), nothing)[0],
            *found.get((grid, MapLayer.ADDRESS), nothing),
        )
        for grid in sorted({grid for grid, _ in found})
    ]


def _protect(grids: list[_Grid]) -> Tables:
    return protect_counts({Cell(one.path, ()): one.n_residents for one in grids})


def _paths(grids: list[_Grid]) -> list[Path]:
    return [one.path for one in grids]


def _chosen(grids: list[_Grid], grid_ids: Collection[int] | None) -> set[Path]:
    return {one.path for one in grids if grid_ids is None or one.path[-1] in grid_ids}
