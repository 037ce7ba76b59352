import numpy as np
import polars as pl
import pytest
import shapely

from fangge.engine.synthesis.district import make_district
from fangge.engine.synthesis.extracts import Generated


def test_every_real_division_has_an_outline(district: Generated) -> None:
    counts = dict(district.district.areas.group_by("kind").len().iter_rows())
    assert (counts["district"], counts["subdistrict"], counts["community"]) == (1, 8, 171)


def test_every_area_stands_in_one_that_is_listed(district: Generated) -> None:
    areas = district.district.areas
    above = areas.filter(pl.col("kind") != "district")
    assert above.join(areas, left_on="parent_code", right_on="code", how="anti").is_empty()


@pytest.mark.parametrize("n_residents", [5_000, 20_000, 150_000])
def test_a_grid_has_300_to_500_households(n_residents: int) -> None:
    made = make_district(n_residents=n_residents, rng=np.random.default_rng(1))
    households = made.grids["n_households"]
    assert households.min() >= 300  # type: ignore[operator]  # never null
    assert households.max() <= 500  # type: ignore[operator]  # never null


def test_grids_of_a_community_cover_it_without_overlap(district: Generated) -> None:
    areas = district.district.areas
    shapes = dict(zip(areas["code"], shapely.from_wkb(areas["outline"].to_numpy()), strict=True))
    grids = areas.filter(pl.col("kind") == "grid")
    for community, codes in grids.group_by("parent_code").agg("code").iter_rows():
        whole = sum(shapes[code].area for code in codes)
        assert whole == pytest.approx(shapes[community].area, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_a_subdistrict_lies_in_one_piece(seed: int) -> None:
    areas = make_district(n_residents=2_000, rng=np.random.default_rng(seed)).areas
    kinds = shapely.get_type_id(shapely.from_wkb(areas["outline"].to_numpy()))
    assert set(kinds.tolist()) == {shapely.GeometryType.POLYGON}
