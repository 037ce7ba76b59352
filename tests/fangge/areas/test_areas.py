"""Areas: taken over whole, kept when they come again, and found by scope and window."""

from datetime import date
from pathlib import Path

import pytest

from fangge.areas.actions import import_areas
from fangge.areas.adapters.boundaries import BoundariesUnreadable
from fangge.areas.models import Area, AreaKind
from fangge.areas.queries import (
    current_areas,
    grids_within,
    has_schematic_outlines,
    outlines_in,
    outlines_window,
)
from fangge.kernel.actor import Actor, system_actor
from fangge.kernel.errors import Refused

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 1)
IMPORTER = system_actor("test", verbs=("areas.import",))


@pytest.fixture
def grid() -> Area:
    return current_areas(kind=AreaKind.GRID)[0]


def window_of(area: Area) -> tuple[float, float, float, float]:
    assert area.west is not None
    assert area.south is not None
    assert area.east is not None
    assert area.north is not None
    return area.west, area.south, area.east, area.north


def test_every_area_hangs_below_the_next_larger(grid: Area) -> None:
    kinds: list[str] = []
    area: Area | None = grid
    while area is not None:
        kinds.append(area.kind)
        area = area.parent
    assert kinds == ["grid", "community", "subdistrict", "district"]
    assert len(current_areas(kind=AreaKind.COMMUNITY)) == 171


def test_taking_the_same_file_again_adds_and_renumbers_nothing(district: Path) -> None:
    before = {area.code: area.pk for area in current_areas()}
    assert import_areas(actor=IMPORTER, path=district / "areas.gpkg", starts_on=LONG_AGO) == 0
    assert {area.code: area.pk for area in current_areas()} == before


def test_a_scope_is_the_grids_below_at_any_depth(grid: Area) -> None:
    assert grids_within({grid.pk}) == {grid.pk}
    below = {area.pk for area in current_areas(kind=AreaKind.GRID) if area.parent == grid.parent}
    assert grids_within({grid.parent_id or 0}) == below
    assert grids_within(set()) == frozenset()


def test_a_window_finds_what_touches_it_and_what_its_zoom_shows(grid: Area) -> None:
    near = outlines_in(window=window_of(grid), zoom=15)
    far = outlines_in(window=window_of(grid), zoom=10)
    assert grid.code in {row[1] for row in near}
    assert {row[0] for row in far} == {"district", "subdistrict"}
    assert len(near) < len(current_areas())
    assert outlines_in(window=(2.0, 48.0, 3.0, 49.0), zoom=15) == []


def test_the_map_opens_on_the_grids_one_may_see(grid: Area) -> None:
    assert outlines_window(grid_ids={grid.pk}) == window_of(grid)
    assert outlines_window(grid_ids=set()) is None
    whole = outlines_window()
    assert whole is not None
    assert whole[0] <= window_of(grid)[0]
    assert whole[2] >= window_of(grid)[2]


def test_made_up_borders_are_known_to_be() -> None:
    assert has_schematic_outlines()


def test_a_file_that_holds_no_areas_is_said_to_be_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    path.write_text("not a GeoPackage")
    with pytest.raises(BoundariesUnreadable):
        import_areas(actor=IMPORTER, path=path, starts_on=LONG_AGO)


def test_only_those_who_may_bring_areas_in(district: Path) -> None:
    nobody = Actor(reference="nobody", name="", roles=(), verbs=frozenset())
    with pytest.raises(Refused):
        import_areas(actor=nobody, path=district / "areas.gpkg", starts_on=LONG_AGO)
