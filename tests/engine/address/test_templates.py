"""Bulk reading: folding in one buffer, one reading a template, and divisions filled in."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.address.filling import fill_divisions
from fangge.engine.address.grammar import read_addresses
from fangge.engine.address.normalise import as_texts, fold_texts
from fangge.engine.address.reading import Reader
from fangge.engine.address.tagger import load_model
from fangge.engine.address.templates import lay_out_folded

WORDS = (
    "苏州市 姑苏区 平江街道 临顿路 88号 ８８ 三幢 3-2-501 观前花园 20号楼云家园 35# 号楼 ( 室 "
    "巷12号楼5 13812345678 0512-12345678 1234-1234567 320508199001011234 12345678 1234567 "
    "路5号楼里 里十六号楼云 0 一 路 号楼桥 ⑨ 樓 \U0001f3e0 \u202e \x00 é"
)
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30), st.lists(st.sampled_from(WORDS.split()), max_size=9).map("".join)
    ),
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_buffer_holds_what_folding_gives(texts: list[str]) -> None:
    held = as_texts(texts)
    assert lay_out_folded(held).tell() == fold_texts(held).to_list()


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_what_a_reader_remembers_changes_no_reading(texts: list[str]) -> None:
    reader = Reader(load_model())
    reader.read(as_texts(texts[::-1]))
    among = reader.read(as_texts(texts))
    for row, text in enumerate(texts):
        alone = Reader(load_model()).read(as_texts([text]))
        mine = among.elements.filter(row=row).with_columns(row=pl.lit(0, pl.UInt32))
        assert mine.equals(alone.elements)
        assert among.reasons[row] == alone.reasons[0]


def test_thousands_of_templates_are_kept_apart() -> None:
    names = [a + b + c for a in "东南西北中" for b in "平安和顺云水花月" for c in "桥园苑村里坊"]
    texts = [f"平江街道{n}路{k}号{n}花园{k}幢" for n in names for k in (7, 12, 345)]
    read = Reader(load_model()).read(as_texts(texts))
    said = read.elements.filter(kind="road")["normal"].to_list()
    assert said == [f"{n}路" for n in names for _ in range(3)]
    numbers = read.elements.filter(kind="number")["normal"].to_list()
    assert numbers == [f"{k}号" for _ in names for k in (7, 12, 345)]


REGISTERED = [
    ["", "江苏省", "苏州市姑苏区", "平江区"],
    ["平江街道", "木渎镇", "城西乡", "平江街道办事处"],
    ["临顿路", "三层路", "十全街", "楼云里", "白塔西大街"],
    ["", "88号", "八号", "12弄", "7#", "甲3号", "20号楼", "5号楼", "88"],
    ["", "观前花园", "云家园", "三元一村", "楼翠小区", "东门新村"],
    ["", "3幢", "三号楼", "12栋", "5#", "丙座"],
    ["", "2单元", "乙单元", "一门"],
    ["", "5层", "二楼", "101", "501室", "3-2-501", "五零一", "5号", "（出租）"],
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*map(st.sampled_from, REGISTERED)).map("".join), max_size=12))
def test_register_text_is_read_by_parts_as_the_rules_read_the_whole(texts: list[str]) -> None:
    held = as_texts(texts)
    read, whole = Reader(load_model()).read(held), read_addresses(held)
    for row in range(len(texts)):
        if read.readers[row] == "rules":
            assert read.elements.filter(row=row).equals(whole.filter(row=row))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("平江街道临顿路88号观前花园3幢2单元501室", "register_order"),
        ("平江街道临顿路20号楼云花园3幢", "register_order"),
        ("平江街道临顿路", "register_order"),
        ("临顿路88号", "no_register_form"),
        ("平江街道临顿路88号观前大世界", "no_register_form"),
        ("城厢街道万寿桥社区萧西路166号", "no_register_form"),
        ("平江街道城厢镇萧西路166号", "not_in_order"),
    ],
)
def test_a_reading_says_why_its_reader_was_chosen(text: str, reason: str) -> None:
    read = Reader(load_model()).read(pl.Series([text]))
    assert read.reasons[0] == reason
    assert read.readers[0] == ("rules" if reason == "register_order" else "tagger")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("平江街道临顿路88号", "江苏省 苏州市 姑苏区"),
        ("沧浪区临顿路88号", "江苏省 苏州市"),
        ("苏州市平江街道临顿路88号", "江苏省 姑苏区"),
        ("南京鼓楼区中山路1号", "江苏省"),
        ("鼓楼区中山路1号", ""),
        ("城关镇中山路1号", ""),
        ("临顿路88号", ""),
    ],
)
def test_what_a_text_leaves_out_is_filled_in_where_there_is_no_choice(
    text: str, filled: str
) -> None:
    read = Reader(load_model()).read(pl.Series([text]))
    assert " ".join(fill_divisions(read.elements)["normal"]) == filled


def test_nothing_is_read_from_nothing() -> None:
    read = Reader(load_model()).read(as_texts([]))
    assert read.elements.is_empty()
    assert Reader(load_model()).read(as_texts([None, ""])).elements.is_empty()
