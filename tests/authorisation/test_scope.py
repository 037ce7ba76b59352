"""Every route × every role × in scope, out of scope, other purpose: from the route table itself."""

import re
from dataclasses import dataclass, field
from math import asinh, pi, radians, tan
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.authorisation.objects import (
    BEYOND,
    DISTRICT,
    IN_SCOPE,
    SCOPED,
    WHOLE,
    Things,
    address_of,
    make_things,
    names_of,
    scoped_kind,
    two_grids,
    unknown_like,
)
from tests.authorisation.table import ROUTES, find_address
from tests.authorisation.test_matrix import BACKEND, OPEN, SIGNED_IN, verb_of
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import VERBS, Role
from fangge.kernel import clock
from fangge.kernel.fields import open_vault
from fangge.registers.models.address import Address
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.rules.purposes import PURPOSES, fields_for

pytestmark = pytest.mark.django_db
FORBIDDEN, MISSING, OTHER_METHOD, SERVER_FAULT, OK = 403, 404, 405, 500, 200
ONCE = re.compile(r"[\w-]{24,}|\d+")
"""What differs from one answer to the next: tokens, and the number that was asked for."""


@dataclass
class Tried:
    """A role at work in one grid, a colleague of the same role in another, and what went wrong."""

    role: Role
    here: Client
    there: Client
    things: Things
    wrong: dict[str, object] = field(default_factory=dict)

    def places(self, kind: str) -> tuple[Any, Any] | None:
        """Give what is in scope and out of it; nothing where the role sees every one of a kind."""
        inside, outside = self.things[kind]
        if BEYOND.get(kind) in VERBS[self.role]:
            return None
        needs = IN_SCOPE.get(kind)
        return (inside if needs is None or needs in VERBS[self.role] else None), outside

    def may(self, route: str, method: str) -> bool:
        verb = verb_of(route, method)
        return verb == SIGNED_IN or verb in VERBS[self.role]


def send(
    client: Client,
    method: str,
    address: str,
    body: dict[str, str] | None = None,
    wants: dict[str, str] | None = None,
) -> Any:
    """Ask, and undo whatever that did."""
    with transaction.atomic():
        kind = {"content_type": "application/json"} if address.startswith("/api/") else {}
        answer: Any = (
            client.get(address, body or {}, headers=wants)
            if method == "GET"
            else client.post(address, body or {}, headers=wants, **kind)  # type: ignore[arg-type]
        )
        transaction.set_rollback(True)
    return answer


def told(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, ONCE.sub("", answer.content.decode(errors="replace"))


def sign_in(role: Role, area: Any, username: str) -> Client:
    make_staff(role, area=area, username=username)
    client = Client(raise_request_exception=False)
    client.force_login(StaffMember.objects.get(username=username), BACKEND)
    return client


def begin(role: Role) -> Tried:
    things = make_things(clock.now())
    own, other = two_grids()
    here = sign_in(role, own, f"scope-{role}")
    return Tried(role, here, sign_in(role, other, f"scope-other-{role}"), things)


def test_every_parameter_of_a_route_is_said_to_be_of_an_area_or_why_not() -> None:
    named = {
        name
        for route, held in ROUTES.items()
        if held not in OPEN
        for name in names_of(route)
        if name not in {"x", "y", "layer", "kind", "entry_id"} or route in SCOPED
    }
    untold = {name for name in named if name not in {*SCOPED, *DISTRICT, "kind", "entry_id"}}
    assert untold == set(), "say in tests/authorisation/objects.toml what it names"


@pytest.mark.parametrize("role", list(Role))
def test_scope_and_purpose_hold_on_every_route(role: Role) -> None:
    """What is out of scope is as if it never was; no page tells of it or of what is sealed."""
    tried = begin(role)
    try_scope(tried)
    try_pages(tried)
    try_purposes(tried)
    if "map.see" in VERBS[role]:
        try_tiles(tried)
    assert tried.wrong == {}


def try_scope(tried: Tried) -> None:
    for route, held in ROUTES.items():
        kind = scoped_kind(route)
        if held not in OPEN and kind:
            for method in ("GET", "POST"):
                _try_places(tried, route, kind, method)


def _try_places(tried: Tried, route: str, kind: str, method: str) -> None:
    places = tried.places(kind)
    if places is None:
        return
    inside, outside = places
    is_permitted = tried.may(route, method)
    wants = {} if is_permitted else {"accept": "application/json"}  # an error without its page
    out = told(send(tried.here, method, address_of(route, outside), wants=wants))
    if out[0] == OTHER_METHOD:
        return
    name = f"{tried.role}: {method} {route}"
    nowhere = told(send(tried.here, method, address_of(route, unknown_like(outside)), wants=wants))
    if out != nowhere:
        tried.wrong[f"{name}, out of scope"] = (out[0], nowhere[0])
    refusals = {MISSING} if is_permitted else {MISSING, FORBIDDEN}
    if out[0] not in refusals and (method == "GET" or out[0] == OK):
        tried.wrong[f"{name}, out of scope is not refused"] = out[0]
    if inside is None:
        return
    answer = send(tried.here, method, address_of(route, inside), wants=wants)
    if is_permitted:
        is_wrong = method == "GET" and answer.status_code == MISSING
    else:
        is_wrong = answer.status_code not in {MISSING, FORBIDDEN}
    if is_wrong or answer.status_code >= SERVER_FAULT:
        tried.wrong[f"{name}, in scope"] = answer.status_code


def plain_texts() -> set[str]:
    """Open every identifier and phone that the register holds."""
    vault = open_vault()
    return {
        vault.open(bytes(sealed), column=f"registers_resident.{name}", row=row)
        for name in ("identifier", "phone")
        for row, sealed in Resident.objects.exclude(**{f"{name}_sealed": None}).values_list(
            "pk", f"{name}_sealed"
        )
    }


def try_pages(tried: Tried) -> None:
    """Ask each page, list, export and suggestion for what a stranger to the area would look for."""
    things, role = tried.things, tried.role
    firm = Organisation.objects.get(pk=things["organisation"][1])
    place = Address.objects.get(pk=things["address"][1])
    resident = Resident.objects.get(pk=things["resident"][1])
    hidden = {firm.code, place.code, resident.code, things["case"][1]}
    sealed = plain_texts()
    asked = (firm.name, place.full_name)
    for route, held in ROUTES.items():
        if held in OPEN or not tried.may(route, "GET"):
            continue
        kind = scoped_kind(route)
        inside = (tried.places(kind) or (None, None))[0] if kind else None
        if route in WHOLE or (kind and inside is None):
            continue
        address = address_of(route, inside) if kind else find_address(route)
        wishes: list[dict[str, str]] = [{}]
        if not names_of(route):
            wishes += [{"q": one, "text": one, "format": "csv"} for one in asked]
        for wish in wishes:
            answer = send(tried.here, "GET", address, wish)
            if answer.get("Content-Type") == "text/event-stream":
                continue  # told as it happens: tests/fangge/cases/test_live.py
            words = set(re.findall(r"[A-Z0-9-]{8,}", answer.content.decode(errors="replace")))
            if found := words & (sealed | (hidden - set(wish.values()))):
                tried.wrong[f"{role}: GET {route} {wish}"] = found
            _check_cache(tried, route, address, wish, answer)


def _check_cache(
    tried: Tried, route: str, address: str, wish: dict[str, str], answer: HttpResponse
) -> None:
    """No shared cache keeps an answer, and what one reader was told stands in for nobody else."""
    if answer.status_code != OK:
        return
    kept = answer.headers.get("Cache-Control", "")
    is_own = "private" in kept or "no-store" in kept or "Cookie" in answer.headers.get("Vary", "")
    if not is_own or "public" in kept:
        tried.wrong[f"{tried.role}: {route} is kept by a shared cache"] = kept
    tag = answer.headers.get("ETag")
    if tag is not None:
        other = tried.there.get(address, wish)
        again = tried.there.get(address, wish, headers={"If-None-Match": tag})
        if again.status_code != OK and other.content != answer.content:
            tried.wrong[f"{tried.role}: {route} crosses from one reader to another"] = tag


PERSONAL = ("identifier", "phone")


def try_purposes(tried: Tried) -> None:
    """A purpose opens its own fields; another or none opens nothing."""
    (inside, outside), role = tried.things["resident"], tried.role
    resident, vault = Resident.objects.get(pk=inside), open_vault()
    texts = {
        name: vault.open(
            bytes(getattr(resident, f"{name}_sealed")),
            column=f"registers_resident.{name}",
            row=resident.pk,
        )
        for name in PERSONAL
    } | {"name": resident.name}
    page, elsewhere, nowhere = (
        reverse("registers:resident", kwargs={"resident_id": one})
        for one in (inside, outside, unknown_like(outside))
    )
    for purpose in (*PURPOSES, "another", ""):
        body = send(tried.here, "POST", page, {"purpose": purpose}).content.decode()
        shown = {name for name, text in texts.items() if text in body}
        opens = fields_for(purpose) if "residents.open" in VERBS[role] else frozenset[str]()
        if shown != opens & texts.keys():
            tried.wrong[f"{role}: {purpose or 'no purpose'}"] = (shown, set(opens))
        out, never = (
            told(send(tried.here, "POST", one, {"purpose": purpose}))
            for one in (elsewhere, nowhere)
        )
        if out != never or out[0] not in {MISSING, FORBIDDEN}:
            tried.wrong[f"{role}: {purpose or 'no purpose'}, out of scope"] = (out[0], never[0])


def try_tiles(tried: Tried) -> None:
    """A tile of another area is empty, also for who has its tag from a reader of that area."""
    things, role = tried.things, tried.role
    whole = sign_in(role, None, f"scope-whole-{role}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position[0], position[1] FROM registers_address WHERE id = %s",
            [things["building"][1]],
        )
        lon, lat = cursor.fetchone()
    tile = tile_at(lon, lat, zoom=20)
    for layer in ("address", "dwelling", "organisation"):
        where = reverse("registers:spot-tile", kwargs={"layer": layer, **tile})
        mine, all_of_it = tried.here.get(where), whole.get(where)
        if mine.status_code == OK and mine.content:
            tried.wrong[f"{role}: {layer}"] = len(mine.content)
        if layer == "address":
            assert all_of_it.content, "nothing stands there: choose another tile"
            again = tried.here.get(where, headers={"If-None-Match": all_of_it.headers["ETag"]})
            assert again.content == b""
            assert again.status_code == OK


def tile_at(lon: float, lat: float, *, zoom: int) -> dict[str, int]:
    n_tiles = 1 << zoom
    x = int((lon + 180) / 360 * n_tiles)
    y = int((1 - asinh(tan(radians(lat))) / pi) / 2 * n_tiles)
    return {"zoom": zoom, "x": x, "y": y}
