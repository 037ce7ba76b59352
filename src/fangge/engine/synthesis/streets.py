"""The generated district's roads, estates, buildings and rooms: the true address register."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely

from fangge.engine.synthesis.district import METRES_A_DEGREE, District

OCCUPIED = 0.92
PREFIX = "江苏省苏州市姑苏区"
STEMS_FIRST = "临观平景凤桐白莲醋西东南北干葑盘胥阊齐娄金银宝锦彩云烟翠碧清澄润沁怡和安宁康永长福寿吉祥瑞嘉文书墨砚学思仁义礼智信"
STEMS_LAST = "顿前江德凰泾塔香库善华园桥将门塘溪河湖浜泽渡津亭台楼阁轩堂庐林竹梅兰菊桂松柏杨柳枫荷芳春秋月星晖霞舟帆龙鹤雀麟"
ROAD_SUFFIXES = ("路", "街", "大街", "巷", "弄", "里")
ESTATE_SUFFIXES = ("花园", "新村", "公寓", "苑", "小区", "家园", "名邸", "雅居")
ESTATE_SHARE = 0.72
ESTATES_A_GRID = 3


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
    sites = _plan_sites(district, rng)
    buildings = _plan_buildings(sites, district, rng)
    rooms = _fill_buildings(buildings)
    return Streets(
        addresses=_list_addresses(buildings, rooms),
        rooms=rooms.drop("floor_code"),
        shops=_list_shops(buildings),
    )


def _plan_sites(district: District, rng: np.random.Generator) -> pl.DataFrame:
    """Name the roads and estates of each grid: three gated estates and one old lane."""
    grids = district.grids
    n_each = ESTATES_A_GRID + 1
    n_sites = grids.height * n_each
    roads = _unique_names(grids.height * 2, STEMS_FIRST, STEMS_LAST, rng)
    estates = _unique_names(n_sites, STEMS_LAST, STEMS_FIRST, rng)
    is_lane = np.tile(np.arange(n_each) == ESTATES_A_GRID, grids.height)
    road_at = np.repeat(np.arange(grids.height) * 2, n_each) + is_lane
    suffix = np.where(is_lane, rng.choice([3, 4, 5], n_sites), 0)
    main = np.repeat(rng.choice([0, 0, 0, 1, 2], grids.height), n_each)
    kind = np.where(is_lane, suffix, main)
    number = np.tile(np.array([1, 29, 66, 0]), grids.height) + rng.integers(0, 24, n_sites)
    dwellings = np.ceil(np.repeat(grids["n_households"].to_numpy(), n_each) / OCCUPIED)
    share = np.where(is_lane, 1 - ESTATE_SHARE, ESTATE_SHARE / ESTATES_A_GRID)
    return pl.DataFrame(
        {
            "site": np.arange(n_sites),
            "grid_code": grids["grid_code"].to_numpy().repeat(n_each),
            "community": grids["community"].to_numpy().repeat(n_each),
            "subdistrict": grids["subdistrict"].to_numpy().repeat(n_each),
            "road": [roads[r] + ROAD_SUFFIXES[k] for r, k in zip(road_at, kind, strict=True)],
            "road_code": [f"A{r + 1:05d}" for r in road_at],
            "is_lane": is_lane,
            "number": number,
            "estate": [
                None if lane else name + ESTATE_SUFFIXES[k]
                for name, lane, k in zip(
                    estates, is_lane, rng.integers(0, len(ESTATE_SUFFIXES), n_sites), strict=True
                )
            ],
            "n_dwellings": np.ceil(dwellings * share).astype(np.int64),
        }
    )


def _unique_names(n_names: int, first: str, last: str, rng: np.random.Generator) -> list[str]:
    """Draw two-character names without repeats; a third character where they run out."""
    pairs = [a + b for a in first for b in last if a != b]
    names = [pairs[i] for i in rng.permutation(len(pairs))]
    third = 0
    while len(names) < n_names:
        names += [last[third] + pair for pair in names[: len(pairs)]]
        third += 1
    return names[:n_names]


def _plan_buildings(
    sites: pl.DataFrame, district: District, rng: np.random.Generator
) -> pl.DataFrame:
    """Choose buildings for each site until its dwellings are housed."""
    columns: dict[str, list[int]] = {
        name: [] for name in ("site", "serial", "n_units", "n_floors", "n_doors", "n_rooms")
    }
    plans = sites.select("site", "is_lane", "n_dwellings").iter_rows()
    for site, is_lane, n_dwellings in plans:
        left, serial = n_dwellings, 0
        n_floors, n_doors, n_units = _draw_block(rng)
        while left > 0:
            serial += 1
            if is_lane:
                n_floors, n_doors, n_units = 1, int(rng.choice([1, 1, 2, 3])), 1
            n_rooms = min(left, n_floors * n_doors * n_units)
            for name, value in zip(
                columns, (site, serial, n_units, n_floors, n_doors, n_rooms), strict=True
            ):
                columns[name].append(value)
            left -= n_rooms
    buildings = pl.DataFrame(columns).join(sites, on="site", how="left", maintain_order="left")
    return buildings.with_columns(_place_buildings(buildings, district, rng)).with_columns(
        _name_buildings()
    )


def _draw_block(rng: np.random.Generator) -> tuple[int, int, int]:
    """Floors, doors a floor and units of an estate's blocks; the tall ones have few units."""
    n_floors = int(
        rng.choice([6, 6, 6, 7, 11, 18, 26, 33], p=[0.3, 0.2, 0.1, 0.1, 0.12, 0.1, 0.04, 0.04])
    )
    n_units = int(rng.integers(2, 5)) if n_floors <= 7 else int(rng.integers(1, 3))
    return n_floors, (2 if n_floors <= 11 else int(rng.integers(2, 5))), n_units


def _place_buildings(
    buildings: pl.DataFrame, district: District, rng: np.random.Generator
) -> list[pl.Series]:
    """Lay the buildings of a site out in rows about a point inside their grid."""
    site = buildings["site"].to_numpy()
    codes = buildings["grid_code"].to_list()
    starts = np.flatnonzero(np.r_[True, site[1:] != site[:-1]])
    centres = np.empty((len(starts), 2))
    for i, start in enumerate(starts):
        cell = district.outlines[codes[start]]
        core = cell.representative_point().coords[0]
        corner = cell.exterior.coords[int(rng.integers(0, len(cell.exterior.coords)))]
        centres[i] = np.array(core) + rng.uniform(0.15, 0.6) * (np.array(corner) - np.array(core))
    which = np.cumsum(np.r_[True, site[1:] != site[:-1]]) - 1
    serial = buildings["serial"].to_numpy() - 1
    spacing = np.where(buildings["is_lane"].to_numpy(), 9.0, 42.0)
    columns = np.where(buildings["is_lane"].to_numpy(), 20, 4)
    east = (serial % columns - columns / 2) * spacing
    north = -(serial // columns) * spacing
    lon = centres[which, 0] + east / (METRES_A_DEGREE * np.cos(np.radians(31.3)))
    lat = centres[which, 1] + north / METRES_A_DEGREE
    inside = np.fromiter(
        (
            district.outlines[c].contains(shapely.Point(x, y))
            for c, x, y in zip(codes, lon, lat, strict=True)
        ),
        dtype=bool,
        count=len(codes),
    )
    # A row that would stand beyond the grid's border is drawn in towards the middle.
    lon = np.where(inside, lon, centres[which, 0])
    lat = np.where(inside, lat, centres[which, 1])
    return [pl.Series("lon", np.round(lon, 7)), pl.Series("lat", np.round(lat, 7))]


def _name_buildings() -> list[pl.Expr]:
    number = pl.when("is_lane").then(pl.col("serial") * 2 - 1).otherwise("number")
    number_code = pl.format("{}-{}", "road_code", number.cast(pl.String).str.zfill(4))
    return [
        number.alias("number"),
        number_code.alias("number_code"),
        pl.when("is_lane")
        .then(None)
        .otherwise(pl.format("{}-E", number_code))
        .alias("estate_code"),
        pl.when("is_lane")
        .then(None)
        .otherwise(
            pl.format("{}-E-B{}", number_code, pl.col("serial").cast(pl.String).str.zfill(3))
        )
        .alias("building_code"),
        pl.format(
            "{}{}{}{}号{}",
            pl.lit(PREFIX),
            "subdistrict",
            "road",
            number,
            pl.col("estate").fill_null(""),
        ).alias("site_name"),
    ]


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
        "grid_code",
        "community",
        "subdistrict",
        "road",
        "number",
        "estate",
        "lon",
        "lat",
        "number_code",
        "building_code",
        "site_name",
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
    building_name = pl.format("{}{}幢", "site_name", "building")
    unit_name = (
        pl.when(pl.col("unit").is_not_null())
        .then(pl.format("{}{}单元", building_name, "unit"))
        .otherwise(pl.coalesce(building_name, "site_name"))
    )
    units = rooms.filter(pl.col("unit_code").is_not_null())
    floors = rooms.filter(pl.col("floor_code").is_not_null())
    flats = rooms.filter(pl.col("room").is_not_null())
    road = pl.format("{}{}{}", pl.lit(PREFIX), "subdistrict", "road")
    number = pl.format("{}{}号", road, "number")
    estate_alias = pl.format("{}{}", "community", "estate")
    return pl.concat(
        [
            _level(buildings, "road", "road_code", pl.lit(None, pl.String), pl.col("road"), road),
            _level(
                buildings,
                "number",
                "number_code",
                pl.col("road_code"),
                pl.format("{}号", "number"),
                number,
            ),
            _level(
                buildings.filter(pl.col("estate_code").is_not_null()),
                "estate",
                "estate_code",
                pl.col("number_code"),
                pl.col("estate"),
                pl.col("site_name"),
                alias=estate_alias,
            ),
            _level(
                buildings.filter(pl.col("building_code").is_not_null()).with_columns(
                    building="serial"
                ),
                "building",
                "building_code",
                pl.col("estate_code"),
                pl.format("{}幢", "serial"),
                building_name,
            ),
            _level(
                units,
                "unit",
                "unit_code",
                pl.col("building_code"),
                pl.format("{}单元", "unit"),
                unit_name,
            ),
            _level(
                floors,
                "floor",
                "floor_code",
                pl.coalesce("unit_code", "building_code"),
                pl.format("{}层", "floor"),
                pl.format("{}{}层", unit_name, "floor"),
            ),
            _level(
                flats,
                "room",
                "address_code",
                pl.coalesce("floor_code", "number_code"),
                pl.format("{}室", "room"),
                pl.format("{}{}室", unit_name, "room"),
            ),
        ]
    )


def _level(
    rows: pl.DataFrame,
    level: str,
    code: str,
    parent: pl.Expr,
    name: pl.Expr,
    full: pl.Expr,
    *,
    alias: pl.Expr | None = None,
) -> pl.DataFrame:
    return rows.unique(code, keep="first", maintain_order=True).select(
        code=code,
        parent_code=parent,
        level=pl.lit(level),
        name=name,
        full_name=full,
        alias=pl.lit(None, pl.String) if alias is None else alias,
        grid_code="grid_code",
        lon="lon",
        lat="lat",
    )


def _list_shops(buildings: pl.DataFrame) -> pl.DataFrame:
    """List where organisations trade: at house numbers and in buildings."""
    return buildings.select(
        "grid_code",
        "community",
        "subdistrict",
        "road",
        "number",
        "estate",
        "lon",
        "lat",
        "site_name",
        building=pl.when(~pl.col("is_lane")).then("serial"),
        building_code="building_code",
        unit_code=pl.lit(None, pl.String),
        number_code="number_code",
        unit=pl.lit(None, pl.Int64),
        floor=pl.lit(None, pl.Int64),
        room=pl.lit(None, pl.Int64),
        is_only_one=pl.lit(value=False),
        address_code=pl.coalesce("building_code", "number_code"),
    )
