"""Tiles: exact counts at every zoom, within the reader's area, decoded by another's reader."""

from typing import Any

import mapbox_vector_tile
import pytest
from tests.makers import make_staff, steward

from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused
from fangge.registers.actions.mapcells import CLUSTER_ZOOMS, refresh_map_cells
from fangge.registers.actions.tiles import draw_spots
from fangge.registers.models.address import Address
from fangge.registers.models.mapcell import BuildingCount, MapCell
from fangge.registers.queries.figures import counts_visible_to

pytestmark = pytest.mark.django_db


def drawn(layer: str, zoom: int, *, actor: Actor | None = None) -> list[dict[str, Any]]:
    """Every feature of a layer at a zoom, over the tiles that hold the district."""
    features = []
    shift = 62 - 2 * zoom
    codes = Address.objects.values_list("morton", flat=True)
    tiles = {code >> shift for code in codes if code is not None}
    for tile in tiles:
        x = sum(((tile >> (2 * i)) & 1) << i for i in range(zoom))
        y = sum(((tile >> (2 * i + 1)) & 1) << i for i in range(zoom))
        body = draw_spots(actor=actor or steward(), layer=layer, zoom=zoom, x=x, y=y)
        decoded = mapbox_vector_tile.decode(body) if body else {}
        features += [f["properties"] for f in decoded.get(layer, {}).get("features", [])]
    return features


@pytest.mark.parametrize("zoom", [9, 12, 14, 15, 16, 17])
def test_the_clusters_of_every_zoom_add_up_to_the_same(zoom: int) -> None:
    assert sum(f["n"] for f in drawn("address", zoom)) == counts_visible_to(steward())["address"]


def test_a_single_building_says_its_name_and_never_a_persons() -> None:
    spots = drawn("resident", 16)
    assert all(set(spot) == {"n", "label", "building", "name"} for spot in spots)
    assert any("幢" in str(spot["name"]) for spot in spots)


def test_a_grid_worker_sees_only_the_own_grid() -> None:
    grid = Area.objects.filter(kind="grid").order_by("code").first()
    worker = make_staff(Role.GRID_WORKER, area=grid)
    mine = sum(f["n"] for f in drawn("address", 13, actor=worker))
    assert mine == counts_visible_to(worker)["address"]
    assert 0 < mine < (counts_visible_to(steward())["address"] or 0)


def few_in_one_grid(n_left: int) -> int:
    """Leave a grid so few residents on the map, and give the grid."""
    grid = Area.objects.filter(kind="grid").order_by("code")[0]
    for zoom in range(CLUSTER_ZOOMS):
        cells = MapCell.objects.filter(layer="resident", zoom=zoom, grid_id=grid.pk)
        kept = cells[0]
        cells.exclude(cell=kept.cell).delete()
        cells.update(n_entries=n_left)
    return grid.pk


@pytest.mark.parametrize("role", [Role.ANALYST, Role.STEWARD])
@pytest.mark.parametrize("zoom", [9, 12, 14, 15])
def test_clusters_of_residents_are_areas_and_tell_of_no_few(role: Role, zoom: int) -> None:
    few_in_one_grid(3)
    spots = drawn("resident", zoom, actor=make_staff(role))
    assert all(spot.get("building") is None for spot in spots)
    assert not {spot["n"] for spot in spots} & {1, 2, 3, 4}
    hidden = [spot for spot in spots if spot["label"] == "—"]
    assert len(hidden) != 1, "the one could be worked out from its neighbours and their total"
    assert all(spot["n"] == 0 for spot in hidden)


def test_buildings_count_residents_for_those_alone_who_work_with_them() -> None:
    assert {spot["building"] for spot in drawn("resident", 16)} != {None}
    others = drawn("resident", 17, actor=make_staff(Role.ANALYST))
    assert all(spot.get("building") is None for spot in others)


def test_a_total_of_few_is_hidden_on_the_home_page_and_so_is_what_would_tell_it() -> None:
    grid = few_in_one_grid(3)
    worker = make_staff(Role.GRID_WORKER, area=Area.objects.get(pk=grid))
    assert counts_visible_to(worker)["resident"] is None
    total = counts_visible_to(steward())["resident"]
    assert total is not None
    others = [
        make_staff(Role.GRID_WORKER, area=one, username=f"grid-{one.pk}")
        for one in Area.objects.filter(kind="grid").exclude(pk=grid)
    ]
    told = [counts_visible_to(one)["resident"] for one in others]
    assert None in told
    assert total - sum(one or 0 for one in told) != 3


def test_counting_again_from_scratch_gives_the_same() -> None:
    before = sorted(MapCell.objects.values_list("layer", "zoom", "cell", "grid_id", "n_entries"))
    MapCell.objects.all().delete()
    BuildingCount.objects.all().delete()
    refresh_map_cells(building_ids=None)
    assert (
        sorted(MapCell.objects.values_list("layer", "zoom", "cell", "grid_id", "n_entries"))
        == before
    )
    assert {zoom for _, zoom, *_ in before} == set(range(CLUSTER_ZOOMS))


def test_a_change_in_one_building_moves_only_its_own_counts() -> None:
    building = BuildingCount.objects.filter(layer="address").order_by("building_id").first()
    assert building is not None
    room = Address.objects.filter(building_id=building.building_id, level="room").first()
    total = counts_visible_to(steward())["address"] or 0
    Address.objects.filter(pk=room.pk).update(ends_on="2026-01-01")  # type: ignore[union-attr]
    assert refresh_map_cells(building_ids=[building.building_id]) == 1
    assert counts_visible_to(steward())["address"] == total - 1


def test_an_unknown_layer_and_a_reader_without_the_map_are_told_apart() -> None:
    with pytest.raises(Missing):
        draw_spots(actor=steward(), layer="people", zoom=9, x=0, y=0)
    with pytest.raises(Refused):
        draw_spots(actor=make_staff(Role.AUDITOR), layer="address", zoom=9, x=0, y=0)
