"""What is done in bulk agrees with what is done one by one."""

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fangge.engine.address.elements import KINDS
from fangge.engine.address.grammar import write_piece
from fangge.engine.address.normalise import FILLER, HOUSE, as_texts, fold_texts
from fangge.engine.address.phrasing import write_wordings
from fangge.engine.address.registered import REGISTER_FORM
from fangge.engine.address.repairs import LOOKED_AT
from fangge.engine.address.suspicion import may_be_odd, may_be_register_text
from fangge.engine.address.templates import lay_out_folded

DIGITS = (
    "0 007 12 123456 a B F 甲 之 - 号 楼 幢 栋 座 # 室 房间 号室 单元 门 层 第 一 二十 弄 梯 户"
)
NAMES = (
    "委 处 苏州 平江区 姑苏区 江苏省 平江街道 街道办事处 临顿路 镇 巷 园区 先生 出租 ( , \U0001f3e0"
)
PARTS = [*DIGITS.split(), *NAMES.split(), FILLER, HOUSE, "é", " "]
WORDS = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)
TEXTS = st.lists(st.one_of(WORDS, st.text(max_size=12)), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), WORDS), min_size=1, max_size=12))
@example([("number", "第007-1号"), ("floor", "3F"), ("room", "B101"), ("district", "平江区")])
def test_wordings_written_together_are_those_written_one_by_one(
    pieces: list[tuple[str, str]],
) -> None:
    texts = [text for _, text in pieces]
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    bounds = np.cumsum([0, *map(len, texts)])
    kinds = np.array([KINDS.index(kind) for kind, _ in pieces], dtype=np.uint8)
    assert write_wordings(codes, bounds, kinds).to_list() == [write_piece(*p) for p in pieces]


@settings(max_examples=100, deadline=None)
@given(TEXTS)
@example(["临顿路3幢12-501", "苏州工业园区星湖街", "3幢501室[出租】", "王先生", "88号甲", "3#501"])
@example(
    [
        "3-2-5-501",
        "路8-1号",
        "幢2-",
        "街12,14号",
        "(旁",
        "()旁)",
        "(西侧)3幢",
        "甲)5号",
        "3室,门口",
        "3#-2-501",
    ]
)
@example(["平江街道临顿路88号", "城厢镇万寿桥弄十二弄", "平江街道办事处临顿路甲#3幢"])
def test_no_text_that_a_rule_would_change_is_passed_over(texts: list[str]) -> None:
    folded = fold_texts(as_texts(texts))
    buffer = lay_out_folded(folded)
    odd = may_be_odd(buffer.codes, buffer.starts, np.arange(len(texts)))
    formed = may_be_register_text(buffer.codes, buffer.starts)
    assert not (folded.str.contains(LOOKED_AT) & ~pl.Series(odd)).any()
    assert not (folded.str.contains(REGISTER_FORM) & ~pl.Series(formed)).any()
