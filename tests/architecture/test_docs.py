"""Docs that agree with the code."""

import re
from pathlib import Path

from fangge.command.docs import write_pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def test_the_generated_pages_are_those_of_this_code() -> None:
    for name, text in write_pages().items():
        held = (DOCS / "reference" / name).read_text(encoding="utf-8")
        assert held == text, f"{name} is old: run `make docs`"


def test_every_setting_read_from_the_environment_is_documented() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    source = (ROOT / "src" / "fangge" / "config" / "settings.py").read_text(encoding="utf-8")
    named = set(re.findall(r'environ(?:\.get)?[\[(]"([A-Z_]+)"', source))
    assert not {name for name in named if f"`{name}`" not in page}


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
