"""The generated district's roads, estates, buildings and rooms: the true address register."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fangge.engine.synthesis.buildings import PREFIX, plan_buildings
from fangge.engine.synthesis.district import District

SITE_COLUMNS = (
    "grid_code",
    "community",
    "subdistrict",
    "road",
    "number",
    "estate",
    "estate_alias",
    "lon",
    "lat",
    "site_name",
)


@dataclass(frozen=True, slots=True)
class Streets:
    """The address tree, and the rooms people can live in."""

    addresses: pl.DataFrame  # code, parent_code, level, name, full_name, alias, grid_code, lon, lat
    rooms: pl.DataFrame  # address_code, grid_code, community and the parts of the name by column
    shops: pl.DataFrame  # address_code, grid_code and the parts: where organisations trade


def make_streets(district: District, *, rng: np.random.Generator) -> Streets:
    """Build a town for the households of each grid.

    Seven dwellings in ten stand in estates of blocks (6 to 33 floors), the others in lanes of
    single houses. Costs grow with the number of buildings; rooms are made whole columns at a time.
    """
    buildings = plan_buildings(district, rng)
    rooms = _fill_buildings(buildings)
    return Streets(
        addresses=_list_addresses(buildings, rooms),
        rooms=rooms.drop("floor_code"),
        shops=_list_shops(buildings, rooms),
    )


def _fill_buildings(buildings: pl.DataFrame) -> pl.DataFrame:
    """List every room: unit by unit, floor by floor."""
    n_rooms = buildings["n_rooms"].to_numpy()
    parent = np.repeat(np.arange(buildings.height), n_rooms)
    at = np.arange(parent.size) - np.repeat(np.cumsum(n_rooms) - n_rooms, n_rooms)
    doors, floors = (
        buildings["n_doors"].to_numpy()[parent],
        buildings["n_floors"].to_numpy()[parent],
    )
    unit, within = at // (doors * floors) + 1, at % (doors * floors)
    floor, door = within // doors + 1, within % doors + 1
    lone = buildings["is_lane"].to_numpy()[parent] & (buildings["n_doors"].to_numpy()[parent] == 1)
    house = buildings["is_lane"].to_numpy()[parent]
    rooms = buildings[parent].with_columns(
        unit=pl.Series(unit),
        floor=pl.Series(floor),
        room_no=pl.Series(np.where(house, door, floor * 100 + door)),
        is_lone=pl.Series(lone),
    )
    block = ~pl.col("is_lane")
    multi = block & (pl.col("n_units") > 1)
    unit_code = pl.when(multi).then(pl.format("{}-U{}", "building_code", "unit"))
    base = pl.coalesce(unit_code, "building_code", "number_code")
    floor_code = pl.when(block).then(
        pl.format("{}-F{}", base, pl.col("floor").cast(pl.String).str.zfill(2))
    )
    room_base = pl.coalesce(floor_code, "number_code")
    return rooms.select(
        *SITE_COLUMNS,
        "number_code",
        "building_code",
        building=pl.when(block).then("serial"),
        unit=pl.when(multi).then("unit"),
        floor=pl.when(block).then("floor"),
        room=pl.when(~pl.col("is_lone")).then("room_no"),
        unit_code=unit_code,
        floor_code=floor_code,
        address_code=pl.when("is_lone")
        .then("number_code")
        .otherwise(pl.format("{}-{}", room_base, pl.col("room_no").cast(pl.String).str.zfill(4))),
    ).with_columns(is_only_one=pl.len().over("building_code", "room") == 1)


def _list_addresses(buildings: pl.DataFrame, rooms: pl.DataFrame) -> pl.DataFrame:
    """Write the tree out, parents before children, each with its full name."""
    road = pl.format("{}{}{}", pl.lit(PREFIX), "subdistrict", "road")
    alias = pl.concat_str(
        [pl.format("{}{}", "community", "estate"), "estate_alias"], separator=";", ignore_nulls=True
    )
    in_block = pl.format("{}{}幢", "site_name", "building")
    in_unit = pl.coalesce(pl.format("{}{}单元", in_block, "unit"), in_block, "site_name")
    on_floor = pl.coalesce("unit_code", "building_code")
    above_room = pl.coalesce("floor_code", "number_code")
    blocks = buildings.with_columns(building="serial")
    levels = (
        (blocks, "road", "road_code", pl.lit(None), pl.col("road"), road),
        (
            blocks,
            "number",
            "number_code",
            pl.col("road_code"),
            pl.format("{}号", "number"),
            pl.format("{}{}号", road, "number"),
        ),
        (
            blocks,
            "estate",
            "estate_code",
            pl.col("number_code"),
            pl.col("estate"),
            pl.col("site_name"),
        ),
        (
            blocks,
            "building",
            "building_code",
            pl.col("estate_code"),
            pl.format("{}幢", "building"),
            in_block,
        ),
        (rooms, "unit", "unit_code", pl.col("building_code"), pl.format("{}单元", "unit"), in_unit),
        (
            rooms,
            "floor",
            "floor_code",
            on_floor,
            pl.format("{}层", "floor"),
            pl.format("{}{}层", in_unit, "floor"),
        ),
        (
            rooms.filter(pl.col("room").is_not_null()),
            "room",
            "address_code",
            above_room,
            pl.format("{}室", "room"),
            pl.format("{}{}室", in_unit, "room"),
        ),
    )
    return pl.concat(
        rows.filter(pl.col(code).is_not_null())
        .unique(code, keep="first", maintain_order=True)
        .select(
            code=code,
            parent_code=parent.cast(pl.String),
            level=pl.lit(level),
            name=name,
            full_name=full,
            alias=alias if level == "estate" else pl.lit(None, pl.String),
            grid_code="grid_code",
            lon="lon",
            lat="lat",
        )
        for rows, level, code, parent, name, full in levels
    )


def _list_shops(buildings: pl.DataFrame, rooms: pl.DataFrame) -> pl.DataFrame:
    """List where organisations trade: at house numbers, in buildings and on ground floors."""
    fronts = buildings.select(
        *SITE_COLUMNS,
        "number_code",
        "building_code",
        building=pl.when(~pl.col("is_lane")).then("serial"),
        unit_code=pl.lit(None, pl.String),
        unit=pl.lit(None, pl.Int64),
        floor=pl.lit(None, pl.Int64),
        room=pl.lit(None, pl.Int64),
        is_only_one=pl.lit(value=False),
        address_code=pl.coalesce("building_code", "number_code"),
    )
    ground = rooms.filter(pl.col("floor") == 1)
    return pl.concat([fronts, ground.select(fronts.columns)])
