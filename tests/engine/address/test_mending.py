"""What the tagger's reading is mended by."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.address.found import SCHEMA, take_found, tell_found
from fangge.engine.address.mending import mend_tagged
from fangge.engine.address.normalise import fold_texts
from fangge.engine.address.reading import Reader
from fangge.engine.address.tagger import load_model
from fangge.engine.address.templates import lay_out_folded


def mend(text: str, *pieces: tuple[int, int, str]) -> list[tuple[str, str]]:
    rows = [(0, start, end, kind, 0.9) for start, end, kind in pieces]
    folded = fold_texts(pl.Series([text]))
    tagged = take_found(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    buffer = lay_out_folded(folded)
    mended = tell_found(mend_tagged(tagged, buffer.codes, buffer.starts, np.arange(1)))
    return [(text[s:e], kind) for s, e, kind in mended.select("start", "end", "kind").rows()]


def test_what_no_element_covers_is_redundant_but_a_separator_is_not() -> None:
    assert mend("速递临顿路 , 88号谢", (2, 5, "road"), (8, 11, "number")) == [
        ("速递", "redundant"),
        ("临顿路", "road"),
        ("88号", "number"),
        ("谢", "redundant"),
    ]


def test_redundant_neighbours_are_one() -> None:
    pieces = [(i, i + 1, "redundant") for i in range(4)]
    assert mend("park馆", *pieces) == [("park馆", "redundant")]


def test_people_and_their_phones_are_marked() -> None:
    assert mend("临顿路8号 王女士 12012345678", (0, 3, "road"), (3, 5, "number"), (6, 9, "estate"))[
        2:
    ] == [
        ("王女士", "person"),
        ("12012345678", "phone"),
    ]


def test_one_of_repeated_divisions_stands_where_all_were_dropped() -> None:
    pieces = [(0, 3, "redundant"), (3, 6, "redundant"), (6, 9, "road")]
    assert mend("苏州市苏州市临顿路", *pieces)[:2] == [("苏州市", "city"), ("苏州市", "redundant")]
    assert mend("苏州市苏州市临顿路", (0, 3, "city"), *pieces[1:])[1] == ("苏州市", "redundant")


@pytest.mark.parametrize("pieces", [[(3, 5, "number")], [(3, 5, "number"), (5, 6, "redundant")]])
def test_a_house_number_has_the_letter_behind_it(pieces: list[tuple[int, int, str]]) -> None:
    assert mend("甲辰巷5号乙", (0, 3, "road"), *pieces)[-1] == ("5号乙", "number")


PARTS = ["苏州市", "王女士", "12012345678", "临顿路", "88号甲", "park", "(", ",", "3幢", "🏠"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=8).map("".join), max_size=4))
def test_readings_are_in_order_apart_and_leave_only_separators(texts: list[str]) -> None:
    read = Reader(load_model()).read(pl.Series(texts, dtype=pl.String)).elements
    for row, text in enumerate(texts):
        left, at = "", 0
        for start, end in read.filter(row=row).select("start", "end").rows():
            assert at <= start < end <= len(text)
            left, at = left + text[at:start], end
        assert not (left + text[at:]).strip(" ,;:/|.\\-")


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("思门路20号楼翠家园1幢", "road:思门路 number:20号 estate:楼翠家园 building:1幢"),
        ("观前花园3#-2-501", "estate:观前花园 building:3幢 unit:2单元 room:501室"),
        ("观前花园3#501", "estate:观前花园 building:3幢 room:501室"),
        ("锦华公寓3-2-5-501", "estate:锦华公寓 building:3幢 unit:2单元 floor:5层 room:501室"),
        ("锦华公寓3幢2单元501室 请放门口", "estate:锦华公寓 building:3幢 unit:2单元 room:501室"),
        ("锦华公寓3幢501室【出租】", "estate:锦华公寓 building:3幢 room:501室"),
        ("\U0001f3e0观前花园3幢501室", "estate:观前花园 building:3幢 room:501室"),
        ("临顿路 88 号 3 幢 501 室", "road:临顿路 number:88号 building:3幢 room:501室"),
        ("甲辰巷5号乙", "road:甲辰巷 number:5乙号"),
        ("观前花园3幢2-501", "estate:观前花园 building:3幢 unit:2单元 room:501室"),
        ("临顿路88-1号", "road:临顿路 number:88-1号"),
        ("十全街二十号楼翠家园二幢", "road:十全街 number:20号 estate:楼翠家园 building:2幢"),
        ("苏州工业园区星湖街328号", "development_zone:苏州工业园区 road:星湖街 number:328号"),
        ("玄妙观", "estate:玄妙观"),
        ("88号", "number:88号"),
        ("苏州", "city:苏州市"),
        ("<script>alert(1)</script>", ""),
        ("null", ""),
    ],
)
def test_what_a_rule_knows_better_is_repaired(text: str, reading: str) -> None:
    read = Reader(load_model()).read(pl.Series([text])).elements
    said = read.filter(pl.col("kind") != "redundant").select("kind", "normal").rows()
    assert " ".join(f"{kind}:{normal}" for kind, normal in said) == reading
