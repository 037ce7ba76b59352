"""Where the generated district's buildings stand, and what they are called."""

import numpy as np
import polars as pl
import shapely

from fangge.engine.synthesis.district import METRES_A_DEGREE, District

OCCUPIED = 0.92
PREFIX = "江苏省苏州市姑苏区"
STEMS_FIRST = (
    "临观平景凤桐白莲醋西东南北干葑盘胥阊齐娄金银宝锦彩云烟翠"
    "碧清澄润沁怡和安宁康永长福寿吉祥瑞嘉文书墨砚学思仁义礼智信"
)
STEMS_LAST = (
    "顿前江德凰泾塔香库善华园桥将门塘溪河湖浜泽渡津亭台楼阁"
    "轩堂庐林竹梅兰菊桂松柏杨柳枫荷芳春秋月星晖霞舟帆龙鹤雀麟"
)
ROAD_SUFFIXES = ("路", "街", "大街", "巷", "弄", "里")
ESTATE_SUFFIXES = ("花园", "新村", "公寓", "苑", "小区", "家园", "名邸", "雅居")
ESTATE_SHARE = 0.72
ESTATES_A_GRID = 3
SITES_A_GRID = ESTATES_A_GRID + 1
ALIAS_SHARE = 0.3
BLOCKS = ((6, 0.6), (7, 0.1), (11, 0.12), (18, 0.1), (26, 0.04), (33, 0.04))
"""Floors of an estate's blocks, and the share of estates built so."""
LOW = 11
"""A block of more floors than this stands alone, with more doors to a floor."""


def plan_buildings(district: District, rng: np.random.Generator) -> pl.DataFrame:
    """Choose buildings for each site of a grid until its dwellings are housed.

    Returns
    -------
    polars.DataFrame
        A row for each building or single house: its site (subdistrict, community, road, number,
        estate), its serial, units, floors, doors to a floor and rooms, its codes, lon and lat.
    """
    sites = _plan_sites(district, rng)
    is_lane = sites["is_lane"].to_numpy()
    houses = _plan_houses(sites.filter("is_lane"), rng)
    blocks = _plan_blocks(sites.filter(~pl.col("is_lane")), rng)
    buildings = pl.concat([blocks, houses]).sort("site", "serial")
    n_each = np.bincount(buildings["site"].to_numpy(), minlength=is_lane.size)
    rows = sites[np.repeat(np.arange(is_lane.size), n_each)].drop("site")
    whole = pl.concat([buildings, rows], how="horizontal")
    return whole.with_columns(_place_buildings(whole, district, rng)).with_columns(
        _name_buildings()
    )


def _plan_sites(district: District, rng: np.random.Generator) -> pl.DataFrame:
    """Name the roads and estates of each grid: three gated estates and one old lane."""
    grids = district.grids
    n_each = SITES_A_GRID
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
            **_name_estates(estates, is_lane, rng),
            "n_dwellings": np.ceil(dwellings * share).astype(np.int64),
        }
    )


def _name_estates(
    names: list[str], is_lane: np.ndarray, rng: np.random.Generator
) -> dict[str, pl.Series]:
    """Name estates; some are also known by another word at the end (花园 for 新村)."""
    kind = rng.integers(0, len(ESTATE_SUFFIXES), len(names))
    other = (kind + rng.integers(1, len(ESTATE_SUFFIXES), len(names))) % len(ESTATE_SUFFIXES)
    stem, suffix = pl.Series(names), pl.Series(ESTATE_SUFFIXES)
    none = pl.repeat(None, len(names), dtype=pl.String, eager=True)
    is_known = pl.Series(~is_lane & (rng.random(len(names)) < ALIAS_SHARE))
    return {
        "estate": none.zip_with(pl.Series(is_lane), stem + suffix.gather(kind)),
        "estate_alias": (stem + suffix.gather(other)).zip_with(is_known, none),
    }


def _unique_names(n_names: int, first: str, last: str, rng: np.random.Generator) -> list[str]:
    """Draw two-character names without repeats; a third character where they run out."""
    pairs = [a + b for a in first for b in last if a != b]
    names = [pairs[i] for i in rng.permutation(len(pairs))]
    third = 0
    while len(names) < n_names:
        names += [last[third] + pair for pair in names[: len(pairs)]]
        third += 1
    return names[:n_names]


def _plan_blocks(sites: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Give each estate blocks of one kind; the tall ones have one or two units."""
    n_dwellings, n_sites = sites["n_dwellings"].to_numpy(), sites.height
    kinds, shares = np.array(BLOCKS)[:, 0].astype(np.int64), np.array(BLOCKS)[:, 1]
    n_floors = rng.choice(kinds, n_sites, p=shares / shares.sum())
    n_floors = np.where(n_floors * 2 > n_dwellings, 6, n_floors)
    n_doors = np.where(n_floors <= LOW, 2, rng.integers(2, 5, n_sites))
    n_doors = np.where(n_floors * n_doors > n_dwellings, 2, n_doors)
    n_units = np.where(n_floors <= LOW, rng.integers(2, 5, n_sites), rng.integers(1, 3, n_sites))
    n_units = np.minimum(n_units, np.maximum(1, n_dwellings // (n_floors * n_doors)))
    a_block = n_floors * n_doors * n_units
    n_blocks = -(-n_dwellings // a_block)
    site = np.repeat(np.arange(n_sites), n_blocks)
    serial = _count_within(n_blocks)
    return pl.DataFrame(
        {
            "site": sites["site"].to_numpy()[site],
            "serial": serial + 1,
            "n_units": n_units[site],
            "n_floors": n_floors[site],
            "n_doors": n_doors[site],
            "n_rooms": np.minimum(a_block[site], n_dwellings[site] - serial * a_block[site]),
        }
    )


def _plan_houses(sites: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Give each lane single houses, some of two or three dwellings."""
    n_dwellings = sites["n_dwellings"].to_numpy()
    doors = rng.choice([1, 1, 2, 3], (sites.height, int(n_dwellings.max())))
    housed = doors.cumsum(axis=1)
    left = n_dwellings[:, None] - housed + doors
    site, serial = np.nonzero(left > 0)
    n_rooms = np.minimum(doors, left)[site, serial]
    return pl.DataFrame(
        {
            "site": sites["site"].to_numpy()[site],
            "serial": serial + 1,
            "n_units": np.ones(site.size, np.int64),
            "n_floors": np.ones(site.size, np.int64),
            "n_doors": n_rooms,
            "n_rooms": n_rooms,
        }
    )


def _count_within(sizes: np.ndarray) -> np.ndarray:
    """Count from nought within each of many groups."""
    starts = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) - np.repeat(starts, sizes))


def _place_buildings(
    buildings: pl.DataFrame, district: District, rng: np.random.Generator
) -> list[pl.Series]:
    """Lay the buildings of a site out in rows, each site in its own part of the grid."""
    starts = np.flatnonzero(buildings["serial"].to_numpy() == 1)
    n_each = np.diff(np.r_[starts, buildings.height])
    codes = buildings["grid_code"].gather(starts).to_list()
    centres = np.empty((len(starts), 2))
    turns = rng.uniform(0, 0.25, len(starts))
    for i, code in enumerate(codes):
        cell = district.outlines[code]
        turn = (i % SITES_A_GRID + turns[i]) / SITES_A_GRID
        border = cell.exterior.interpolate(turn, normalized=True)
        core = np.array(cell.representative_point().coords[0])
        half_way = core + 0.5 * (np.array(border.coords[0]) - core)
        centres[i] = half_way if shapely.contains_xy(cell, *half_way) else core
    serial = _count_within(n_each)
    lane = buildings["is_lane"].to_numpy()
    n_wide = np.repeat(np.maximum(1, np.ceil(np.sqrt(n_each))).astype(np.int64), n_each)
    n_wide = np.where(lane, 2, n_wide)
    n_deep = -(-np.repeat(n_each, n_each) // n_wide)
    gap = np.where(lane, 9.0, 42.0) / METRES_A_DEGREE
    east = (serial % n_wide - (n_wide - 1) / 2) * gap / np.cos(np.radians(31.3))
    north = ((n_deep - 1) / 2 - serial // n_wide) * gap
    middle = np.repeat(centres, n_each, axis=0)
    points = middle + np.column_stack([east, north])
    bounds = np.cumsum(n_each)
    for i, code in enumerate(codes):
        row = slice(bounds[i] - n_each[i], bounds[i])
        points[row] = _draw_in(points[row], middle[row], district.outlines[code])
    return [pl.Series("lon", points[:, 0].round(7)), pl.Series("lat", points[:, 1].round(7))]


def _draw_in(points: np.ndarray, middle: np.ndarray, cell: shapely.Polygon) -> np.ndarray:
    """Draw a layout together until it lies inside its grid."""
    for share in (1.0, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05):
        drawn = np.asarray(middle + share * (points - middle))
        if shapely.contains_xy(cell, drawn).all():
            return drawn
    return middle


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
