"""What a text means in a small register, and when that may be asserted."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.address.evaluation import score_matches
from fangge.engine.address.matching import (
    list_candidates,
    match_addresses,
    rank_addresses,
    rank_texts,
)
from fangge.engine.address.normalise import as_texts
from fangge.engine.address.register import Register

ROOM = "R1-88-E-B3-U2-F3-301"
CERTAIN = [
    ("江苏省苏州市姑苏区平江街道临顿路88号观前花园3幢2单元301室", ROOM),
    ("苏州市苏州市姑苏区临顿路88号观前花园3幢2单元301室", ROOM),
    ("平江区临顿路88号观前花园三号楼二单元301", ROOM),
    ("苏州市平江区观前花园3-2-301", ROOM),
    ("观前花园３幢２单元３０１室（出租）", ROOM),
    ("观前花园3栋2单元301，请电话联系", ROOM),
    ("临顿路88号3幢2单元301室", ROOM),
    ("临顿路八十八号三幢二单元三零一室", ROOM),
    ("临顿路88#观前花园3#2单元301", ROOM),
    ("临顿路88号观前花园3幢301室", ROOM),
    ("观前花园临顿路88号3幢2单元301室", ROOM),
    ("观前小区3幢2单元301室", ROOM),
    ("旧学前花园3-2-301", ROOM),
    ("临顿大路88号3座2单元301房", ROOM),
    ("观前花园甲幢2单元301室", ROOM),
    ("临顿路88号观前化园3幢2单元301室", ROOM),
    ("平江街道观前化园3幢2单元301室", ROOM),
    ("临敦路88号观前花园3幢2单元301室", ROOM),
    ("观前花园3幢2单元301室 张三 13812345678", ROOM),
    ("姑苏区平江街道观前社区观前花园3幢2单元301室", ROOM),
    ("观前花园3幢2单元3楼", "R1-88-E-B3-U2-F3"),
    ("观前花园3幢2单元", "R1-88-E-B3-U2"),
    ("观前花园3幢", "R1-88-E-B3"),
    ("临顿路88号观前花园", "R1-88-E"),
    ("观前花园1幢101", "R1-88-E-B1-F1-101"),
    ("观前花园1幢1单元101", "R1-88-E-B1-F1-101"),
    ("观前花园1-101", "R1-88-E-B1-F1-101"),
    ("三元一村3幢1单元101室", "R2-7-E-B3-U1-F1-101"),
    ("三元二村3幢1单元101室", "R2-9-E-B3-U1-F1-101"),
    ("临顿路90号绵华公寓1幢101", "R1-90-E-B1-F1-101"),
    ("虎丘街道莲香新村1幢101室", "R3-11-E-B1-F1-101"),
    ("山塘街11号莲香新村1幢101室", "R3-11-E-B1-F1-101"),
    ("山塘街11号1幢101室", "R3-11-E-B1-F1-101"),
    ("醋库巷35号1室", "R4-35-1"),
    ("醋库巷35号1", "R4-35-1"),
    ("醋库巷35号", "R4-35"),
    ("醋库巷三十五号", "R4-35"),
    ("醋库巷35#", "R4-35"),
    ("醋库巷35", "R4-35"),
    ("醋库巷15-1号", "R4-15-1"),
    ("醋库巷15之1号", "R4-15-1"),
    ("醋库巷14号", "R4-12"),
    ("双塔街道促库巷12号", "R4-12"),
    ("临顿路", "R1"),
    ("临顿路88号", "R1-88"),
]
DOUBTFUL = [
    ("观前化园3幢2单元301室", ROOM, "alone"),
    ("绵华公寓1幢101", "R1-90-E-B1-F1-101", "alone"),
    ("促库巷12号", "R4-12", "alone"),
    ("临顿路88号2-2-601生近", "R1-88", "building_unknown:2"),
    ("观前花园3幢2单元909室", "R1-88-E-B3-U2", "room_unknown:909"),
    ("观前花园3幢9单元301室", "R1-88-E-B3", "unit_unknown:9"),
    ("观前花园8幢301室", "R1-88-E", "building_unknown:8"),
    ("临顿路86号", "R1", "number_unknown:86"),
    ("临顿路90号观前花园3幢", "R1-88-E-B3", "number_disagrees:90"),
    ("新观前花园3幢", "R1-88-E-B3", "unread:新"),
    ("观前花园3幢对面", "R1-88-E-B3", "beside:对面"),
    ("临顿路88号隔壁", "R1-88", "beside:隔壁"),
    ("莲香新村1幢101室", "R2-11-E-B1-F1-101", "tied:2"),
]
UNFOUND = [
    "安徽省合肥市瑶海区临顿路88号",
    "苏州市吴中区木渎镇金山路88号",
    "南京市临顿路88号",
    "三元三村3幢101室",
    "没有这个花园3幢101室",
    "",
    "null",
    "13812345678",
]


def match(text: str | None, register: Register) -> dict[str, object]:
    return match_addresses(as_texts([text]), register).row(0, named=True)


@pytest.mark.parametrize(("text", "code"), CERTAIN)
def test_what_is_meant_is_found_and_asserted(text: str, code: str, register: Register) -> None:
    found = match(text, register)
    assert (found["code"], found["asserted"]) == (code, True)


@pytest.mark.parametrize(("text", "code", "reason"), DOUBTFUL)
def test_a_doubt_is_told_and_nothing_is_asserted(
    text: str, code: str, reason: str, register: Register
) -> None:
    found = match(text, register)
    assert (found["code"], found["asserted"]) == (code, False)
    assert reason in found["reasons"]  # type: ignore[operator]


@pytest.mark.parametrize("text", UNFOUND)
def test_what_is_not_in_the_register_is_not_found(text: str, register: Register) -> None:
    assert match(text, register)["code"] is None


DAMAGED = {
    "a homophone": ("平江街道官前花园3幢2单元301室", "sounds:官前花园=观前花园"),
    "a look-alike": ("临顿路88号观前花圆3幢2单元301室", "looks:观前花圆=观前花园"),
    "a wrong character": ("临顿路88号观前果园3幢2单元301室", "differs:观前果园=观前花园"),
    "a missing character": ("临顿路88号观前园3幢2单元301室", "differs:观前园=观前花园"),
    "a character too many": ("临顿路88号观前大花园3幢2单元301室", "differs:观前大花园=观前花园"),
    "two characters exchanged": ("临顿路88号前观花园3幢2单元301室", "swapped:前观花园=观前花园"),
    "the road misspelt": ("临敦路88号观前花园3幢2单元301室", "sounds:临敦路=临顿路"),
    "elements exchanged": ("观前花园3幢2单元301室临顿路88号", None),
    "the road missing": ("88号观前花园3幢2单元301室", None),
    "the number missing": ("临顿路观前花园3幢2单元301室", None),
    "the estate missing": ("临顿路88号3幢2单元301室", None),
    "the unit missing": ("临顿路88号观前花园3幢301室", None),
    "an old district": ("苏州市平江区临顿路88号观前花园3幢2单元301室", None),
    "an old name": ("旧学前花园3幢2单元301室", None),
    "another name": ("临顿大路88号观前小区甲幢2单元301室", None),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_text_survives_damage_and_tells_of_it(kind: str, register: Register) -> None:
    text, reason = DAMAGED[kind]
    found = match(text, register)
    assert (found["code"], found["asserted"]) == (ROOM, True)
    assert reason is None or reason in found["reasons"]  # type: ignore[operator]


@pytest.mark.parametrize("text", ["凤凰街3号", "凤凰街5号", "凤凰街7号", "凤凰街五号"])
def test_addresses_that_were_merged_lead_to_todays(text: str, register: Register) -> None:
    found = match(text, register)
    assert (found["code"], found["asserted"]) == ("R2-7", True)


def test_what_stands_at_a_merged_number_is_found_by_the_old_one(register: Register) -> None:
    found = match("凤凰街5号三元一村3幢1单元101室", register)
    assert (found["code"], found["asserted"]) == ("R2-7-E-B3-U1-F1-101", True)


def test_places_that_tie_are_all_listed_and_none_is_asserted(register: Register) -> None:
    found = list_candidates(as_texts(["莲香新村1幢101室"]), register)
    assert found["code"].to_list() == ["R2-11-E-B1-F1-101", "R3-11-E-B1-F1-101"]
    assert found["score"].n_unique() == 1
    assert not found["asserted"].any()
    assert all("tied:2" in reasons for reasons in found["reasons"])


def test_texts_are_ranked_in_one_pass_as_one_by_one(register: Register) -> None:
    texts = [*(text for text, _ in CERTAIN), *(text for text, _, _ in DOUBTFUL), "莲香", "", "花园"]
    one_by_one = [rank_addresses(text, register, 5) for text in texts]
    assert rank_texts(texts, register, 5) == one_by_one
    assert rank_texts([], register, 5) == []


def test_a_unit_that_is_not_said_is_left_open_where_several_have_the_room(
    register: Register,
) -> None:
    found = match("观前花园3幢101室", register)
    assert (found["code"], found["reasons"]) == ("R1-88-E-B3", ["unit_unsaid"])


def test_numbers_are_never_forgiven(register: Register) -> None:
    for text in ("三元五村3幢1单元101室", "临顿路89号观前花圆3幢"):
        assert not match(text, register)["asserted"]


def test_a_missing_text_is_a_row_without_a_match(register: Register) -> None:
    found = match_addresses(pl.Series([None, "观前花园", None], dtype=pl.String), register)
    assert found["code"].to_list() == [None, "R1-88-E", None]


def test_no_texts_give_no_rows(register: Register) -> None:
    assert match_addresses(pl.Series([], dtype=pl.String), register).height == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from([t for t, _ in CERTAIN]))))
def test_any_texts_in_any_order_have_the_same_matches(register: Register, texts: list[str]) -> None:
    forward = match_addresses(as_texts(texts), register)
    backward = match_addresses(as_texts(texts[::-1]), register)
    assert forward.height == len(texts)
    assert forward.equals(backward.reverse())


def test_typing_finds_places_by_a_part_of_their_name(register: Register) -> None:
    codes = [c.code for c in rank_addresses("莲香", register)]
    assert {"R2-11-E", "R3-11-E"} <= set(codes)


def test_the_match_comes_first_when_typing(register: Register) -> None:
    best = rank_addresses("观前花园3-2-301", register, n_most=3)[0]
    assert (best.code, best.level) == (ROOM, "room")
    assert best.full_name.endswith("观前花园3幢2单元301室")


@pytest.mark.parametrize("text", ["", "\ud800", "%_", "(", "\\", "a" * 5000])
def test_typing_anything_is_answered(text: str, register: Register) -> None:
    assert len(rank_addresses(text, register)) <= 10


def test_accuracy_counts_right_asserted_and_right_when_asserted() -> None:
    matched = pl.DataFrame({"code": ["a", "b", None, "c"], "asserted": [True, True, False, False]})
    accuracy = score_matches(matched, pl.Series(["a", "x", None, "d"]))
    assert accuracy.right_share == 0.5
    assert accuracy.asserted_share == 0.5
    assert accuracy.right_when_asserted_share == 0.5
