import numpy as np
import polars as pl
import shapely

from fangge.engine.synthesis.buildings import STEMS_FIRST, STEMS_LAST
from fangge.engine.synthesis.extracts import Generated
from fangge.engine.synthesis.mistakes import MISTAKEN

LEVELS = ["road", "number", "estate", "building", "unit", "floor", "room"]


def test_a_code_names_one_address(district: Generated) -> None:
    assert district.addresses["code"].n_unique() == district.addresses.height


def test_a_full_name_belongs_to_one_address_of_its_level(district: Generated) -> None:
    assert district.addresses.select("level", "full_name").is_duplicated().sum() == 0


def test_every_address_but_a_road_stands_in_another_of_a_higher_level(district: Generated) -> None:
    rows = district.addresses.with_columns(rank=pl.col("level").replace_strict(LEVELS, range(7)))
    below = rows.filter(pl.col("level") != "road")
    both = below.join(rows, left_on="parent_code", right_on="code", suffix="_above")
    assert both.height == below.height
    assert (both["rank_above"] < both["rank"]).all()


def test_a_full_name_begins_with_that_of_its_parent(district: Generated) -> None:
    rows = district.addresses
    # A room does not say its floor, which the number of the room tells.
    above = rows.filter(pl.col("level") != "floor")
    both = above.join(above, left_on="parent_code", right_on="code", suffix="_above")
    assert both.height > 1_000
    assert (
        both.select(pl.col("full_name").str.starts_with(pl.col("full_name_above")))
        .to_series()
        .all()
    )


def test_addresses_stand_in_their_grid(clean_district: Generated) -> None:
    for (code,), rows in clean_district.addresses.group_by("grid_code"):
        outline = clean_district.district.outlines[str(code)]
        points = rows.select("lon", "lat").to_numpy()
        assert shapely.contains_xy(outline.buffer(1e-6), points).all()


def test_estates_of_a_grid_do_not_stand_on_each_other(clean_district: Generated) -> None:
    buildings = clean_district.addresses.filter(pl.col("level") == "building")
    points = buildings.select("lon", "lat").to_numpy()
    distance = shapely.STRtree(shapely.points(points)).query_nearest(
        shapely.points(points), exclusive=True, return_distance=True
    )[1]
    # 1e-5 degrees are a metre.
    assert np.median(distance) > 1e-4


def test_a_misspelt_name_is_never_the_name_of_another_place() -> None:
    for stems in (STEMS_FIRST, STEMS_LAST):
        assert not {MISTAKEN[stem] for stem in stems} & set(stems)
