"""Coordinate systems there and back: published examples and the centimetre."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangge.engine.place.coordinates import System, convert

CENTIMETRE_DEGREES = 9e-8
SHIFTED = (System.GCJ02, System.BD09)
in_china = st.tuples(st.floats(74, 134), st.floats(18, 53))


# Source: the published examples of the coordtransform library.
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (System.WGS84, System.GCJ02, (116.41024449916938, 39.91640428150164)),
        (System.GCJ02, System.BD09, (116.41036949371029, 39.92133699351021)),
    ],
)
def test_the_published_examples_come_out(
    start: System, end: System, expected: tuple[float, float]
) -> None:
    moved = convert(np.array([[116.404, 39.915]]), start, end)
    assert moved[0] == pytest.approx(expected, abs=1e-7)


@given(st.lists(in_china, min_size=1, max_size=20), st.sampled_from(SHIFTED))
def test_there_and_back_is_right_to_the_centimetre(
    places: list[tuple[float, float]], system: System
) -> None:
    points = np.array(places)
    back = convert(convert(points, System.CGCS2000, system), system, System.CGCS2000)
    assert np.abs(back - points).max() < CENTIMETRE_DEGREES


@given(st.lists(in_china, min_size=1, max_size=5))
def test_the_shift_is_hundreds_of_metres_and_no_more(places: list[tuple[float, float]]) -> None:
    points = np.array(places)
    shifted = convert(points, System.CGCS2000, System.GCJ02)
    assert np.abs(shifted - points).max() < 0.02


def test_outside_china_nothing_is_shifted() -> None:
    paris = np.array([[2.35, 48.86]])
    assert np.array_equal(convert(paris, System.WGS84, System.GCJ02), paris)


def test_the_two_national_systems_are_taken_as_one() -> None:
    points = np.array([[120.6, 31.3]])
    assert np.array_equal(convert(points, System.WGS84, System.CGCS2000), points)


def test_the_input_is_not_changed() -> None:
    points = np.array([[120.6, 31.3]])
    convert(points, System.GCJ02, System.WGS84)
    assert points.tolist() == [[120.6, 31.3]]
