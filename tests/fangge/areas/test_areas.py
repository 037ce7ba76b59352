from datetime import date, datetime
from pathlib import Path

import pytest

from fangge.areas.actions import import_areas
from fangge.areas.adapters.boundaries import BoundariesUnreadable
from fangge.areas.queries import (
    current_areas,
    grids_within,
    has_schematic_outlines,
    outlines_in,
    outlines_window,
)
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Refused


def test_areas_hang_below_one_another_whatever_their_order_in_the_file(
    areas: dict[str, int],
) -> None:
    by_code = {area.code: area for area in current_areas()}
    grid = by_code["320599001001001"]
    assert grid.parent == by_code["320599001001"]
    assert by_code["320599001001"].parent == by_code["320599001000"]
    assert by_code["320599"].parent is None
    assert len(areas) == 5


def test_taking_the_same_file_again_adds_nothing(
    areas: dict[str, int], boundaries: Path, maker: Actor, noon: datetime
) -> None:
    n_new = import_areas(actor=maker, path=boundaries, starts_on=date(2020, 1, 1), now=noon)
    assert n_new == 0
    assert {area.code: area.pk for area in current_areas()} == areas


def test_a_scope_is_the_grids_below_at_any_depth(areas: dict[str, int]) -> None:
    both = {areas["320599001001001"], areas["320599001001002"]}
    assert grids_within({areas["320599"]}) == both
    assert grids_within({areas["320599001001001"]}) == {areas["320599001001001"]}
    assert grids_within(set()) == frozenset()


def test_a_window_finds_what_touches_it_and_what_its_zoom_shows(areas: dict[str, int]) -> None:
    in_grid_2 = (120.612, 31.302, 120.613, 31.303)
    assert {row[0] for row in outlines_in(window=in_grid_2, zoom=10)} == {"district", "subdistrict"}
    codes = {row[1] for row in outlines_in(window=in_grid_2, zoom=15)}
    assert "320599001001002" in codes
    assert "320599001001001" not in codes
    assert len(codes) + 1 == len(areas)


def test_the_map_opens_on_the_grids_one_may_see(areas: dict[str, int]) -> None:
    assert outlines_window() == pytest.approx((120.60, 31.30, 120.62, 31.31))
    own = outlines_window(grid_ids={areas["320599001001002"]})
    assert own == pytest.approx((120.61, 31.30, 120.62, 31.31))
    assert outlines_window(grid_ids=set()) is None
    assert has_schematic_outlines()


@pytest.mark.django_db
def test_a_file_that_holds_no_areas_is_said_to_be_unreadable(
    tmp_path: Path, maker: Actor, noon: datetime
) -> None:
    path = tmp_path / "areas.gpkg"
    path.write_text("not a GeoPackage")
    with pytest.raises(BoundariesUnreadable):
        import_areas(actor=maker, path=path, starts_on=date(2020, 1, 1), now=noon)


@pytest.mark.django_db
def test_only_those_who_may_bring_areas_in(boundaries: Path, noon: datetime) -> None:
    nobody = Actor(reference="nobody", name="", roles=(), verbs=frozenset())
    with pytest.raises(Refused):
        import_areas(actor=nobody, path=boundaries, starts_on=date(2020, 1, 1), now=noon)
