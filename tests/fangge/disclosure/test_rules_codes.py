"""The code that an export bears: read out, typed again, checked."""

from hypothesis import given
from hypothesis import strategies as st

from fangge.disclosure.rules.codes import LETTERS, read_code, write_code


@given(st.binary(min_size=8, max_size=8))
def test_a_code_is_read_as_it_is_typed(random: bytes) -> None:
    code = write_code(random)
    assert read_code(code) == code
    assert read_code(code.lower().replace("-", " ")) == code


@given(st.binary(min_size=8, max_size=8), st.sampled_from(LETTERS))
def test_what_is_no_code_is_nothing(random: bytes, letter: str) -> None:
    code = write_code(random)
    assert read_code(code[:-3]) == ""
    assert read_code("") == ""
    assert read_code(f"{code}{letter}") == ""
