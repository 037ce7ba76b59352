"""Areas by kind, below one another, and at a point."""

from collections.abc import Collection

import shapely
from django.db import connection
from django.db.models import Max, Min

from fangge.areas.models import Area, AreaKind


def current_areas(*, kind: AreaKind | None = None) -> list[Area]:
    """Give the areas that hold today, in the order of their codes."""
    areas = Area.objects.filter(ends_on=None).order_by("code")
    return list(areas.filter(kind=kind) if kind else areas)


def find_area(area_id: int) -> Area | None:
    """Give the current area of this number."""
    return Area.objects.filter(pk=area_id, ends_on=None).first()


def first_area(*, kind: str) -> Area | None:
    """Give the first area of a kind that has grids in it, or is one."""
    grid = Area.objects.filter(kind=AreaKind.GRID, ends_on=None).order_by("code").first()
    while grid is not None and grid.kind != kind:
        grid = grid.parent
    return grid


SHOWN_FROM_ZOOM = {"district": 0, "subdistrict": 9, "community": 11, "grid": 13}


def outlines_in(
    *, window: tuple[float, float, float, float], zoom: int
) -> list[tuple[str, str, str, bytes, bool]]:
    """Give kind, code, name, outline and whether it is made up, of what this zoom shows."""
    kinds = [kind for kind, least in SHOWN_FROM_ZOOM.items() if zoom >= least]
    areas = Area.objects.filter(ends_on=None, kind__in=kinds, outline__isnull=False)
    west, south, east, north = window
    near = areas.filter(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
    rows = near.values_list("kind", "code", "name", "outline", "is_schematic")
    return [
        (kind, code, name, bytes(wkb or b""), made_up) for kind, code, name, wkb, made_up in rows
    ]


def outlines_window(
    *, grid_ids: Collection[int] | None = None
) -> tuple[float, float, float, float] | None:
    """Give west, south, east and north of these grids, or of all: where people live."""
    grids = Area.objects.filter(ends_on=None, kind=AreaKind.GRID)
    if grid_ids is not None:
        grids = grids.filter(pk__in=grid_ids)
    ends = grids.aggregate(Min("west"), Min("south"), Max("east"), Max("north"))
    window = tuple(ends.values())
    return None if window[0] is None else window


def has_schematic_outlines() -> bool:
    """Say whether any area's outline is made up, which a map must tell."""
    return Area.objects.filter(ends_on=None, is_schematic=True).exists()


def grid_at(lon: float, lat: float) -> Area | None:
    """Give the grid that a position in CGCS2000 lies in; on a border, the one of the lower code."""
    near = Area.objects.filter(
        ends_on=None,
        kind=AreaKind.GRID,
        west__lte=lon,
        east__gte=lon,
        south__lte=lat,
        north__gte=lat,
    ).select_related("parent")
    point = shapely.Point(lon, lat)
    for grid in near.order_by("code"):
        if grid.outline and shapely.from_wkb(bytes(grid.outline)).covers(point):
            return grid
    return None


def grids_within(area_ids: Collection[int]) -> frozenset[int]:
    """Give the grids in these areas, at any depth; a grid is within itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE below (id, kind) AS (
                SELECT id, kind FROM areas_area WHERE id = ANY(%s)
                UNION
                SELECT area.id, area.kind FROM areas_area area
                JOIN below ON area.parent_id = below.id
            )
            SELECT id FROM below WHERE kind = 'grid'
            """,
            [list(area_ids)],
        )
        return frozenset(row[0] for row in cursor.fetchall())


def paths_of_grids() -> dict[int, tuple[int, int, int]]:
    """Give the subdistrict, the community and the grid of each grid, ended ones too; 0 is none."""
    parents = dict(Area.objects.values_list("pk", "parent_id"))
    grids = Area.objects.filter(kind=AreaKind.GRID).values_list("pk", flat=True)
    paths = {}
    for grid in grids:
        community = parents.get(grid) or 0
        paths[grid] = (parents.get(community) or 0, community, grid)
    return paths


def area_names() -> dict[int, str]:
    return dict(Area.objects.values_list("pk", "name"))
