"""CGCS2000, WGS-84, GCJ-02 and BD-09, there and back."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

AXIS_M = 6_378_245.0  # Krassovsky 1940, as GCJ-02 uses it
ECCENTRICITY_SQUARED = 0.00669342162296594323
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
BAIDU_TURN = np.pi * 3000.0 / 180.0
BAIDU_SHIFT = (0.0065, 0.006)
ROUNDS = 8


class System(StrEnum):
    """Coordinate systems; CGCS2000 and WGS-84 differ by centimetres and are taken as one."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


def convert(points: Points, start: System, end: System) -> Points:
    """Bring positions from one system to another.

    Parameters
    ----------
    points : float64 array, shape (n_points, 2)
        Longitude and latitude in degrees.
    start, end : System
        Where they come from and where they are to go.

    Returns
    -------
    float64 array, shape (n_points, 2)
        New positions, right to the centimetre both ways; points outside China are not shifted.

    Notes
    -----
    The way back iterates the way there, which is a contraction: eight rounds leave less than a
    millimetre. Source: the published form of GCJ-02 as in the coordTransform libraries.
    """
    plain = np.array(points, dtype=np.float64)
    if start == System.BD09:
        plain = _invert(plain, _to_baidu)
    if start in {System.BD09, System.GCJ02}:
        plain = _invert(plain, _to_mars)
    if end in {System.BD09, System.GCJ02}:
        plain = _to_mars(plain)
    return _to_baidu(plain) if end == System.BD09 else plain


def _invert(shifted: Points, shift: Callable[[Points], Points]) -> Points:
    found = shifted
    for _ in range(ROUNDS):
        found = found - (shift(found) - shifted)
    return found


def _to_mars(points: Points) -> Points:
    lon, lat = points[:, 0], points[:, 1]
    west, south, east, north = CHINA
    inside = (lon > west) & (lon < east) & (lat > south) & (lat < north)
    x, y = lon - 105.0, lat - 35.0
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(lat)
    magic = 1 - ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    meridian = AXIS_M * (1 - ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic)) * np.pi / 180.0
    parallel = AXIS_M / np.sqrt(magic) * np.cos(radians) * np.pi / 180.0
    moved = np.column_stack([lon + d_lon / parallel, lat + d_lat / meridian])
    return np.where(inside[:, None], moved, points)


def _to_baidu(points: Points) -> Points:
    lon, lat = points[:, 0], points[:, 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU_TURN)
    return np.column_stack(
        [radius * np.cos(angle) + BAIDU_SHIFT[0], radius * np.sin(angle) + BAIDU_SHIFT[1]]
    )
