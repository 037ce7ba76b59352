"""Pairs to agreement levels."""

import polars as pl

from fangge.engine.linkage.parameters import Field, Kind, Parameters
from fangge.engine.linkage.schema import MISSING
from fangge.engine.linkage.similarity import (
    are_near_codes,
    are_transposed_dates,
    count_differences,
    sound_names,
)


def compare_pairs(
    records: pl.DataFrame, pairs: pl.DataFrame, parameters: Parameters
) -> pl.DataFrame:
    """Compare both records of each pair, field by field.

    Returns
    -------
    polars.DataFrame
        left, right and for each field its agreement level as UInt8: 0 is disagreement, MISSING
        where a side is blank. For a field that counts rarity also {field}_share as Float32: the
        share of records (0 to 1) that have the left side's value.
    """
    names = [field.name for field in parameters.fields]
    side = records.select("record_id", *names)
    joined = pairs.join(
        side.rename({n: f"{n}_left" for n in names}), left_on="left", right_on="record_id"
    ).join(side.rename({n: f"{n}_right" for n in names}), left_on="right", right_on="record_id")
    levels = {
        field.name: _compare(field, joined[f"{field.name}_left"], joined[f"{field.name}_right"])
        for field in parameters.fields
    }
    shares = {
        f"{field.name}_share": _share(records[field.name], joined[f"{field.name}_left"])
        for field in parameters.fields
        if field.counts_rarity
    }
    return joined.select("left", "right").with_columns(**levels, **shares).sort("left", "right")


def _share(held: pl.Series, values: pl.Series) -> pl.Series:
    counts = held.drop_nulls().value_counts(name="n")
    found = values.to_frame("value").join(
        counts.rename({held.name: "value"}), on="value", how="left", maintain_order="left"
    )
    return (found["n"] / max(1, held.len() - held.null_count())).cast(pl.Float32)


def _compare(field: Field, left: pl.Series, right: pl.Series) -> pl.Series:
    blank = left.is_null() | right.is_null()
    level = COMPARED[field.kind](left, right).fill_null(0).cast(pl.UInt8)
    return pl.select(pl.when(blank).then(pl.lit(MISSING, pl.UInt8)).otherwise(level)).to_series()


def _compare_names(left: pl.Series, right: pl.Series) -> pl.Series:
    """3 the same, 2 the same sound, 1 one character apart."""
    same = left == right
    apart = count_differences(left, right)
    unequal = ~same.fill_null(value=True)
    sounds = (
        sound_names(left.zip_with(unequal, left.clear(left.len()))),
        sound_names(right.zip_with(unequal, right.clear(right.len()))),
    )
    return pl.select(
        pl.when(same)
        .then(3)
        .when(sounds[0] == sounds[1])
        .then(2)
        .when((apart == 1) & (left.str.len_chars() > 1))
        .then(1)
        .otherwise(0)
    ).to_series()


def _compare_dates(left: pl.Series, right: pl.Series) -> pl.Series:
    return pl.select(
        pl.when(left == right).then(2).when(are_transposed_dates(left, right)).then(1).otherwise(0)
    ).to_series()


def _compare_addresses(left: pl.Series, right: pl.Series) -> pl.Series:
    """2 the same address, 1 one within the other's site: codes grow from site to room."""
    site = r"^([^-]+-[^-]+(?:-E)?(?:-B\d+)?)"
    near = left.str.extract(site) == right.str.extract(site)
    return pl.select(pl.when(left == right).then(2).when(near).then(1).otherwise(0)).to_series()


def _compare_exactly(left: pl.Series, right: pl.Series) -> pl.Series:
    return (left == right).cast(pl.UInt8)


COMPARED = {
    Kind.NAME: _compare_names,
    Kind.DATE: _compare_dates,
    Kind.ADDRESS: _compare_addresses,
    Kind.EXACT: _compare_exactly,
    Kind.CODE: are_near_codes,
}
