"""Which name in a text may stand for which address, and what texts are the same."""

import polars as pl
import pytest

from fangge.registers.rules.acts import acts_for, fault_of_name, fresh_code, may_stand_below
from fangge.registers.rules.corrections import (
    Naming,
    Span,
    Step,
    may_name,
    propose_namings,
    standard_wording,
    text_key,
    text_keys,
)

ROAD, NUMBER = Step(1, "road", "临顿路"), Step(2, "number", "88号")
ESTATE, BUILDING = Step(3, "estate", "观前花园"), Step(4, "building", "3幢")
FLOOR, ROOM = Step(5, "floor", "5层"), Step(6, "room", "501室")
PATH = [ROAD, NUMBER, ESTATE, BUILDING, FLOOR, ROOM]


def spans(text: str, **parts: str) -> list[Span]:
    return [
        Span(kind, text.index(part), text.index(part) + len(part)) for kind, part in parts.items()
    ]


def test_texts_are_the_same_whatever_their_width_and_spaces() -> None:
    assert text_key(" 观前花园 ３幢501") == text_key("观前花园3幢501\u3000")
    assert text_key("\x00观前\ud800") == "观前?"
    assert text_keys(pl.Series(["观前 花园３幢", None])).to_list() == ["观前花园3幢", None]


@pytest.mark.parametrize(
    ("n_steps", "wording"),
    [
        (1, "临顿路"),
        (2, "临顿路88号"),
        (3, "观前花园"),
        (4, "观前花园3幢"),
        (6, "观前花园3幢501室"),
    ],
)
def test_an_address_is_named_with_what_it_belongs_to(n_steps: int, wording: str) -> None:
    assert standard_wording(PATH[:n_steps]) == wording


def test_another_name_of_the_estate_is_proposed() -> None:
    text = "观前苑3幢501"
    found = propose_namings(text, spans(text, estate="观前苑", building="3幢"), [], PATH)
    assert found == [Naming("观前苑", 3)]


def test_another_number_is_proposed_with_its_road_or_estate() -> None:
    text = "临顿路86号观前花园甲幢"
    read = spans(text, road="临顿路", number="86号", estate="观前花园", building="甲幢")
    found = propose_namings(text, read, [], PATH)
    assert found == [Naming("临顿路86号", 2), Naming("观前花园甲幢", 4)]


def test_what_the_engine_could_not_read_is_proposed_for_the_estate() -> None:
    found = propose_namings("老茶馆3幢501", [], ["unread:老茶馆", "site_unknown"], PATH)
    assert found == [Naming("老茶馆", 3)]
    found = propose_namings("观钱花园3幢", [], ["sounds:观钱花园=观前花园"], PATH)
    assert found == [Naming("观钱花园", 3)]


@pytest.mark.parametrize(
    ("wording", "level", "may"),
    [
        ("观前苑", "estate", True),
        ("观", "estate", False),
        ("3幢", "building", False),
        ("观前苑3幢", "building", True),
        ("观前苑3幢501", "room", False),
        ("别处", "estate", False),
    ],
)
def test_a_name_stands_in_the_text_and_is_more_than_a_number(
    wording: str, level: str, *, may: bool
) -> None:
    assert may_name("观前苑3幢501", wording, level) is may


@pytest.mark.parametrize(
    ("level", "name", "fault"),
    [
        ("estate", "新雅兰庭", ""),
        ("number", "12号", ""),
        ("number", "12", "ending"),
        ("room", "5 01室", "unfit"),
        ("unit", "", "empty"),
    ],
)
def test_a_name_fits_its_level(level: str, name: str, fault: str) -> None:
    assert fault_of_name(level, name) == fault


def test_a_level_has_its_own_acts_and_parents() -> None:
    assert acts_for("road", has_below=True) == ("rename", "merge", "retire")
    assert "divide" in acts_for("building", has_below=True)
    assert "divide" not in acts_for("building", has_below=False)
    assert may_stand_below("room", "floor")
    assert not may_stand_below("estate", "building")


def test_a_fresh_code_was_nobodys() -> None:
    assert fresh_code("A1", frozenset()) == "A1-N1"
    assert fresh_code("A1", frozenset({"A1-N1", "A1-N2"})) == "A1-N3"
    assert len(fresh_code("A" * 40, frozenset())) <= 40
