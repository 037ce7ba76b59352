"""Every route × every role, from the route table itself: a route without an entry fails."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import reverse
from tests.authorisation.table import PATTERNS, ROUTES, find_address
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import VERBS, Role

BACKEND = "django.contrib.auth.backends.ModelBackend"
OPEN = ("public", "resident")
"""Routes without a verb: everybody's, and those of a resident's visit, which no role opens."""
SIGNED_IN = "signed-in"
"""The verb of routes that everybody who has signed in may use for themselves."""
NOT_THERE, NOT_YOURS, OTHER_METHOD, SERVER_FAULT = 404, 403, 405, 500


def try_route(client: Client, route: str) -> dict[str, int]:
    """Ask with both methods, and undo whatever that did; what is not offered is left out."""
    address = find_address(route)
    body = {"texts": ["临顿路88号"], "q": "路"}
    kind = "application/json" if route.startswith("api") else MULTIPART_CONTENT
    statuses = {}
    with transaction.atomic():
        statuses["GET"] = client.get(address, {"q": "路"}).status_code
        transaction.set_rollback(True)
    with transaction.atomic():
        statuses["POST"] = client.post(address, body, kind).status_code
        transaction.set_rollback(True)
    return {method: status for method, status in statuses.items() if status != OTHER_METHOD}


def verb_of(route: str, method: str) -> str:
    held = ROUTES[route]
    return held if isinstance(held, str) else held[method]


def sign_in(role: Role) -> Client:
    make_staff(role, username=f"matrix-{role}")
    client = Client(raise_request_exception=False)
    client.force_login(StaffMember.objects.get(username=f"matrix-{role}"), BACKEND)
    return client


def test_every_route_has_its_verb_and_every_verb_its_route() -> None:
    assert set(ROUTES) == set(PATTERNS), "add the route to tests/authorisation/routes.toml"
    known = frozenset[str]().union(*VERBS.values())
    used = {verb_of(route, method) for route in ROUTES for method in ("GET", "POST")}
    assert used - {*OPEN, SIGNED_IN} <= known


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_its_verbs_open_and_nothing_else(role: Role) -> None:
    client = sign_in(role)
    wrong = {}
    for route, held in ROUTES.items():
        for method, status in try_route(client, route).items() if held not in OPEN else ():
            verb = verb_of(route, method)
            is_permitted = verb == SIGNED_IN or verb in VERBS[role]
            is_right = status != NOT_YOURS if is_permitted else status in {NOT_THERE, NOT_YOURS}
            if status >= SERVER_FAULT or not is_right:
                wrong[f"{method} {route}"] = (verb, is_permitted, status)
    assert wrong == {}


@pytest.mark.django_db
def test_no_role_opens_the_pages_of_a_residents_visit() -> None:
    clients = [Client(raise_request_exception=False), sign_in(Role.STEWARD)]
    wrong = {}
    for route in (route for route, held in ROUTES.items() if held == "resident"):
        for client in clients:
            statuses = try_route(client, route)
            if not set(statuses.values()) <= {302, 401}:
                wrong[route] = statuses
    assert wrong == {}


@pytest.mark.django_db
def test_a_stranger_is_sent_to_sign_in() -> None:
    client = Client(raise_request_exception=False)
    wrong = {}
    for route, held in ROUTES.items():
        statuses = {} if held in OPEN else try_route(client, route)
        if not set(statuses.values()) <= {302, 401, NOT_YOURS}:
            wrong[route] = statuses
    assert wrong == {}


@pytest.mark.django_db
def test_what_is_out_of_scope_does_not_exist() -> None:
    """A grid worker of one grid asks for residents, buildings and firms of another."""
    from fangge.areas.models import Area

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(grid_id), max(grid_id) FROM registers_address WHERE grid_id IS NOT NULL"
        )
        own, other = cursor.fetchone()
        assert own != other
        asked = []
        for route, table, name in (
            ("registers:building", "registers_address", "building_id"),
            ("registers:organisation", "registers_organisation", "organisation_id"),
        ):
            level = "AND level = 'building'" if table == "registers_address" else ""
            cursor.execute(
                f"SELECT min(id) FROM {table} WHERE grid_id = %s {level}",  # noqa: S608 - ours
                [other],
            )
            asked.append(reverse(route, kwargs={name: cursor.fetchone()[0]}))
        cursor.execute(
            "SELECT min(resident_id) FROM registers_occupancy WHERE grid_id = %s "
            "AND resident_id NOT IN (SELECT resident_id FROM registers_occupancy "
            "WHERE grid_id = %s AND resident_id IS NOT NULL)",
            [other, own],
        )
        asked.append(reverse("registers:resident", kwargs={"resident_id": cursor.fetchone()[0]}))
    make_staff(Role.GRID_WORKER, area=Area.objects.get(pk=own), username="matrix-scoped")
    client = Client(raise_request_exception=False)
    client.force_login(StaffMember.objects.get(username="matrix-scoped"), BACKEND)
    assert [client.get(address).status_code for address in asked] == [NOT_THERE] * len(asked)
