"""Points into polygons."""

import numpy as np
import shapely

from fangge.engine.place.polygons import PolygonIndex

INDEX = PolygonIndex([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 0, 2, 2)])


def test_each_point_finds_its_polygon() -> None:
    assert INDEX.find([(0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (9, 9)]).tolist() == [0, 1, 2, -1]


def test_on_a_shared_border_the_first_given_wins() -> None:
    assert INDEX.find([(1.0, 0.5)]).tolist() == [0]


def test_a_missing_position_is_nowhere() -> None:
    assert INDEX.find([(np.nan, np.nan), (0.5, 0.5)]).tolist() == [-1, 0]


def test_no_points_are_no_answer() -> None:
    assert INDEX.find(np.empty((0, 2))).tolist() == []


def test_many_points_agree_with_one_at_a_time() -> None:
    points = np.random.default_rng(3).uniform(-0.5, 2.5, (500, 2))
    one_by_one = [INDEX.find(point[None, :])[0] for point in points]
    assert INDEX.find(points).tolist() == one_by_one
