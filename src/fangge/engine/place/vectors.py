"""Vector tiles as bytes, whole columns at a time."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

EXTENT = 4096
VERSION = 2
POINT, POLYGON = 1, 3
MOVE_ONE, LINE, CLOSE = 9, 2, 15
_FEATURE, _TAGS, _TYPE, _GEOMETRY = 0x12, 0x12, 0x18, 0x22
_VARINT_STEPS = tuple(1 << bits for bits in (7, 14, 21, 28))

Commands = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class TileLayer:
    """Features of one kind with their properties, column by column.

    `commands` are the drawing commands of all features, one after another; feature i has those
    from `ends[i - 1]` to `ends[i]`. A property that is None is left out of its feature.
    """

    name: str
    kind: int
    commands: Commands
    ends: NDArray[np.int64]
    properties: Mapping[str, Sequence[str | float | bool | None]] = field(default_factory=dict)


def point_layer(
    name: str, points: NDArray[np.int64], properties: Mapping[str, Sequence[Any]]
) -> TileLayer:
    """Make a layer of points, given in the tile's own steps, shape (n_points, 2)."""
    commands = np.column_stack([np.full(len(points), MOVE_ONE, np.uint32), _zigzag(points)])
    ends = np.arange(1, len(points) + 1, dtype=np.int64) * 3
    return TileLayer(name, POINT, commands.ravel(), ends, properties)


def polygon_layer(
    name: str, polygons: Sequence[Any], properties: Mapping[str, Sequence[Any]]
) -> TileLayer:
    """Make a layer of shapely polygons or multipolygons in the tile's own steps.

    What shrinks to nothing in the tile keeps its properties and draws nothing.
    """
    drawn = [_draw_polygon(polygon) for polygon in polygons]
    commands = np.concatenate(drawn) if drawn else np.empty(0, np.uint32)
    ends = np.cumsum([len(part) for part in drawn], dtype=np.int64)
    return TileLayer(name, POLYGON, commands, ends, properties)


def encode_tile(layers: Sequence[TileLayer]) -> bytes:
    """Write layers as one Mapbox vector tile.

    Parameters
    ----------
    layers : sequence of TileLayer
        Those without features are left out.

    Returns
    -------
    bytes
        The tile, extent 4096; no bytes when nothing is on it.

    Notes
    -----
    Every length, tag and coordinate of the format is a varint, so that the features of a layer are
    one array of numbers written at once. Source: Mapbox Vector Tile Specification 2.1.
    """
    return b"".join(_block(0x1A, _encode_layer(layer)) for layer in layers if len(layer.ends))


def _encode_layer(layer: TileLayer) -> bytes:
    tags, values = _index_properties(layer.properties, n_features=len(layer.ends))
    parts = [
        _block(0x0A, layer.name.encode()),
        _encode_features(layer, tags),
        *(_block(0x1A, key.encode()) for key in layer.properties),
        *(_block(0x22, _encode_value(value)) for value in values),
        b"\x28" + _encode_varints(np.array([EXTENT], np.uint32)).tobytes(),
        bytes([0x78, VERSION]),
    ]
    return b"".join(parts)


def _encode_features(layer: TileLayer, tags: NDArray[np.int64]) -> bytes:
    """Lay out header, tags, type and geometry of every feature, then write all varints at once."""
    n_features = len(layer.ends)
    starts = np.concatenate([[0], layer.ends[:-1]])
    sizes = _varint_sizes(layer.commands)
    geometry_bytes = _sum_runs(sizes, starts, layer.ends)
    is_tagged = tags >= 0
    written = tags.clip(0).astype(np.uint32)
    tag_bytes = np.where(is_tagged, _varint_sizes(written), 0).sum(axis=1)
    message = 4 + tag_bytes + geometry_bytes
    message += _varint_sizes(tag_bytes) + _varint_sizes(geometry_bytes)
    constant = np.ones(n_features, np.uint32)
    head = np.column_stack(
        [
            constant * _FEATURE, message, constant * _TAGS, tag_bytes, written,
            constant * _TYPE, constant * layer.kind, constant * _GEOMETRY, geometry_bytes,
        ]
    ).astype(np.uint32)  # fmt: skip
    kept = np.ones(head.shape, dtype=bool)
    kept[:, 4 : 4 + tags.shape[1]] = is_tagged
    n_head = kept.sum(axis=1)
    stream = np.empty(int(n_head.sum()) + len(layer.commands), np.uint32)
    is_head = np.zeros(len(stream), dtype=bool)
    first = np.cumsum(n_head + (layer.ends - starts)) - n_head - (layer.ends - starts)
    is_head[np.repeat(first, n_head) + _count_within(n_head)] = True
    stream[is_head] = head[kept]
    stream[~is_head] = layer.commands
    return _encode_varints(stream).tobytes()


def _index_properties(
    properties: Mapping[str, Sequence[Any]], *, n_features: int
) -> tuple[NDArray[np.int64], list[Any]]:
    """Give key and value numbers of each feature, -1 for what it lacks, and the values."""
    tags = np.full((n_features, 2 * len(properties)), -1, dtype=np.int64)
    values: list[Any] = []
    for key, column in enumerate(properties.values()):
        places = {value: len(values) + at for at, value in enumerate(dict.fromkeys(column))}
        found = np.fromiter(map(places.__getitem__, column), np.int64, n_features)
        is_there = found != places.get(None, -1)
        tags[is_there, 2 * key] = key
        tags[is_there, 2 * key + 1] = found[is_there]
        values += [False if value is None else value for value in places]
    return tags, values


def _encode_value(value: str | float | bool) -> bytes:  # noqa: FBT001 - one of the format's values
    if isinstance(value, str):
        return _block(0x0A, value.encode())
    if isinstance(value, bool):
        return bytes([0x38, value])
    if isinstance(value, int) and value >= 0:
        return b"\x28" + _encode_integer(value)
    return b"\x19" + struct.pack("<d", value)


def _draw_polygon(polygon: Any) -> Commands:
    """Draw outer rings clockwise and holes the other way, as seen with y down."""
    pieces: list[Commands] = []
    pen = np.zeros(2, np.int64)
    for part in shapely.get_parts(polygon):
        if shapely.get_type_id(part) != shapely.GeometryType.POLYGON:
            continue
        rings = shapely.get_rings(part)
        for is_hole, ring in enumerate(rings):
            points = _thin_ring(shapely.get_coordinates(ring).astype(np.int64), bool(is_hole))
            if points is None:
                if is_hole:
                    continue
                break
            steps = _zigzag(np.diff(np.vstack([pen, points]), axis=0))
            line = np.array([(len(points) - 1) << 3 | LINE], np.uint32)
            pieces += [
                np.array([MOVE_ONE], np.uint32), steps[0], line, steps[1:].ravel(),
                np.array([CLOSE], np.uint32),
            ]  # fmt: skip
            pen = points[-1]
    return np.concatenate(pieces) if pieces else np.empty(0, np.uint32)


def _thin_ring(points: NDArray[np.int64], is_hole: bool) -> NDArray[np.int64] | None:  # noqa: FBT001
    """Drop repeated points and the closing one, and turn the ring the way the format asks."""
    moved = np.any(points != np.roll(points, 1, axis=0), axis=1)
    thin = points[moved]
    if len(thin) < 3:  # noqa: PLR2004 - a ring has three corners
        return None
    following = np.roll(thin, -1, axis=0)
    doubled = int(np.sum(thin[:, 0] * following[:, 1] - following[:, 0] * thin[:, 1]))
    if doubled == 0:
        return None
    return thin[::-1] if (doubled > 0) == is_hole else thin


def _zigzag(values: NDArray[np.int64]) -> Commands:
    """Fold signs in, so that small steps either way are small numbers."""
    return ((values << 1) ^ (values >> 63)).astype(np.uint32)


def _varint_sizes(values: NDArray[Any]) -> NDArray[np.int64]:
    sizes = np.ones(values.shape, np.int64)
    for step in _VARINT_STEPS:
        sizes += values >= step
    return sizes


def _encode_varints(values: Commands) -> NDArray[np.uint8]:
    """Write numbers in sevens of bits, lowest first, each byte but the last marked."""
    sizes = _varint_sizes(values)
    starts = np.cumsum(sizes) - sizes
    written = np.empty(int(sizes.sum()), np.uint8)
    for at in range(int(sizes.max(initial=0))):
        reaches = sizes > at
        more = (sizes[reaches] > at + 1).astype(np.uint32) << 7
        written[starts[reaches] + at] = (values[reaches] >> np.uint32(7 * at)) & 0x7F | more
    return written


def _encode_integer(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _block(tag: int, body: bytes) -> bytes:
    return bytes([tag]) + _encode_integer(len(body)) + body


def _sum_runs(
    values: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    totals = np.concatenate([[0], np.cumsum(values)])
    return np.asarray(totals[ends] - totals[starts])


def _count_within(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count from 0 within each run of these lengths."""
    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
