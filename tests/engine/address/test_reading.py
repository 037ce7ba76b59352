"""Texts and the readings they must have, and what holds for any text at all."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.address.divisions import read_divisions
from fangge.engine.address.grammar import read_addresses
from fangge.engine.address.normalise import as_texts, read_numeral
from fangge.engine.address.reading import Reader
from fangge.engine.address.tagger import load_model


def hold(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [line.split(" => ") for line in lines]


GOLDEN, BY_RULES = hold("readings.txt"), hold("rules.txt")
WORDS = "苏州市 姑苏区 平江区 临顿路 88号 ８８ 三幢 3-2-501 观前花园 甲 号楼 - ( ) 室 13812345678"
STRANGE = ["\U0001f3e0", "\u202e", "\x00", "<b>", "'", "社区", "村", "组", "弄", "层", " "]
PIECES = st.sampled_from([*WORDS.split(), *STRANGE])
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=14).map("".join))


def tell(elements: pl.DataFrame, row: int) -> str:
    said = elements.filter(row=row).select("kind", "normal").rows()
    return " ".join(f"{kind}:{normal}" for kind, normal in said)


@pytest.fixture(scope="module")
def readings() -> pl.DataFrame:
    return Reader(load_model()).read(as_texts([text for text, _ in GOLDEN])).elements


@pytest.mark.parametrize("row", range(len(GOLDEN)), ids=[text for text, _ in GOLDEN])
def test_a_text_is_read_as_a_person_would(row: int, readings: pl.DataFrame) -> None:
    assert tell(readings, row) == GOLDEN[row][1]


@pytest.mark.parametrize(("text", "expected"), BY_RULES)
def test_the_rules_alone_read_a_text_as_a_person_would(text: str, expected: str) -> None:
    assert tell(read_addresses(as_texts([text])), 0) == expected


def test_the_golden_table_is_long_enough() -> None:
    assert len({text for text, _ in GOLDEN}) >= 300


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_spans_lie_in_their_texts_in_order_and_apart(texts: list[str]) -> None:
    read = read_addresses(as_texts(texts))
    ends: dict[int, int] = {}
    for row, start, end, *_ in read.iter_rows():
        assert ends.get(row, 0) <= start < end <= len(texts[row])
        ends[row] = end


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_both_readers_leave_spans_in_order_and_apart(texts: list[str]) -> None:
    read = Reader(load_model()).read(as_texts(texts)).elements
    ends: dict[int, int] = {}
    for row, start, end, *_ in read.iter_rows():
        assert ends.get(row, 0) <= start < end <= len(texts[row])
        ends[row] = end


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_the_order_of_rows_does_not_change_a_reading(texts: list[str]) -> None:
    forward = read_addresses(as_texts(texts))
    backward = read_addresses(as_texts(texts[::-1])).with_columns(
        row=(len(texts) - 1 - pl.col("row").cast(pl.Int64)).cast(pl.UInt32)
    )
    assert forward.equals(backward.sort("row", "start", maintain_order=True))


@pytest.mark.parametrize("bad", ["\ud800观前花园3幢", "a\udfff", "\ud83d\ude00"])
def test_a_lone_surrogate_becomes_one_replacement_character(bad: str) -> None:
    texts = as_texts([bad])
    assert len(texts[0]) == len(bad)
    read_addresses(texts)


def test_a_megabyte_costs_no_more_than_its_beginning() -> None:
    texts = as_texts(["临顿路88号" + "观" * 1_000_000, "(" * 1_000_000, "9-" * 500_000])
    assert (read_addresses(texts)["end"] <= 400).all()


def test_missing_and_empty_texts_have_no_elements() -> None:
    assert read_addresses(as_texts([None, "", "  "])).is_empty()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", 3),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("一百零八", 108),
        ("五零一", 501),
        ("两千三百", 2300),
        ("012", 12),
        ("三x", None),
        ("甲", None),
    ],
)
def test_numerals_are_read_in_every_writing(text: str, number: int | None) -> None:
    assert read_numeral(text) == number


OPENINGS = [
    "江苏省",
    "苏州市",
    "苏州",
    "姑苏区",
    "平江区",
    "平江街道",
    "吴中区",
    "木渎镇",
    "上海市",
    "浦东新区",
    "唐镇",
]
FOLLOWING = [
    "办事处",
    "居委会",
    "临顿路",
    "镇江路",
    "江",
    "桥",
    "新村",
    "路88号",
    "街道",
    "-",
    "南京路",
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([*OPENINGS, *FOLLOWING]), max_size=7).map("".join), max_size=6
    )
)
def test_what_is_remembered_of_openings_changes_no_division(texts: list[str]) -> None:
    for text in texts:
        known = [(s.start, s.end, s.division) for s in read_divisions(text)]
        # From another place nothing is remembered.
        anew = [(s.start - 1, s.end - 1, s.division) for s in read_divisions(f"|{text}", 1)]
        assert known == anew
