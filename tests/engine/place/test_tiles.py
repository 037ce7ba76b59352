"""Tile arithmetic: a tile is one range of codes."""

import math
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fangge.engine.place.tiles import encode_morton, project_to_tile, tile_bounds, tile_range

places = st.tuples(st.floats(-179.9, 179.9), st.floats(-85, 85))


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The textbook formula, as an independent reading."""
    side = 2**zoom
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return min(x, side - 1), min(y, side - 1)


@given(places, st.integers(0, 22))
def test_a_place_is_in_the_range_of_its_tile(place: tuple[float, float], zoom: int) -> None:
    code = int(encode_morton([place[0]], [place[1]])[0])
    low, high = tile_range(zoom, *tile_at(*place, zoom))
    assert low <= code < high


@given(st.integers(1, 22), st.data())
def test_four_tiles_fill_the_one_above(zoom: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, 2 ** (zoom - 1) - 1))
    y = data.draw(st.integers(0, 2 ** (zoom - 1) - 1))
    below = sorted(tile_range(zoom, 2 * x + dx, 2 * y + dy) for dx in (0, 1) for dy in (0, 1))
    assert below[0][0] == tile_range(zoom - 1, x, y)[0]
    assert below[-1][1] == tile_range(zoom - 1, x, y)[1]
    assert all(one[1] == other[0] for one, other in pairwise(below))


def test_codes_beyond_the_map_are_its_edge() -> None:
    assert encode_morton([0.0], [89.9])[0] == encode_morton([0.0], [85.06])[0]


def test_the_corners_of_a_tile_are_its_extent() -> None:
    west, south, east, north = tile_bounds(14, 13680, 6700)
    corners = np.array([[west, north], [east, south]])
    placed = project_to_tile(corners, zoom=14, x=13680, y=6700, extent=4096)
    assert placed.tolist() == [[0, 0], [4096, 4096]]
