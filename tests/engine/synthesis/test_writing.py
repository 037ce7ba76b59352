import pytest

from fangge.engine.synthesis.writing import spell_number


@pytest.mark.parametrize(
    ("number", "spelt"),
    [
        (0, "零"),
        (7, "七"),
        (10, "十"),
        (15, "十五"),
        (20, "二十"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (305, "三百零五"),
        (1001, "一千零一"),
    ],
)
def test_numbers_are_spelt_as_people_say_them(number: int, spelt: str) -> None:
    assert spell_number(number) == spelt
