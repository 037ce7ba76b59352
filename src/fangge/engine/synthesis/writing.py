"""Addresses as somebody at a counter would write them, and what such a text still means."""

import re

import numpy as np
import polars as pl

from fangge.engine.synthesis.mistakes import misspell
from fangge.engine.synthesis.noise import Rates

DIGITS = "零一二三四五六七八九"
FULL_WIDTH = dict(zip("0123456789", "０１２３４５６７８９", strict=True))
SPELT_PARTS = ("number", "building", "unit")
ONLY_ESTATE, ONLY_ROAD = 1, 2
SPELT_STYLE, DASHED_STYLE = 3, 5
SECOND_SHARE = 0.5
KINDS = (
    "address_restyled",
    "address_parts_missing",
    "address_shortened",
    "address_misspelt",
    "address_aliased",
    "address_appended",
)
APPENDED = ("（出租）", "(自住)", "，请电话联系", " 快递放门口", "（近菜场）", "附近")


def write_addresses(
    parts: pl.DataFrame, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Write each address as somebody at a counter would.

    Parameters
    ----------
    parts : polars.DataFrame
        subdistrict, community, road, number, estate, estate_alias, building, unit, room, the codes,
        unit, building and number, and whether no other unit of the building has such a room.

    Returns
    -------
    polars.DataFrame
        text; code, the deepest address that the text still means.
    dict of str to boolean series
        The rows that each kind of noise touched, by the name of its rate.
    """
    n_rows = parts.height

    def touched(rate: float) -> pl.Series:
        return pl.Series(rng.random(n_rows) < rate)

    def draw(n_choices: int, only: pl.Series) -> pl.Series:
        """Draw a style: 0, the register's own, wherever the row is not touched."""
        return pl.Series(np.where(only.to_numpy(), rng.integers(0, n_choices, n_rows), 0))

    noise = {kind: touched(getattr(rates, kind)) for kind in KINDS}
    restyled, missing = noise["address_restyled"], noise["address_parts_missing"]
    noise["address_aliased"] &= parts["estate_alias"].is_not_null()
    drop_road = draw(4, missing)
    drop_road = drop_road.zip_with(
        ~noise["address_aliased"] | (drop_road != ONLY_ROAD),
        pl.repeat(0, n_rows, dtype=drop_road.dtype, eager=True),
    )
    styled = parts.with_columns(
        _name_places(parts, noise, drop_road, rng),
        *(SPELT.gather(parts[part]).alias(f"{part}_spelt") for part in SPELT_PARTS),
        address_shortened=noise["address_shortened"],
        head=draw(7, missing),
        road_style=draw(3, restyled),
        drop_road=drop_road,
        building_style=draw(7, restyled),
        room_style=draw(3, restyled),
        drop_unit=draw(12, missing) == 1,
        width=draw(10, restyled) == 1,
        tail=pl.Series(APPENDED)
        .gather(rng.integers(0, len(APPENDED), n_rows))
        .zip_with(noise["address_appended"], pl.repeat("", n_rows, eager=True)),
    ).with_columns(text=_compose())
    wide = pl.col("text").str.replace_many(FULL_WIDTH)
    written = styled.select(text=pl.when("width").then(wide).otherwise("text"), code=_meant())
    return written, noise


def spell_in_full(rooms: pl.DataFrame) -> pl.Series:
    """Give the full names of rooms, as the register has them."""
    parts = [
        pl.format("{}幢", "building"),
        pl.format("{}单元", "unit"),
        pl.format("{}室", "room"),
    ]
    return rooms.select(pl.concat_str(["site_name", *parts], ignore_nulls=True)).to_series()


def _name_places(
    parts: pl.DataFrame, noise: dict[str, pl.Series], drop_road: pl.Series, rng: np.random.Generator
) -> list[pl.Series]:
    """Name the road and the estate as the writer does: by an alias, or misspelt."""
    estate = parts["estate"].zip_with(~noise["address_aliased"], parts["estate_alias"])
    names_estate = estate.is_not_null() & (drop_road != ONLY_ROAD)
    second = rng.random(parts.height) < SECOND_SHARE
    wrong = noise["address_misspelt"]
    return [
        misspell(estate, (wrong & names_estate).to_numpy(), second).alias("estate"),
        misspell(parts["road"], (wrong & ~names_estate).to_numpy(), second).alias("road"),
    ]


def _compose() -> pl.Expr:
    return pl.concat_str([_head(), _road(), _inside(), "tail"])


def _choose(style: str, *forms: pl.Expr) -> pl.Expr:
    """Take the form that the style's number names; the last one for all greater numbers."""
    chosen = forms[-1]
    for number, form in reversed(list(enumerate(forms[:-1]))):
        chosen = pl.when(pl.col(style) == number).then(form).otherwise(chosen)
    return chosen


def _head() -> pl.Expr:
    bare = pl.col("community").str.strip_suffix("社区")
    return _choose(
        "head",
        pl.format("江苏省苏州市姑苏区{}", "subdistrict"),
        pl.lit("苏州市姑苏区"),
        pl.format("姑苏区{}{}社区", "subdistrict", bare),
        pl.lit("姑苏区"),
        pl.lit("苏州市苏州市姑苏区"),
        pl.format("苏州{}", "subdistrict"),
        pl.lit(""),
    )


def _road() -> pl.Expr:
    number = _choose(
        "road_style",
        pl.format("{}号", "number"),
        pl.format("{}号", "number_spelt"),
        pl.format("{}#", "number"),
    )
    full = pl.concat_str([pl.col("road"), number])
    # Who names the estate may leave the road out; who names the road, the estate.
    return (
        pl.when(pl.col("estate").is_null() | (pl.col("drop_road") == ONLY_ROAD))
        .then(full)
        .when(pl.col("drop_road") == ONLY_ESTATE)
        .then("estate")
        .otherwise(pl.concat_str([full, "estate"]))
    )


def _inside() -> pl.Expr:
    """Write building, unit and room, unless the address stops before them."""
    has_unit = pl.col("unit").is_not_null() & ~pl.col("drop_unit")
    short = pl.col("address_shortened")
    building = _choose(
        "building_style",
        pl.format("{}幢", "building"),
        pl.format("{}栋", "building"),
        pl.format("{}号楼", "building"),
        pl.format("{}幢", "building_spelt"),
        pl.format("{}座", "building"),
        pl.format("{}幢", "building"),
    )
    is_spelt = pl.col("building_style") == SPELT_STYLE
    unit = pl.when(has_unit).then(
        pl.format("{}单元", pl.when(is_spelt).then("unit_spelt").otherwise(pl.col("unit")))
    )
    room = pl.when(~short).then(
        _choose(
            "room_style",
            pl.format("{}室", "room"),
            pl.format("{}", "room"),
            pl.format("{}房", "room"),
        )
    )
    words = pl.concat_str([building, unit, room], ignore_nulls=True)
    dashed = pl.concat_str(
        ["building", pl.when(has_unit).then("unit"), "room"], separator="-", ignore_nulls=True
    )
    is_dashed = (pl.col("building_style") >= DASHED_STYLE) & ~short
    is_dashed &= pl.col("building").is_not_null() & pl.col("room").is_not_null()
    return pl.when(is_dashed).then(dashed).otherwise(words)


def _meant() -> pl.Expr:
    """Give the deepest code that the text still names without a guess."""
    guessed = ~pl.col("is_only_one") | pl.col("address_shortened")
    unsaid_unit = pl.col("drop_unit") & pl.col("unit").is_not_null() & guessed
    building = pl.coalesce("building_code", "number_code")
    return (
        pl.when(unsaid_unit)
        .then(building)
        .when("address_shortened")
        .then(pl.coalesce("unit_code", building))
        .otherwise("address_code")
    )


def spell_number(number: int) -> str:
    """Spell a number below ten thousand in Chinese numerals."""
    text = ""
    for place in ("", "十", "百", "千"):
        number, digit = divmod(number, 10)
        text = (DIGITS[digit] + place if digit else DIGITS[0]) + text
        if not number:
            break
    text = re.sub("零+", "零", text).rstrip("零") or "零"
    return text.removeprefix("一") if text.startswith("一十") else text


SPELT = pl.Series([spell_number(number) for number in range(1000)])
"""Numbers in Chinese numerals; no house number or building here reaches a thousand."""
