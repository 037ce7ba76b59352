"""A count of persons is shown through `disclosure` alone: every other place says why not."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fangge"
COUNTS = tomllib.loads((Path(__file__).parent / "counts.toml").read_text(encoding="utf-8"))
APPS = (
    "audit", "areas", "access", "retention", "disclosure", "registers", "fieldwork", "fusion",
    "cases", "portal", "gateway", "insight",
)  # fmt: skip
SQL = re.compile(r"\b(count|sum)\s*\(", re.IGNORECASE)
GUARD = "fangge.disclosure.queries.counts"


def counts_in(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(SQL.search(node.value))
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    is_method = isinstance(called, ast.Attribute) and called.attr == "count" and not node.args
    return is_method or (isinstance(called, ast.Name) and called.id in {"Count", "Sum"})


def walk_counts(path: Path) -> Iterator[str]:
    """Name each function, or each assignment of a module, that counts in the database."""
    name = path.relative_to(SOURCE).with_suffix("").as_posix()
    for part in ast.parse(path.read_text(encoding="utf-8")).body:
        if any(map(counts_in, ast.walk(part))) and not is_only_a_docstring(part):
            yield f"{name}::{title_of(part)}"


def is_only_a_docstring(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr)


def title_of(part: ast.stmt) -> str:
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return part.name
    targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", part)]
    return ",".join(ast.unparse(one) for one in targets)


def test_every_place_that_counts_is_protected_or_says_why_it_need_not_be() -> None:
    found = {
        place
        for app in APPS
        for path in sorted((SOURCE / app).rglob("*.py"))
        if "migrations" not in path.parts
        for place in walk_counts(path)
    }
    listed = {place for group in COUNTS.values() for place in group}
    assert found - listed == set(), "use disclosure.queries.counts, or say in counts.toml why not"
    assert listed - found == set(), "counts no more: take it off counts.toml"


def test_what_is_listed_as_protected_asks_for_the_guard() -> None:
    """The count is guarded where it is made, or by the one file that reads it."""
    for place, reader in COUNTS["protected"].items():
        guarded = place.split("::")[0] if reader == "itself" else reader
        text = (SOURCE / f"{guarded}.py").read_text(encoding="utf-8")
        assert GUARD in text, f"{guarded} does not ask {GUARD}"
        if reader != "itself":
            named = re.compile(rf"\b{place.split('::')[1]}\(")
            users = [
                path.relative_to(SOURCE).with_suffix("").as_posix()
                for path in SOURCE.rglob("*.py")
                if named.search(path.read_text(encoding="utf-8"))
            ]
            assert sorted(users) == sorted([place.split("::")[0], reader])


def test_the_threshold_stands_in_one_place() -> None:
    """Nobody else has a least count of persons of their own."""
    named = re.compile(r"SMALLEST_(COUNT|SHOWN)")
    users = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }
    assert users == {"config/settings.py", "disclosure/queries/counts.py"}
