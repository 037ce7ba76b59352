"""The JSON face against its own description: what Schemathesis makes of it, role by role."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.attacks.visitors import enter
from tests.fangge.portal.visiting import residents, visit_as

from fangge.access.rules import Role
from fangge.config.wsgi import application
from fangge.kernel import clock
from fangge.portal.rules.codes import COOKIE

EXAMPLES = 4
TOKEN = "a" * 32
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the test's connection over requests, as Django's own client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def ask_everything(cookies: dict[str, str]) -> set[int]:
    """Ask each operation what its description allows and what it does not; give the statuses."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    cookies = {**cookies, "csrftoken": TOKEN}
    statuses: set[int] = set()
    for found in schema.get_all_operations():
        operation = cast("Ok[Any]", found).ok()
        for mode in GenerationMode:
            cases = operation.as_strategy(generation_mode=mode)

            @given(case=cases)
            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def ask(case: Any) -> None:
                answer = case.call(cookies=cookies, headers={"X-CSRFToken": TOKEN})
                statuses.add(answer.status_code)
                case.validate_response(answer, checks=CHECKS)

            ask()
    return statuses


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_the_json_face_keeps_to_its_description_for_every_role(role: Role) -> None:
    client = enter(role)
    held = {name: morsel.value for name, morsel in client.cookies.items()}
    assert 401 in ask_everything(held)


@pytest.mark.django_db
def test_the_json_face_keeps_to_its_description_for_a_resident_and_a_stranger() -> None:
    (resident,) = residents(1)
    token, _visit = visit_as(resident, clock.now())
    assert 200 in ask_everything({COOKIE: token})
    assert ask_everything({}) <= {401, 403, 404, 422}


def test_the_description_names_every_refusal() -> None:
    page = json.loads(Client().get("/api/openapi.json").content)
    for path, methods in page["paths"].items():
        for method, operation in methods.items():
            assert {"401", "422"} <= set(operation["responses"]), (method, path)
