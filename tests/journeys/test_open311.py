"""Two clients that others wrote call the real server by GeoReport v2: one reads, one reports."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from georeport import GeoReport
from tests.makers import make_staff

from fangge.access.rules import Role

# `three` is of 2013 and asks for a name that Python 3 has under another: its one line that fails.
itertools.ifilter = filter  # type: ignore[attr-defined]
from three import Three  # noqa: E402 - needs the name above


@pytest.fixture
def key(site: str, django_db_blocker: Any) -> Iterator[str]:
    from fangge.gateway.actions.keys import issue_key
    from fangge.gateway.models import SentReport
    from fangge.kernel import clock

    with django_db_blocker.unblock():
        issued = issue_key(
            actor=make_staff(Role.SECURITY_ADMINISTRATOR, username="key-issuer"),
            name="市民热线",
            scopes=["report", "follow"],
            calls_a_minute=600,
            expires_at=None,
            now=clock.now(),
        )
    yield issued.text
    with django_db_blocker.unblock():
        SentReport.objects.all().delete()  # other tests take their cases away


def test_clients_of_others_find_services_report_and_follow(site: str, key: str) -> None:
    root = f"{site}/open311/v2"
    writer = Three(root, api_key=key, discovery=f"{root}/discovery.json")
    assert writer.discovery()["endpoints"][0]["url"] == root
    services = {one["service_code"]: one for one in writer.services()}
    assert writer.services("road_damage")["service_code"] == "road_damage"
    told = {
        "address": "平江路与白塔东路口",
        "description": "路面塌陷，有自行车摔倒",
        "name": "Zhang San",
        "phone": "13900001111",
        "lat": "31.3157",
        "long": "120.6308",
        "attribute[hurt]": "yes",
    }
    (sent,) = writer.post("road_damage", **told)
    (again,) = writer.post("road_damage", **told)
    number = sent["service_request_id"]
    assert again["service_request_id"] == number
    assert writer.token(sent["tracking_code"])[0]["service_request_id"] == number
    assert writer.request(number)[0]["status"] == "open"
    assert number in {one["service_request_id"] for one in writer.requests("road_damage", count=9)}
    (refused,) = writer.post("road_damage", description="x", api_key="wrong")
    assert refused["code"] == "403"
    for form in ("json", "xml"):
        reader = GeoReport(root, output_format=form)
        assert {one["service_code"] for one in reader.get_service_list()} == set(services)
        definition: Any = reader.get_service_definition("road_damage")
        assert definition["service_code"] == "road_damage"
        one = reader.get_service_request(number)
        assert (one["service_request_id"], one["status"]) == (number, "open")
        assert "13900001111" not in str(one)
        many: Any = reader.get_service_requests(service_request_id=number)
        assert (many if isinstance(many, dict) else many[0])["service_code"] == "road_damage"
