"""What the site fetches, and what exact search gives away by its time."""

import hmac
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.fangge.portal.visiting import number_of, residents

from fangge.registers.queries.own import is_identified_by

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fangge"
FETCHES = re.compile(
    r"\brequests\.(?:get|post|request|Session)|urlopen\(|http\.client|httpx|aiohttp|socket\.create"
    r"|authlib\.integrations"
)


def test_the_site_fetches_nothing_but_from_the_office_that_its_settings_name() -> None:
    fetching = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if not path.relative_to(SOURCE).as_posix().startswith(("command/", "engine/"))
        and FETCHES.search(path.read_text(encoding="utf-8"))
    }
    assert fetching == {"access/adapters/office.py"}
    text = (SOURCE / "access" / "adapters" / "office.py").read_text(encoding="utf-8")
    assert "settings.OFFICE" in text
    assert not re.search(r"request\.(?:GET|POST)", text)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the keyed hashes that Python makes."""
    made: list[str] = []
    new = hmac.new

    def count(key: bytes, text: bytes, kind: Any) -> hmac.HMAC:
        made.append("hash")
        return new(key, text, kind)

    monkeypatch.setattr(hmac, "new", count)
    return made


@pytest.mark.django_db
def test_an_exact_search_costs_one_keyed_hash_whatever_was_typed(hashed: list[str]) -> None:
    (resident,) = residents(1)
    number = number_of(resident)
    for typed in (number, number[:-1], "0" * 18, "", "9" * 10_000):
        hashed.clear()
        is_identified_by(resident, typed)
        assert hashed == ["hash"]


@pytest.mark.django_db
def test_codes_that_open_nothing_cost_the_same_at_the_door() -> None:
    costs = []
    Client().post("/own/", {"code": "", "last": ""})  # a network's first also sweeps old counts
    for code in ("AAAA-AAAA-AAAA", "Z" * 12, ""):
        with CaptureQueriesContext(connection) as asked:
            Client().post("/own/", {"code": code, "last": "0000"})
        costs.append(len(asked))
    assert len(set(costs)) == 1
