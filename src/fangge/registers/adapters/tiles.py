"""Spots and areas as vector tiles."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from fangge.engine.place.tiles import project_to_tile, tile_bounds, tile_range
from fangge.engine.place.vectors import EXTENT, encode_tile, point_layer, polygon_layer
from fangge.registers.queries.tiles import Spot

BUFFER_SHARE = 1 / 32
HIDDEN = "—"


class Tile(NamedTuple):
    """A square of the map: at zoom z there are 2**z a side, counted from the north-west."""

    zoom: int
    x: int
    y: int


def tile_codes(tile: Tile) -> tuple[int, int]:
    return tile_range(*tile)


def tile_window(tile: Tile) -> tuple[float, float, float, float]:
    """Give west, south, east and north of a tile."""
    return tile_bounds(*tile)


def _place(positions: NDArray[np.float64], tile: Tile) -> NDArray[np.int64]:
    return project_to_tile(positions, zoom=tile.zoom, x=tile.x, y=tile.y, extent=EXTENT)


def within_tile(spots: Sequence[Spot], tile: Tile) -> list[Spot]:
    """Give those of these spots that stand on the tile."""
    west, south, east, north = tile_window(tile)
    return [one for one in spots if west <= one.lon < east and south < one.lat <= north]


def encode_spots(spots: Sequence[Spot], *, tile: Tile, layer: str) -> bytes:
    """Write points with their counts; a hidden one has none, whatever reads the tile."""
    if not spots:
        return b""
    lons, lats, counts, buildings, names = zip(*spots, strict=True)
    places = _place(np.column_stack([lons, lats]), tile)
    properties: dict[str, Sequence[Any]] = {
        "n": [0 if count is None else count for count in counts],
        "label": [HIDDEN if count is None else f"{count:,}" for count in counts],
        "building": buildings,
        "name": [name or None for name in names],
    }
    return encode_tile([point_layer(layer, places, properties)])


def encode_areas(areas: Sequence[tuple[str, str, str, bytes, bool]], *, tile: Tile) -> bytes:
    """Write outlines of (kind, code, name, WKB, is_schematic), cut to the tile with a margin.

    Each area's name is a point of its own, in the one tile that holds it.
    """
    west, south, east, north = tile_bounds(*tile)
    margin = (east - west) * BUFFER_SHARE
    window = (west - margin, south - margin, east + margin, north + margin)
    layers = []

    for kind, group in groupby(sorted(areas, key=itemgetter(0, 1)), key=itemgetter(0)):
        here = list(group)
        outlines = shapely.from_wkb([bytes(area[3]) for area in here])
        cut = shapely.clip_by_rect(outlines, *window)
        drawn = shapely.transform(cut, partial(_place, tile=tile))
        said: dict[str, list[Any]] = {
            "code": [area[1] for area in here],
            "name": [area[2] for area in here],
            "schematic": [area[4] for area in here],
        }
        layers.append(polygon_layer(kind, drawn, said))
        middles = _place(shapely.get_coordinates(shapely.point_on_surface(outlines)), tile)
        inside = np.flatnonzero(((middles >= 0) & (middles < EXTENT)).all(axis=1))
        names = {"name": [here[at][2] for at in inside]}
        layers.append(point_layer(f"{kind}-name", middles[inside], names))
    return encode_tile(layers)
