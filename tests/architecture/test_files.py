"""Files are small, say what they hold, and speak Chinese where people read."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [p for p in sorted((ROOT / "src").rglob("*.py")) if "migrations" not in p.parts]
CODE = SOURCES + sorted((ROOT / "tests").rglob("*.py"))
APPS = (
    "config",
    "access",
    "areas",
    "registers",
    "fieldwork",
    "fusion",
    "cases",
    "gateway",
    "insight",
    "portal",
    "retention",
    "disclosure",
)
MOST_LINES = 400
PLURAL = re.compile(r"{%\s*blocktranslate count.*?%}(.*?){%\s*plural\s*%}", re.DOTALL)
BLOCK = re.compile(r"{%\s*blocktranslate(?! count).*?%}(.*?){%\s*endblocktranslate", re.DOTALL)
PLAIN = re.compile(r"{%\s*translate ([\"'])(.*?)\1")
IN_CODE = re.compile(r"\b_\(\s*([\"'])(.*?)\1")


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short_and_says_what_it_holds(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py":
        assert text == "", "every __init__.py is empty"
        return
    assert text.count("\n") <= MOST_LINES, "split it by what people do"
    if "tests" not in path.parts:  # a test's name is enough
        assert ast.get_docstring(ast.parse(text)), "one line saying what is here"


@pytest.mark.parametrize("app", APPS)
def test_every_text_on_a_screen_has_its_chinese(app: str) -> None:
    folder = ROOT / "src" / "fangge" / app
    said: set[str] = set()
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        said |= {found for _, found in PLAIN.findall(text)}
        for found in PLURAL.findall(text) + BLOCK.findall(text):
            said.add(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", found))
    for path in folder.rglob("*.py"):
        said |= {found for _, found in IN_CODE.findall(path.read_text(encoding="utf-8"))}
    held = set()
    catalogues = [folder / "locale", ROOT / "src" / "fangge" / "config" / "locale"]
    for catalogue in catalogues:
        for path in catalogue.rglob("django.po"):
            text = path.read_text(encoding="utf-8")
            entries = re.findall(
                r'^msgid "(.*)"\n(?:msgid_plural.*\n)?msgstr(?:\[0\])? "(.+)"', text, re.MULTILINE
            )
            held |= {key.replace('\\"', '"') for key, _ in entries}
    assert said <= held, sorted(said - held)


def test_every_command_is_in_the_reference() -> None:
    from fangge.command.main import COMMANDS

    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert not [name for name in COMMANDS if f"`fangge {name}" not in page]


def test_no_name_of_an_index_or_of_a_machine_is_written_down() -> None:
    patterns = re.compile(r"https?://[^\s]*pypi|/work/|registry\.npmjs|files\.pythonhosted")
    named = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".md", ".toml", ".txt", ".in", ".html", ".js", ""}
        and not {".git", ".venv", ".fangge", ".hypothesis", "vendor"}
        & set(path.relative_to(ROOT).parts)
        and path != Path(__file__).resolve()
        and not any(part.endswith("_cache") for part in path.parts)
        and patterns.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert not named
