"""What is locked is pinned, hashed, installed, and under a licence that we take."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dependencies() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dependencies", ROOT / ".ci" / "dependencies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_lock_is_pinned_with_hashes_and_names_no_index(dependencies: ModuleType) -> None:
    assert list(dependencies.find_lock_faults()) == []


def test_what_is_installed_is_what_is_locked(dependencies: ModuleType) -> None:
    assert list(dependencies.find_installed_faults()) == []


def test_every_licence_is_permissive_or_taken_with_a_reason(dependencies: ModuleType) -> None:
    assert list(dependencies.find_licence_faults()) == []
    dependencies.TAKEN.clear()
    assert any("psycopg is under LGPL" in one for one in dependencies.find_licence_faults())


@pytest.mark.parametrize(
    "line",
    ["django>=5", "django==5.2", "--index-url somewhere", "django==5.2 --hash=md5:abc",
     "django @ file:///django.whl"],
)  # fmt: skip
def test_a_lock_that_is_open_is_told(
    dependencies: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text(f"{line}\n", encoding="utf-8")
    monkeypatch.setattr(dependencies, "ROOT", tmp_path)
    assert len(list(dependencies.find_lock_faults())) == 1
