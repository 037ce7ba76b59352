"""Array in, array out: how alike two columns of values are."""

import polars as pl
from pypinyin import lazy_pinyin

LONGEST_COMPARED = 18


def count_differences(left: pl.Series, right: pl.Series) -> pl.Series:
    """Count the characters that differ in texts of one length.

    Returns
    -------
    polars.Series of Int32
        Missing where a side is missing or the lengths differ.
    """
    same_length = left.str.len_chars() == right.str.len_chars()
    differing = sum(
        (
            (left.str.slice(i, 1) != right.str.slice(i, 1)).cast(pl.Int32)
            for i in range(LONGEST_COMPARED)
        ),
        start=pl.repeat(0, left.len(), dtype=pl.Int32, eager=True),
    )
    rest = left.str.slice(LONGEST_COMPARED) != right.str.slice(LONGEST_COMPARED)
    total = differing + rest.cast(pl.Int32)
    return pl.select(pl.when(same_length).then(total)).to_series()


def sound_names(names: pl.Series) -> pl.Series:
    """Write names by their sound, without tones, so that homophones are equal.

    Each character has one sound, so that a surname sounds the same whatever follows it. Distinct
    characters are sounded once. Source: pypinyin's dictionaries.
    """
    characters = sorted(set("".join(names.drop_nulls().unique())))
    sounds = {character: f"{lazy_pinyin(character)[0]} " for character in characters}
    return names.str.replace_many(sounds) if sounds else names


def are_near_codes(left: pl.Series, right: pl.Series) -> pl.Series:
    """Tell codes of one length that are equal or differ in one character."""
    return count_differences(left, right) <= 1


def are_transposed_dates(left: pl.Series, right: pl.Series) -> pl.Series:
    """Tell dates that differ in one of year, month and day, or in day and month turned round."""
    parts = [
        (left.dt.year(), right.dt.year()),
        (left.dt.month(), right.dt.month()),
        (left.dt.day(), right.dt.day()),
    ]
    n_equal = sum(
        ((a == b).cast(pl.Int8) for a, b in parts[1:]),
        start=(parts[0][0] == parts[0][1]).cast(pl.Int8),
    )
    turned = (
        (left.dt.year() == right.dt.year())
        & (left.dt.month().cast(pl.Int32) == right.dt.day().cast(pl.Int32))
        & (left.dt.day().cast(pl.Int32) == right.dt.month().cast(pl.Int32))
    )
    return (n_equal > 1) | turned
