"""What the engine says by codes is said in words, in both languages."""

import re

import pytest
from django.utils import translation

from fangge.engine.address import findings
from fangge.engine.address.elements import Kind
from fangge.engine.address.registered import REASONS as WHYS
from fangge.registers.queries.wording import REASONS, say_kind, say_reason, say_why

CODES = sorted({*findings.REASONS[1:], "tied", *REASONS})
HAN = re.compile("[\u4e00-\u9fff]")


def say_in(language: str, say: object, code: str) -> str:
    assert callable(say)
    with translation.override(language):
        return str(say(code))


@pytest.mark.parametrize("argument", ["", ":501"])
@pytest.mark.parametrize("code", CODES)
def test_each_reason_of_a_match_is_a_sentence(code: str, argument: str) -> None:
    english = say_in("en", say_reason, code + argument)
    chinese = say_in("zh-hans", say_reason, code + argument)
    assert " " in english
    assert "_" not in english
    assert HAN.search(chinese)


@pytest.mark.parametrize("why", WHYS)
def test_each_choice_of_a_reader_is_a_sentence(why: str) -> None:
    assert say_in("en", say_why, why).endswith(".")
    assert HAN.search(say_in("zh-hans", say_why, why))


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_of_an_element_has_a_name(kind: Kind) -> None:
    assert say_in("en", say_kind, kind.value) != kind.value
    assert HAN.search(say_in("zh-hans", say_kind, kind.value))
