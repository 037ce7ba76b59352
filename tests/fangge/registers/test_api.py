"""Addresses as JSON: who may ask, what comes back, and what a refusal says."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.awkward import AWKWARD
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.config.api import api
from fangge.registers.models.address import Address

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
SNAPSHOT = Path(__file__).resolve().parents[3] / "docs" / "reference" / "openapi.json"


def sign_in(role: Role, *, area: Area | None = None) -> Client:
    make_staff(role, area=area)
    client = Client()
    client.force_login(StaffMember.objects.get(username=f"test-{role}"), BACKEND)
    return client


def post(client: Client, path: str, body: object) -> Any:
    return client.post(f"/api/addresses/{path}", json.dumps(body), "application/json")


def a_room() -> Address:
    return Address.objects.filter(level="room", full_name__contains="单元").order_by("id")[0]


def test_the_openapi_file_is_the_one_in_the_docs(client: Client) -> None:
    served = json.loads(client.get("/api/openapi.json").content)
    assert served == json.loads(SNAPSHOT.read_text(encoding="utf-8")), "run `make docs`"
    assert served == json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))


def test_texts_are_read_as_the_command_writes_them() -> None:
    room = a_room()
    answer = post(sign_in(Role.ANALYST), "parse", {"texts": [room.full_name, ""]})
    first, empty = answer.json()["texts"]
    assert first["text"] == room.full_name
    assert first["reader"] in {"rules", "tagger"}
    assert [element["kind"] for element in first["elements"]][-2:] == ["unit", "room"]
    assert set(first["elements"][0]) == {"start", "end", "kind", "normal", "confidence"}
    assert empty["elements"] == []


def test_texts_are_matched_with_reasons_in_codes_and_words() -> None:
    room = a_room()
    missing = room.full_name.replace(room.name, "9999室")
    answer = post(sign_in(Role.ANALYST), "match", {"texts": [room.full_name, missing]})
    sure, unsure = answer.json()["texts"]
    assert sure["asserted"]
    assert sure["candidates"][0]["code"] == room.code
    assert not unsure["asserted"]
    assert unsure["candidates"][0]["reasons"] == ["room_unknown:9999"]
    assert unsure["candidates"][0]["in_words"] == ["登记册中该处没有 9999 室，只匹配到上一级"]


def test_candidates_are_those_that_the_reader_may_see() -> None:
    grid = Area.objects.filter(kind="grid").order_by("code")[0]
    beyond = Address.objects.filter(level="room").exclude(grid=grid).order_by("id")[0]
    client = sign_in(Role.GRID_WORKER, area=grid)
    found = post(client, "match", {"texts": [beyond.full_name], "n_most": 1}).json()["texts"][0]
    assert (found["candidates"], found["asserted"]) == ([], False)
    assert client.get(f"/api/addresses/{beyond.code}").status_code == 404


def test_a_code_gives_the_address_with_its_life() -> None:
    room = a_room()
    client = sign_in(Role.ANALYST)
    told = client.get(f"/api/addresses/{room.code}").json()
    assert (told["full_name"], told["successors"], told["acts"]) == (room.full_name, [], [])
    then = client.get(f"/api/addresses/{room.code}?on=2026-11-25").json()
    assert then["name_then"] == room.full_name
    early = client.get(f"/api/addresses/{room.code}?on=1900-01-01")
    assert (early.status_code, early.json()["error"]) == (404, "EntryMissing")


@pytest.mark.parametrize(
    ("body", "row", "said"),
    [
        ({"texts": ["a", 7]}, 1, "valid string"),
        ({"texts": ["a", None]}, 1, "valid string"),
        ({"texts": ["a", "\ud800"]}, 1, "valid string"),
        ({"texts": ["观" * 1001]}, 0, "at most 1000 characters"),
        ({"texts": ["a"] * 1001}, None, "at most 1000 items"),
        ({"texts": "a"}, None, "valid list"),
        ({}, None, "required"),
    ],
)
def test_a_refusal_names_the_row_and_the_reason(
    body: dict[str, object], row: int | None, said: str
) -> None:
    answer = post(sign_in(Role.ANALYST), "parse", body)
    told = answer.json()
    assert answer.status_code == 422
    assert said in told["detail"]
    assert told["rows"][0].get("row") == row


@pytest.mark.parametrize("path", ["parse", "match"])
def test_any_text_has_an_answer(path: str) -> None:
    texts = [text for text in AWKWARD.values() if len(text) <= 1000]
    answer = post(sign_in(Role.ANALYST), path, {"texts": texts})
    assert answer.status_code == 200
    assert len(answer.json()["texts"]) == len(texts)


def test_strangers_forgers_and_those_without_the_verb_are_refused() -> None:
    assert post(Client(), "parse", {"texts": []}).status_code == 401
    assert post(sign_in(Role.AUDITOR), "parse", {"texts": []}).status_code == 403
    signed_in = sign_in(Role.ANALYST)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    assert post(signed_in, "parse", {"texts": ["a"]}).status_code == 200
    assert post(strict, "parse", {"texts": ["a"]}).status_code == 403


def test_hostile_texts_are_read_like_any_other() -> None:
    texts = [
        "",
        "😀" * 50,
        "\u202e<script>alert(1)</script>",
        "'; DROP TABLE x;--",
        "\x00\x07",
    ]
    for path in ("parse", "match"):
        answer = post(sign_in(Role.ANALYST), path, {"texts": texts})
        assert [one["text"] for one in answer.json()["texts"]] == texts
