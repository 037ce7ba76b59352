"""Requests that somebody forged, bent or sent on: CSRF, host header, open redirect, odd values."""

import pytest
from django.db import transaction
from django.test import Client
from tests.attacks.visitors import enter
from tests.authorisation.table import PATTERNS, ROUTES, find_address
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role

pytestmark = pytest.mark.django_db
ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "/\\elsewhere.example",
    "javascript:x",
)
NAMES = (
    "q", "text", "after", "before", "since", "state", "area", "address", "address_id", "record",
    "version", "purpose", "level", "rule", "source", "resident", "event", "kind", "pair", "on",
    "lon", "lat", "register", "day", "username", "names", "wording", "part", "format", "mine",
)  # fmt: skip
ODD = {"superscript": "²", "nul": "a\x00b", "huge": "9" * 40, "quote": "'--", "parts": "a~1"}


def test_a_post_without_a_token_is_refused_on_every_route() -> None:
    client = enter(strict=True)
    passed = {}
    for route in ROUTES:
        answer = client.post(find_address(route), {"texts": "x"})
        is_refused = answer.status_code == 403 and b"CSRF" in answer.content
        # What the JSON face only reads takes no POST at all.
        is_read_only = route.startswith("api-") and answer.status_code == 405
        # A partner's program says who it is by its key, never by a cookie.
        is_keyed = route.startswith("gateway:") and answer.status_code in {403, 404, 405}
        if not is_refused and not is_read_only and not is_keyed:
            passed[route] = answer.status_code
    assert passed == {}


def test_a_strangers_sign_in_and_a_residents_door_need_a_token_too() -> None:
    client = Client(enforce_csrf_checks=True)
    make_staff(Role.STEWARD)
    typed = {"username": "test-steward", "password": PASSWORD}
    assert client.post("/access/sign-in", typed).status_code == 403
    assert client.post(find_address("portal:door"), {"code": "x"}).status_code == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("host", ["elsewhere.example", "localhost.elsewhere.example", "a b"])
def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/access/sign-in", headers={"host": host}).status_code == 400


def test_a_forwarded_host_changes_no_link() -> None:
    page = Client().get("/access/sign-in", headers={"x-forwarded-host": "elsewhere.example"})
    assert b"elsewhere.example" not in page.content


@pytest.mark.parametrize("there", ELSEWHERE)
def test_no_way_on_leads_to_another_site(there: str) -> None:
    make_staff(Role.STEWARD)
    client = Client()
    typed = {"username": "test-steward", "password": PASSWORD}
    entered = client.post(f"/access/sign-in?next={there}", typed | {"next": there})
    assert entered.headers["Location"] == "/"
    told = client.post("/i18n/setlang/", {"language": "en", "next": there})
    assert told.headers["Location"] == "/"
    confirmed = client.post(f"/access/confirm?next={there}", {"password": PASSWORD})
    assert "elsewhere" not in confirmed.headers.get("Location", "")


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_value_in_any_field_is_no_fault_of_the_server(kind: str) -> None:
    client = enter()
    broken = {}
    for route in PATTERNS:
        address = find_address(route)
        with transaction.atomic():
            answer = client.get(address, dict.fromkeys(NAMES, ODD[kind]))
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            broken[route] = answer.status_code
    assert broken == {}


def test_pages_forbid_frames_foreign_scripts_and_guessed_types() -> None:
    headers = enter().get("/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert "unsafe" not in scripts
    assert "*" not in scripts
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
