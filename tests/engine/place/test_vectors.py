"""Vector tiles, read back by another's reader."""

from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fangge.engine.place.vectors import encode_tile, point_layer, polygon_layer

SQUARE = [(0, 0), (4096, 0), (4096, 4096), (0, 4096)]
COURT = [(10, 10), (20, 10), (20, 20), (10, 20)]
steps = st.integers(-5000, 9000)
values = st.one_of(st.none(), st.text(max_size=8))


def read(tile: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = mapbox_vector_tile.decode(
        tile, default_options={"y_coord_down": True}
    )
    return decoded


@given(st.lists(st.tuples(steps, steps, st.integers(0, 2**32 - 1), values), min_size=1))
def test_another_reader_finds_what_was_written(
    rows: list[tuple[int, int, int, str | None]],
) -> None:
    points = np.array([row[:2] for row in rows])
    said: dict[str, list[Any]] = {"n": [row[2] for row in rows], "name": [row[3] for row in rows]}
    features = read(encode_tile([point_layer("spots", points, said)]))["spots"]["features"]
    found = [
        (*feature["geometry"]["coordinates"], feature["properties"]["n"],
         feature["properties"].get("name"))
        for feature in features
    ]  # fmt: skip
    assert found == rows


def test_truth_fractions_and_negative_numbers_are_properties_too() -> None:
    said: dict[str, list[Any]] = {"made_up": [True, False], "share": [0.25, -3]}
    layer = point_layer("spots", np.array([[1, 2], [3, 4]]), said)
    features = read(encode_tile([layer]))["spots"]["features"]
    assert [one["properties"] for one in features] == [
        {"made_up": True, "share": 0.25},
        {"made_up": False, "share": -3},
    ]


def test_a_court_stays_a_hole_whichever_way_it_was_drawn() -> None:
    for ring in (COURT, COURT[::-1]):
        block = shapely.Polygon(SQUARE, [ring])
        layer = polygon_layer("areas", [block], {"name": ["坊"]})
        (feature,) = read(encode_tile([layer]))["areas"]["features"]
        assert shapely.geometry.shape(feature["geometry"]).equals(block)


def test_parts_of_one_area_stay_together() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(50, 50, 60, 60)])
    layer = polygon_layer("areas", [parts, shapely.box(1, 1, 2, 2)], {"name": ["a", "b"]})
    first, second = read(encode_tile([layer]))["areas"]["features"]
    assert shapely.geometry.shape(first["geometry"]).equals(parts)
    assert second["properties"] == {"name": "b"}


def test_what_shrinks_to_nothing_breaks_nothing() -> None:
    sliver = shapely.Polygon([(1, 1), (1, 1), (1, 1)])
    layer = polygon_layer("areas", [sliver, shapely.box(0, 0, 9, 9)], {"name": ["a", "b"]})
    assert b"areas" in encode_tile([layer])


def test_layers_without_features_are_left_out() -> None:
    assert encode_tile([point_layer("spots", np.empty((0, 2), np.int64), {"n": []})]) == b""
