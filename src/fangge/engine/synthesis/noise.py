"""How departments spoil what they send: each kind of noise with its own rate."""

from dataclasses import dataclass

import numpy as np
import polars as pl

DIGITS = "零一二三四五六七八九"
FULL_WIDTH = dict(zip("0123456789", "０１２３４５６７８９", strict=True))
# Characters that are taken for one another: by sound, then by shape.
MISTAKEN = dict(
    zip(
        "凤江白莲安康福华银锦云清书文义平长远思明宝桥河溪林园花伟强军超静丽芳娜敏娟英慧",
        "风将百连按糠副花吟绵运青舒纹仪坪常元丝名保侨何西淋圆华玮墙均潮净莉方那闽捐瑛惠",
        strict=True,
    )
)
APPENDED = ("（出租）", "(自住)", "，请电话联系", " 快递放门口", "（近菜场）", "附近")


@dataclass(frozen=True, slots=True)
class Rates:
    """The share of rows, or of values, that each kind of noise touches (0 to 1)."""

    identifier_missing: float = 0.0
    identifier_mistyped: float = 0.0
    name_misspelt: float = 0.0
    phone_missing: float = 0.0
    phone_changed: float = 0.0
    birth_mistyped: float = 0.0
    address_restyled: float = 0.0
    address_parts_missing: float = 0.0
    address_shortened: float = 0.0
    address_misspelt: float = 0.0
    address_appended: float = 0.0
    duplicated: float = 0.0
    moved: float = 0.0
    fields_swapped: float = 0.0
    broken: float = 0.0
    coordinates_wrong: float = 0.0


RATES: dict[str, Rates] = {
    "none": Rates(),
    "usual": Rates(
        identifier_missing=0.03,
        identifier_mistyped=0.008,
        name_misspelt=0.012,
        phone_missing=0.08,
        phone_changed=0.06,
        birth_mistyped=0.004,
        address_restyled=0.55,
        address_parts_missing=0.35,
        address_shortened=0.03,
        address_misspelt=0.015,
        address_appended=0.05,
        duplicated=0.01,
        moved=0.03,
        fields_swapped=0.001,
        broken=0.003,
        coordinates_wrong=0.0005,
    ),
    "hard": Rates(
        identifier_missing=0.15,
        identifier_mistyped=0.03,
        name_misspelt=0.05,
        phone_missing=0.25,
        phone_changed=0.15,
        birth_mistyped=0.02,
        address_restyled=0.8,
        address_parts_missing=0.6,
        address_shortened=0.08,
        address_misspelt=0.06,
        address_appended=0.15,
        duplicated=0.04,
        moved=0.08,
        fields_swapped=0.005,
        broken=0.01,
        coordinates_wrong=0.002,
    ),
}


def write_addresses(
    parts: pl.DataFrame, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Write each address as somebody at a counter would.

    Parameters
    ----------
    parts : polars.DataFrame
        subdistrict, community, road, number, estate, building, unit, room, the codes of room,
        unit, building and number, and whether no other unit of the building has such a room.

    Returns
    -------
    polars.DataFrame
        text; code, the deepest address that the text still means.
    list of polars.Series
        A boolean for each kind of noise, named after its rate.
    """
    n_rows = parts.height

    def touched(rate: float) -> pl.Series:
        return pl.Series(rng.random(n_rows) < rate)

    def draw(n_choices: int, only: pl.Series) -> pl.Series:
        """Draw a style: 0, the register's own, wherever the row is not touched."""
        return pl.Series(np.where(only.to_numpy(), rng.integers(0, n_choices, n_rows), 0))

    noise = [
        touched(getattr(rates, name)).alias(name)
        for name in (
            "address_restyled",
            "address_parts_missing",
            "address_shortened",
            "address_misspelt",
            "address_appended",
        )
    ]
    restyled, missing = noise[0], noise[1]
    styled = parts.with_columns(
        noise,
        head=draw(7, missing),
        road_style=draw(4, restyled),
        drop_road=draw(4, missing),
        building_style=draw(7, restyled),
        room_style=draw(4, restyled),
        drop_unit=draw(12, missing) == 1,
        tail=pl.Series(rng.integers(0, len(APPENDED), n_rows)),
        width=draw(10, restyled) == 1,
    )
    texts = styled.select(text=_compose()).to_series()
    texts = _misspell(texts, noise[3].to_numpy())
    written = styled.select(
        text=pl.when("width").then(texts.str.replace_many(FULL_WIDTH)).otherwise(texts),
        code=_meant(),
    )
    return written, noise


def _compose() -> pl.Expr:
    appended = pl.when("address_appended").then(
        pl.col("tail").replace_strict(list(range(len(APPENDED))), list(APPENDED))
    )
    return pl.concat_str([_head(), _road(), _inside(), appended.fill_null("")])


def _head() -> pl.Expr:
    subdistrict = pl.col("subdistrict")
    return (
        pl.when(pl.col("head") == 0)
        .then(pl.format("江苏省苏州市姑苏区{}", subdistrict))
        .when(pl.col("head") == 1)
        .then(pl.lit("苏州市姑苏区"))
        .when(pl.col("head") == 2)
        .then(
            pl.format("姑苏区{}{}社区", subdistrict, pl.col("community").str.strip_suffix("社区"))
        )
        .when(pl.col("head") == 3)
        .then(pl.lit("姑苏区"))
        .when(pl.col("head") == 4)
        .then(pl.lit("苏州市苏州市姑苏区"))
        .when(pl.col("head") == 5)
        .then(pl.format("苏州{}", subdistrict))
        .otherwise(pl.lit(""))
    )


def _road() -> pl.Expr:
    estate = pl.col("estate").fill_null("")
    number = (
        pl.when(pl.col("road_style") == 1)
        .then(pl.format("{}号", _numeral("number")))
        .when(pl.col("road_style") == 2)
        .then(pl.format("{}#", "number"))
        .otherwise(pl.format("{}号", "number"))
    )
    full = pl.concat_str([pl.col("road"), number])
    # Who names the estate may leave the road out; who names the road, the estate.
    return (
        pl.when(pl.col("estate").is_null())
        .then(full)
        .when(pl.col("drop_road") == 1)
        .then(estate)
        .when(pl.col("drop_road") == 2)
        .then(full)
        .otherwise(pl.concat_str([full, estate]))
    )


def _inside() -> pl.Expr:
    """Write building, unit and room, unless the address stops before them."""
    building, unit, room = pl.col("building"), pl.col("unit"), pl.col("room")
    style = pl.col("building_style")
    has_unit = unit.is_not_null() & ~pl.col("drop_unit")
    word = (
        pl.when(style == 1)
        .then(pl.format("{}栋", building))
        .when(style == 2)
        .then(pl.format("{}号楼", building))
        .when(style == 3)
        .then(pl.format("{}幢", _numeral("building")))
        .when(style == 4)
        .then(pl.format("{}座", building))
        .otherwise(pl.format("{}幢", building))
    )
    unit_word = (
        pl.when(style == 3)
        .then(pl.format("{}单元", _numeral("unit")))
        .otherwise(pl.format("{}单元", unit))
    )
    room_word = (
        pl.when(pl.col("room_style") == 1)
        .then(pl.format("{}", room))
        .when(pl.col("room_style") == 2)
        .then(pl.format("{}房", room))
        .otherwise(pl.format("{}室", room))
    )
    short = pl.col("address_shortened")
    dashed = (
        pl.when(has_unit)
        .then(pl.format("{}-{}-{}", building, unit, room))
        .otherwise(pl.format("{}-{}", building, room))
    )
    words = pl.concat_str(
        [
            word.fill_null(""),
            pl.when(has_unit).then(unit_word).otherwise(pl.lit("")).fill_null(""),
            pl.when(short).then(pl.lit("")).otherwise(room_word).fill_null(""),
        ]
    )
    is_dashed = (style >= 5) & building.is_not_null() & room.is_not_null() & ~short
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


def _numeral(column: str) -> pl.Expr:
    most = 4000
    return pl.col(column).replace_strict(
        list(range(most)),
        [spell_number(n) for n in range(most)],
        default=None,
        return_dtype=pl.String,
    )


def spell_number(number: int) -> str:
    """Spell a number below ten thousand in Chinese numerals."""
    if number < 10:
        return DIGITS[number]
    text, unit = "", ""
    for place in ("", "十", "百", "千"):
        number, digit = divmod(number, 10)
        unit = place
        text = (DIGITS[digit] + unit if digit else DIGITS[0]) + text
        if not number:
            break
    text = text.replace("零零", "零").replace("零零", "零").rstrip(DIGITS[0])
    return text[1:] if text.startswith("一十") else text


def _misspell(texts: pl.Series, chosen: np.ndarray) -> pl.Series:
    """Replace the first character that is easily mistaken, in the chosen rows only."""
    rows = np.flatnonzero(chosen)
    spoilt = [_mistake(text) for text in texts.gather(rows)]
    return texts.scatter(rows, spoilt) if rows.size else texts


def _mistake(text: str | None) -> str | None:
    for at, character in enumerate(text or ""):
        if character in MISTAKEN and text is not None and at > 0:
            return text[:at] + MISTAKEN[character] + text[at + 1 :]
    return text


def misspell_names(names: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Write some names with a character that sounds or looks alike."""
    return _misspell(names, rng.random(names.len()) < rate)


def blank_values(values: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Leave some values out."""
    return pl.select(pl.when(pl.Series(rng.random(values.len()) >= rate)).then(values)).to_series()


def mistype_digits(values: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Change one digit of some values."""
    rows = np.flatnonzero((rng.random(values.len()) < rate) & values.is_not_null().to_numpy())
    spoilt = []
    for value, at, step in zip(
        values.gather(rows),
        rng.integers(6, 17, rows.size),
        rng.integers(1, 10, rows.size),
        strict=True,
    ):
        place = min(int(at), len(value) - 2)
        digit = (int(value[place]) + int(step)) % 10
        spoilt.append(f"{value[:place]}{digit}{value[place + 1 :]}")
    return values.scatter(rows, spoilt) if rows.size else values
