"""Tile arithmetic: positions to Morton codes, tiles to ranges of them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CODE_ZOOM = 31
LATITUDE_MOST = 85.051128779806604
_SPREADS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def encode_morton(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
    """Interleave Web-Mercator x and y at zoom 31 into one code.

    Parameters
    ----------
    lon, lat : array of float64
        Degrees; latitudes beyond the map's edge are taken as the edge.

    Returns
    -------
    int64 array
        62 bits: the tile of any zoom that holds a position is the code's leading 2 * zoom bits,
        so that a tile is one range of codes.
    """
    side = float(1 << CODE_ZOOM)
    most = (1 << CODE_ZOOM) - 1
    radians = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -LATITUDE_MOST, LATITUDE_MOST))
    x = (np.asarray(lon, dtype=np.float64) + 180.0) / 360.0 * side
    y = (1.0 - np.arcsinh(np.tan(radians)) / np.pi) / 2.0 * side
    columns = np.clip(x, 0, most).astype(np.uint64)
    rows = np.clip(y, 0, most).astype(np.uint64)
    return (_spread(columns) | (_spread(rows) << np.uint64(1))).astype(np.int64)


def tile_range(zoom: int, x: int, y: int) -> tuple[int, int]:
    """Give the half-open range of codes inside a tile."""
    prefix = int(
        (_spread(np.array([x], np.uint64)) | (_spread(np.array([y], np.uint64)) << np.uint64(1)))[0]
    )
    shift = 2 * (CODE_ZOOM - zoom)
    return prefix << shift, (prefix + 1) << shift


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between each two bits."""
    spread = values
    for shift, mask in _SPREADS:
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
    return spread


def tile_bounds(zoom: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Give west, south, east and north of a tile in degrees."""
    n_tiles = 1 << zoom
    west, east = (column / n_tiles * 360.0 - 180.0 for column in (x, x + 1))
    south, north = (
        float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / n_tiles))))) for row in (y + 1, y)
    )
    return west, south, east, north


def project_to_tile(
    points: NDArray[np.float64], *, zoom: int, x: int, y: int, extent: int
) -> NDArray[np.int64]:
    """Bring longitudes and latitudes to a tile's own grid: x to the right, y down, whole steps."""
    n_tiles = float(1 << zoom)
    columns = (points[:, 0] + 180.0) / 360.0 * n_tiles - x
    radians = np.radians(np.clip(points[:, 1], -LATITUDE_MOST, LATITUDE_MOST))
    rows = (1.0 - np.arcsinh(np.tan(radians)) / np.pi) / 2.0 * n_tiles - y
    return np.rint(np.column_stack([columns, rows]) * extent).astype(np.int64)
