"""How alike two values are: the same from both sides, whatever the script."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from fangge.engine.linkage.codes import encode_addresses, encode_names, text_buffers
from fangge.engine.linkage.identity import DAY_BASE, count_days, read_identifiers
from fangge.engine.linkage.schema import MISSING
from fangge.engine.linkage.similarity import (
    compare_addresses,
    compare_codes,
    compare_dates,
    compare_names,
    compare_texts,
    split_days,
)

BOTH_WAYS = np.array([0, 1]), np.array([1, 0])


def name_levels(left: str | None, right: str | None) -> list[int]:
    names = pl.Series([left, right], dtype=pl.String)
    codes, sounds = encode_names(names)
    folded = names.str.replace_all(r"\s", "").str.to_lowercase()
    return list(compare_names(codes, sounds, *text_buffers(folded), *BOTH_WAYS))


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("张伟", "张　伟", 3),
        ("ＡＮＮＡ Novak", "anna novak", 3),
        ("买买提•艾山", "买买提·艾山", 3),
        ("张伟", "张玮", 2),
        ("张静", "张劲", 2),
        ("陈英", "陈因", 2),
        ("李志强", "李志国", 1),
        ("李志强", "李强志", 1),
        ("欧阳静姝", "欧阳静茹", 1),
        ("买买提", "买买提·艾山", 1),
        ("阿依古丽·买买提", "阿依古丽·艾买提", 1),
        ("anna novak", "anna nowak", 1),
        ("苏州恒源科技有限公司", "恒源科技", 1),
        ("王明", "王小明", 0),
        ("张伟", "李伟杰", 0),
        ("王芳", "李娜", 0),
        ("张伟", None, MISSING),
    ],
)
def test_names_are_as_alike_from_both_sides(left: str, right: str | None, level: int) -> None:
    assert name_levels(left, right) == [level, level]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (date(1990, 3, 4), date(1990, 3, 4), 2),
        (date(1990, 3, 4), date(1990, 4, 3), 1),
        (date(1990, 3, 4), date(1990, 3, 9), 1),
        (date(1890, 3, 4), date(1990, 3, 4), 1),
        (date(1990, 3, 4), date(1991, 4, 4), 0),
        (date(1990, 3, 4), None, MISSING),
    ],
)
def test_dates_are_compared_by_their_parts(left: date, right: date | None, level: int) -> None:
    days = pl.Series([left, right], dtype=pl.Date).cast(pl.Int32).cast(pl.Int64) + DAY_BASE
    assert compare_dates(days.fill_null(0).to_numpy(), *BOTH_WAYS).tolist() == [level, level]


@pytest.mark.parametrize("day", [date(1801, 1, 1), date(1999, 12, 31), date(2000, 2, 29)])
def test_days_are_counted_as_the_calendar_does(day: date) -> None:
    counted = (day - date(1970, 1, 1)).days + DAY_BASE
    assert count_days(day.year, day.month, day.day) == counted
    assert split_days(counted) == (day.year, day.month, day.day)
    assert count_days(2001, 2, 29) == count_days(2001, 13, 1) == count_days(0, 1, 1) == 0


ROOM = "A00012-0038-E-B003-U2-F11-1102"


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (ROOM, ROOM, 3),
        (ROOM, "A00012-0038-E-B003-U2", 2),
        (ROOM, "A00012-0038-E-B003", 2),
        (ROOM, "A00012-0038-E-B003-U1-F01-0101", 1),
        (ROOM, "A00012-0038-E-B004", 0),
        ("A00012-0038-F01-0101", "A00012-0038", 2),
        ("A00012-0038", "A00012-0039", 0),
        (ROOM, None, MISSING),
    ],
)
def test_addresses_are_alike_by_what_holds_what(left: str, right: str | None, level: int) -> None:
    whole, unit, site = encode_addresses(pl.Series([left, right], dtype=pl.String))
    assert compare_addresses(whole, unit, site, *BOTH_WAYS).tolist() == [level, level]


def test_codes_of_eighteen_characters_are_compared_one_by_one() -> None:
    right = "329990198001010011"
    for other, level in [
        (right, 2),
        ("329990198001010021", 1),
        ("329990199001010011", 1),
        ("329990199001010021", 0),
        ("3299901980", MISSING),
    ]:
        read = read_identifiers(pl.Series([right, other]))
        assert compare_codes(read.front, read.back, *BOTH_WAYS).tolist() == [level, level]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [("martha", "martha", 3), ("martha", "marhta", 2), ("dwayne", "duane", 0),
     ("dixon", "dickson", 0), ("dwayne", "dwaine", 1), ("martha", None, MISSING)],
)  # fmt: skip
def test_latin_texts_are_alike_as_jaro_and_winkler_say(
    left: str, right: str | None, level: int
) -> None:
    texts = pl.Series([left, right], dtype=pl.String)
    codes = np.array([1, 0 if right is None else 1 if left == right else 2])
    assert compare_texts(codes, *text_buffers(texts), *BOTH_WAYS).tolist() == [level, level]
