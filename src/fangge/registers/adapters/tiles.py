"""Spots and areas as vector tiles."""

from collections.abc import Sequence
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

from fangge.engine.place.tiles import project_to_tile, tile_bounds, tile_range
from fangge.registers.queries.tiles import Spot

EXTENT = 4096
BUFFER_SHARE = 1 / 32
SMALLEST_SHOWN = 5
"""Counts of people below this are shown as a range to those who do not work with residents."""


def tile_codes(zoom: int, x: int, y: int) -> tuple[int, int]:
    return tile_range(zoom, x, y)


def tile_bounds_of(zoom: int, x: int, y: int) -> tuple[float, float, float, float]:
    return tile_bounds(zoom, x, y)


def encode_spots(
    spots: Sequence[Spot], *, zoom: int, x: int, y: int, layer: str, hides_small: bool
) -> bytes:
    """Write points with their counts; small ones as a range where they are hidden."""
    if not spots:
        return b""
    places = project_to_tile(
        np.array([(spot.lon, spot.lat) for spot in spots]), zoom=zoom, x=x, y=y, extent=EXTENT
    )
    features = [
        {"geometry": f"POINT({px} {py})", "properties": _describe(spot, hides_small=hides_small)}
        for spot, (px, py) in zip(spots, places.tolist(), strict=True)
    ]
    return _encode([{"name": layer, "features": features}])


def _describe(spot: Spot, *, hides_small: bool) -> dict[str, Any]:
    is_small = hides_small and spot.n_entries < SMALLEST_SHOWN
    label = f"<{SMALLEST_SHOWN}" if is_small else f"{spot.n_entries:,}"
    size = SMALLEST_SHOWN if is_small else spot.n_entries
    described: dict[str, Any] = {"n": size, "label": label}
    if spot.building_id is not None:
        described |= {"building": spot.building_id, "name": spot.name}
    return described


def encode_areas(
    areas: Sequence[tuple[str, str, str, bytes, bool]], *, zoom: int, x: int, y: int
) -> bytes:
    """Write outlines of (kind, code, name, WKB, is_schematic), cut to the tile with a margin."""
    west, south, east, north = tile_bounds(zoom, x, y)
    margin = (east - west) * BUFFER_SHARE
    window = (west - margin, south - margin, east + margin, north + margin)
    layers: dict[str, list[dict[str, Any]]] = {}
    for kind, code, name, outline, is_schematic in areas:
        cut = shapely.clip_by_rect(shapely.from_wkb(bytes(outline)), *window)
        if cut.is_empty:
            continue
        placed = shapely.transform(
            cut, lambda points: project_to_tile(points, zoom=zoom, x=x, y=y, extent=EXTENT)
        )
        properties = {"code": code, "name": name, "schematic": is_schematic}
        layers.setdefault(kind, []).append({"geometry": placed, "properties": properties})
    return _encode([{"name": kind, "features": features} for kind, features in layers.items()])


def _encode(layers: list[dict[str, Any]]) -> bytes:
    encoded: bytes = mapbox_vector_tile.encode(
        layers, default_options={"extents": EXTENT, "y_coord_down": True}
    )
    return encoded
