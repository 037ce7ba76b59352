"""The generated district's areas: real divisions, made-up cells on the real outline."""

import csv
import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import polars as pl
import shapely
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HOUSEHOLDS_A_GRID = 400
HOUSEHOLDS_LEAST, HOUSEHOLDS_MOST = 300, 500
PEOPLE_A_HOUSEHOLD = 2.45
RELAXATIONS = 8
SEAT_TURNS = 12
DISTRICT = ("320508", "姑苏区")
METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class District:
    """Areas with their outlines, and the households each grid is to hold."""

    areas: pl.DataFrame  # code, code_system, kind, name, parent_code, outline (WKB)
    grids: pl.DataFrame  # grid_code, community, subdistrict, n_households
    outlines: dict[str, shapely.Polygon]  # by grid code


def make_district(*, n_residents: int, rng: np.random.Generator) -> District:
    """Lay the divisions of Gusu out on its outline, with as many grids as the residents need.

    Parameters
    ----------
    n_residents : int
        People to house; a grid has 300 to 500 households of 2.45 people on average.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    District
        Every subdistrict and community of the real divisions. Grids stand only in as many
        communities, from the middle outwards, as the residents need.
    """
    outline = _read_outline()
    communities, streets = _read_table("communities"), _read_table("streets")
    seats = _spread_points(outline, len(communities), rng)
    cells = _cut_cells(outline, seats)
    owner = _group_cells(cells, seats, communities, streets)
    placed = {communities[i]["community_code12"]: cells[cell] for i, cell in enumerate(owner)}
    grids, outlines = _make_grids(communities, placed, outline, n_residents, rng)
    return District(
        areas=_list_areas(streets, communities, placed, grids, outlines),
        grids=grids,
        outlines=outlines,
    )


def _read_outline() -> shapely.Polygon:
    text = files("fangge.engine.synthesis.tables").joinpath("gusu_outline.geojson").read_text()
    geometry = json.loads(text)["features"][0]["geometry"]
    return max(shapely.geometry.shape(geometry).geoms, key=lambda part: float(part.area))


def _read_table(kind: str) -> list[dict[str, str]]:
    table = files("fangge.engine.address.tables").joinpath(f"gusu_320508_{kind}.csv")
    return list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))


def _spread_points(outline: shapely.Polygon, n_points: int, rng: np.random.Generator) -> np.ndarray:
    """Scatter points over a polygon and even them out by Lloyd's relaxation."""
    west, south, east, north = outline.bounds
    found = np.empty((0, 2))
    shapely.prepare(outline)
    while len(found) < n_points:
        tried = rng.uniform((west, south), (east, north), size=(4 * n_points, 2))
        found = np.vstack([found, tried[shapely.contains_xy(outline, tried)]])
    points = found[:n_points]
    for _ in range(RELAXATIONS if n_points > 1 else 0):
        points = np.array([cell.centroid.coords[0] for cell in _cut_cells(outline, points)])
    return points


def _cut_cells(outline: shapely.Polygon, points: np.ndarray) -> list[shapely.Polygon]:
    """Cut a polygon into the Voronoi cells of points inside it, in the order of the points."""
    if len(points) == 1:
        return [outline]
    diagram = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=outline)
    tree = shapely.STRtree(list(diagram.geoms))
    which = tree.query(shapely.points(points), predicate="within")[1]
    cells = []
    for cell in which:
        clipped = shapely.intersection(diagram.geoms[int(cell)], outline)
        parts = [part for part in shapely.get_parts(clipped) if part.geom_type == "Polygon"]
        cells.append(max(parts, key=lambda part: float(part.area)))
    return cells


def _group_cells(
    cells: list[shapely.Polygon],
    points: np.ndarray,
    communities: list[dict[str, str]],
    streets: list[dict[str, str]],
) -> list[int]:
    """Give each community a cell, so that a subdistrict's cells lie together.

    Seats stand round the middle, one for each subdistrict; each takes as many cells as it has
    communities, by the cheapest assignment of cells to seats. Of some ways to turn the seats, the
    first is taken that leaves no subdistrict in two parts, or else the one with the fewest parts.
    """
    codes = [street["street_code9"] for street in streets]
    wanted = np.array([codes.index(community["street_code9"]) for community in communities])
    middle, spread = points.mean(axis=0), points.std(axis=0)
    left, right = shapely.STRtree(cells).query(cells, predicate="intersects")
    best: tuple[int, list[int]] | None = None
    for turn in range(SEAT_TURNS):
        angles = 2 * np.pi * (np.arange(len(streets)) + turn / SEAT_TURNS) / len(streets)
        seats = middle + 1.4 * spread * np.column_stack([np.cos(angles), np.sin(angles)])
        cost = ((points[None, :, :] - seats[wanted][:, None, :]) ** 2).sum(axis=2)
        owner = linear_sum_assignment(cost)[1]
        group = np.empty(len(cells), dtype=np.int64)
        group[owner] = wanted
        inner = group[left] == group[right]
        edges = coo_array((inner[inner], (left[inner], right[inner])), shape=cost.shape)
        n_parts = int(connected_components(edges, directed=False)[0])
        if best is None or n_parts < best[0]:
            best = n_parts, owner.tolist()
        if n_parts == len(streets):
            break
    return best[1] if best else []


def _make_grids(
    communities: list[dict[str, str]],
    placed: dict[str, shapely.Polygon],
    outline: shapely.Polygon,
    n_residents: int,
    rng: np.random.Generator,
) -> tuple[pl.DataFrame, dict[str, shapely.Polygon]]:
    n_households = max(1, round(n_residents / PEOPLE_A_HOUSEHOLD))
    n_grids = max(1, round(n_households / HOUSEHOLDS_A_GRID))
    middle = outline.centroid
    nearest = sorted(communities, key=lambda c: placed[c["community_code12"]].distance(middle))
    settled = nearest[: min(len(nearest), n_grids)]
    each = np.full(len(settled), n_grids // len(settled))
    each[: n_grids % len(settled)] += 1
    sizes = _share_households(n_households, n_grids, rng)
    rows: list[tuple[str, str, str, int]] = []
    outlines: dict[str, shapely.Polygon] = {}
    for community, n_here in zip(settled, each.tolist(), strict=True):
        code = community["community_code12"]
        cells = _cut_cells(placed[code], _spread_points(placed[code], n_here, rng))
        for serial, cell in enumerate(cells, start=1):
            grid_code = f"{code}{serial:03d}"
            outlines[grid_code] = cell
            rows.append(
                (grid_code, _short_name(community), community["street_name"], int(sizes[len(rows)]))
            )
    columns = ["grid_code", "community", "subdistrict", "n_households"]
    return pl.DataFrame(rows, schema=columns, orient="row"), outlines


def _share_households(n_households: int, n_grids: int, rng: np.random.Generator) -> np.ndarray:
    """Share households over grids, each within the bounds wherever there are enough for that."""
    mean = n_households / n_grids
    spread = min(60.0, max(0.0, mean - HOUSEHOLDS_LEAST), max(0.0, HOUSEHOLDS_MOST - mean))
    shares = np.rint(mean + rng.uniform(-spread, spread, n_grids)).astype(np.int64)
    missing = n_households - int(shares.sum())
    room = HOUSEHOLDS_MOST - shares if missing > 0 else shares - HOUSEHOLDS_LEAST
    for i in np.argsort(-room, kind="stable"):
        step = min(abs(missing), max(0, int(room[i])))
        shares[i] += step if missing > 0 else -step
        missing -= step if missing > 0 else -step
    shares[0] += missing  # a district too small for one whole grid keeps the sum all the same
    return shares


def _short_name(community: dict[str, str]) -> str:
    return community["community_name"].removesuffix("居委会").removesuffix("村委会")


def _list_areas(
    streets: list[dict[str, str]],
    communities: list[dict[str, str]],
    placed: dict[str, shapely.Polygon],
    grids: pl.DataFrame,
    outlines: dict[str, shapely.Polygon],
) -> pl.DataFrame:
    rows: list[tuple[str, str, str, str, str | None, shapely.Polygon]] = [
        (DISTRICT[0], "nbs", "district", DISTRICT[1], None, _read_outline())
    ]
    for street in streets:
        mine = [
            placed[community["community_code12"]]
            for community in communities
            if community["street_code9"] == street["street_code9"]
        ]
        rows.append(
            (
                street["street_code9"],
                "nbs",
                "subdistrict",
                street["street_name"],
                DISTRICT[0],
                shapely.union_all(mine, grid_size=1e-9),
            )
        )
    rows += [
        (
            community["community_code12"],
            "nbs",
            "community",
            _short_name(community),
            community["street_code9"],
            placed[community["community_code12"]],
        )
        for community in communities
    ]
    rows += [
        (code, "fangge", "grid", f"{community}{int(code[-3:])}号网格", code[:12], outlines[code])
        for code, community in grids.select("grid_code", "community").iter_rows()
    ]
    names = ["code", "code_system", "kind", "name", "parent_code"]
    frame = pl.DataFrame([row[:5] for row in rows], schema=names, orient="row")
    shapes = shapely.to_wkb([row[5] for row in rows]).tolist()
    return frame.with_columns(outline=pl.Series(shapes, dtype=pl.Binary))
