import dataclasses
from pathlib import Path

import pytest

from fangge.engine.synthesis.breakage import IN_LINES, IN_VALUES
from fangge.engine.synthesis.extracts import Generated
from fangge.engine.synthesis.noise import RATES, Rates

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "generated-district.md"


@pytest.mark.parametrize("kind", [field.name for field in dataclasses.fields(Rates)])
def test_the_page_tells_every_kind_of_noise_with_its_rates(kind: str) -> None:
    usual, hard = (f"{getattr(RATES[noise], kind):g}" for noise in ("usual", "hard"))
    assert f"| `{kind}` | {usual} | {hard} |" in PAGE.read_text(encoding="utf-8")


def test_the_page_tells_every_column_and_kind_of_damage(district: Generated) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("police", "health", "housing", "market", "agreements"):
        extract = getattr(district, name)
        assert not [column for column in extract.rows.columns if column not in page]
    assert ", ".join(district.truth.columns) in page
    assert not [kind for kind in IN_VALUES + IN_LINES if f"`{kind}`" not in page]
