"""The security page names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "security.md"


def test_every_test_that_the_security_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 40
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file()
        or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_attack_test_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = sorted((ROOT / "tests" / "attacks").glob("test_*.py"))
    assert [path.name for path in files if f"tests/attacks/{path.name}::" not in page] == []
