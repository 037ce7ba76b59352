"""GeoReport v2: what a partner's program and a stranger get, and what they never get."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.cases.actions.transition import Doing, move_case
from fangge.cases.models.case import Case
from fangge.gateway.actions.keys import KeyUnfit, issue_key
from fangge.gateway.models import Call, PartnerKey, SentReport
from fangge.gateway.rules.keys import STRANGERS_A_MINUTE
from fangge.gateway.rules.requests import CallUnfit, read_wanted
from fangge.kernel import clock
from fangge.kernel.errors import Refused
from fangge.registers.models.address import Address

pytestmark = pytest.mark.django_db
ROOT = "/open311/v2"
WORDS = "张三丰家门口的垃圾没有人收，电话13900001111"


def issue(scopes: tuple[str, ...] = ("report", "follow"), most: int = 1000, **given: Any) -> str:
    facts: dict[str, Any] = {"name": "城市服务热线", "expires_at": None, "now": clock.now()} | given
    actor = make_staff(Role.SECURITY_ADMINISTRATOR, username=f"k{PartnerKey.objects.count()}")
    return issue_key(actor=actor, scopes=scopes, calls_a_minute=most, **facts).text


@pytest.fixture
def key() -> str:
    return issue()


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def place() -> Address:
    return Address.objects.filter(level="building", ends_on=None, grid__isnull=False)[0]


def room_in(building: Address) -> Address:
    return Address.objects.filter(building=building, level="room", ends_on=None)[0]


def send(client: Client, key: str, **given: Any) -> HttpResponse:
    facts = {"service_code": "litter", "description": WORDS, "api_key": key} | given
    answer: HttpResponse = client.post(f"{ROOT}/requests.json", facts)  # type: ignore[assignment]  # what the stubs call it
    return answer


def number_of(answer: HttpResponse) -> str:
    number: str = json.loads(answer.content)[0]["service_request_id"]
    return number


def test_services_and_their_attributes_are_told_in_both_forms(client: Client) -> None:
    told = client.get(f"{ROOT}/services.json").json()
    codes = {one["service_code"]: one for one in told}
    assert "litter" in codes
    assert "neighbours" not in codes  # a dispute is between its parties
    assert codes["road_damage"]["metadata"] is True
    page = client.get(f"{ROOT}/services.xml")
    assert page["Content-Type"] == "text/xml; charset=utf-8"
    tree = ET.fromstring(page.content)  # noqa: S314 - our own answer
    assert [one.findtext("service_code") for one in tree.iter("service")] == list(codes)
    definition = client.get(f"{ROOT}/services/road_damage.json").json()
    assert [value["key"] for value in definition["attributes"][0]["values"]] == ["no", "yes"]
    assert client.get(f"{ROOT}/services/family.json").status_code == 404


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/xml", "text/xml"),
        ("application/xml;q=0.9,application/json;q=0.1", "text/xml"),
    ],
)
def test_the_form_follows_what_the_client_takes(client: Client, accept: str, kind: str) -> None:
    answer = client.get(f"{ROOT}/services", headers={"accept": accept})
    assert answer["Content-Type"].startswith(kind)
    assert client.get(f"{ROOT}/discovery", headers={"accept": accept}).status_code == 200


def test_a_report_becomes_a_case_that_nobody_reads_the_words_of(
    client: Client, key: str, place: Address
) -> None:
    room = room_in(place)
    answer = send(client, key, address_id=room.code, phone="13900001111", last_name="张三丰")
    assert answer.status_code == 201, answer.content
    case = Case.objects.get(number=number_of(answer))
    assert (case.channel, case.address_id, case.grid_id) == ("open311", room.pk, room.grid_id)
    assert case.contact_sealed is not None
    shown = client.get(f"{ROOT}/requests/{case.number}.json")
    (told,) = shown.json()
    assert told["status"] == "open"
    assert told["address"] == place.full_name  # the building, never the room
    code = json.loads(answer.content)[0]["tracking_code"]
    (token,) = client.get(f"{ROOT}/tokens/{code}.json").json()
    assert token["service_request_id"] == case.number
    for form in ("json", "xml"):
        for path in (f"requests/{case.number}", "requests"):
            page = client.get(f"{ROOT}/{path}.{form}").content.decode()
            assert case.number in page
            assert not [word for word in ("张三丰", "13900001111", room.name, code) if word in page]


def test_what_is_inside_a_dwelling_shows_its_community_and_no_point(
    client: Client, key: str, place: Address
) -> None:
    answer = send(client, key, service_code="gas", address_id=place.code)
    (told,) = client.get(f"{ROOT}/requests/{number_of(answer)}.json").json()
    assert place.grid is not None
    assert place.grid.parent is not None
    assert (told["address"], told["lat"], told["long"]) == (place.grid.parent.name, None, None)


def test_a_case_found_to_be_a_dispute_is_public_no_more(client: Client, key: str) -> None:
    number = number_of(send(client, key, address_string="平江路88号"))
    centre = make_staff(Role.DISPATCHER, username="c-open")
    doing = Doing("accept", category="neighbours")
    move_case(actor=centre, number=number, doing=doing, seen=None, now=clock.now())
    assert client.get(f"{ROOT}/requests/{number}.json").status_code == 404
    listed = client.get(f"{ROOT}/requests.json", {"service_request_id": number})
    assert listed.json() == []
    own = client.get(f"{ROOT}/requests/{number}.json", {"api_key": key})
    assert own.json() == [{"service_request_id": number, "status": "open"}]
    other = issue()
    assert client.get(f"{ROOT}/requests/{number}.json", {"api_key": other}).status_code == 404


def test_the_same_report_sent_twice_is_one_case(client: Client, key: str) -> None:
    first = send(client, key, address_string="平江路2号")
    again = send(client, key, address_string="平江路2号")
    assert (first.status_code, again.status_code) == (201, 200)
    assert number_of(first) == number_of(again)
    own = {"address_string": "平江路3号", "client_request_id": "A-1"}
    numbers = {number_of(send(client, key, **own)) for _ in range(3)}
    assert len(numbers) == 1
    differs = send(client, key, **(own | {"description": "另一件事"}))
    assert differs.status_code == 409
    assert SentReport.objects.count() == 2
    other = send(client, issue(), **own)
    assert number_of(other) not in numbers


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"service_code": "moon"}, 404),
        ({"service_code": "family"}, 404),
        ({"description": ""}, 400),
        ({"description": "漏" * 4001}, 400),
        ({"lat": "north", "long": "1"}, 400),
        ({"lat": "nan", "long": "1"}, 400),
        ({"lat": "91", "long": "1"}, 400),
        ({"address_id": "nothing"}, 400),
        ({"attribute[colour]": "red"}, 400),
        ({"service_code": "road_damage"}, 400),
        ({"service_code": "road_damage", "attribute[hurt]": "maybe"}, 400),
        ({"media_url": "file:///etc/passwd"}, 400),
        ({"media_url": "gopher://127.0.0.1/"}, 400),
        ({"address_string": "长" * 201}, 400),
        ({"description": "a\x00b"}, 400),
    ],
)
def test_what_cannot_be_taken_is_refused_in_the_standards_words(
    client: Client, key: str, given: dict[str, str], status: int
) -> None:
    answer = send(client, key, **({"lat": "31.31", "long": "120.62"} | given))
    (error,) = json.loads(answer.content)
    assert (answer.status_code, error["code"]) == (status, str(status))
    assert error["description"]
    assert Case.objects.filter(channel="open311").count() == 0


def test_attributes_and_a_picture_go_to_the_desk_and_no_address_is_called(
    client: Client, key: str
) -> None:
    from fangge.cases.actions.reading import open_case

    given = {
        "service_code": "litter",
        "attribute[waste][]": ["bulky", "rubble"],
        "media_url": "http://169.254.169.254/latest/meta-data",
        "lat": "31.31",
        "long": "120.62",
    }
    answer = send(client, key, **given)
    assert answer.status_code == 201, answer.content
    centre = make_staff(Role.DISPATCHER, username="c-media")
    told = open_case(actor=centre, number=number_of(answer), now=clock.now()).told
    assert "垃圾种类：大件垃圾、装修垃圾" in told
    assert "http://169.254.169.254/latest/meta-data" in told


def test_a_key_is_needed_to_report_and_opens_only_its_scopes(client: Client) -> None:
    assert send(client, "").status_code == 403
    assert send(client, "fgk_" + "x" * 43).status_code == 403
    assert send(client, issue(("follow",)), address_string="平江路2号").status_code == 403
    key = issue()
    PartnerKey.objects.update(revoked_at=clock.now())
    assert send(client, key).status_code == 403
    over = issue(expires_at=clock.now() + timedelta(seconds=1))
    PartnerKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert send(client, over).status_code == 403
    assert Case.objects.filter(channel="open311").count() == 0


def test_calls_are_kept_counted_and_stopped(client: Client) -> None:
    key = issue(most=3)
    statuses = [client.get(f"{ROOT}/services.json", {"api_key": key}).status_code for _ in range(5)]
    assert statuses.count(200) == 3 or statuses.count(200) == 5  # a minute may have turned
    held = PartnerKey.objects.get()
    assert Call.objects.filter(key=held, what="services").count() >= 3
    stopped = 0
    for _ in range(2 * STRANGERS_A_MINUTE + 2):
        answer = client.get(f"{ROOT}/tokens/AAAAAAAAAA.json")
        stopped += answer.status_code == 429
        if stopped:
            assert int(answer["Retry-After"]) > 0
            break
    assert stopped


def test_a_key_is_kept_as_a_hash_and_shown_once(client: Client) -> None:
    make_staff(Role.SECURITY_ADMINISTRATOR, username="sec")
    from fangge.access.models import StaffMember

    client.force_login(
        StaffMember.objects.get(username="sec"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    typed = {"name": "热线", "scopes": ["report"], "calls": "60", "expires": ""}
    page = client.post("/gateway/keys", typed).content.decode()
    key = PartnerKey.objects.get()
    text = page.split('<code class="secret">')[1].split("<")[0]
    assert text.startswith(key.begins)
    assert text.encode() not in bytes(key.key_hash)
    assert text not in client.get("/gateway/keys").content.decode()
    assert client.post("/gateway/keys", typed | {"calls": "0"}).status_code == 422
    assert client.post("/gateway/keys", typed | {"expires": "2026-02-30"}).status_code == 422
    assert client.post(f"/gateway/keys/{key.pk}/revoke").status_code == 302
    assert client.post(f"/gateway/keys/{key.pk}/revoke").status_code == 409
    assert "已吊销" in client.get("/gateway/keys").content.decode()
    assert send(client, text).status_code == 403


def test_nobody_else_issues_a_key(noon: datetime) -> None:
    actor = make_staff(Role.DISPATCHER, username="d-key")
    with pytest.raises(Refused):
        issue_key(
            actor=actor, name="x", scopes=["report"], calls_a_minute=1, expires_at=None, now=noon
        )
    with pytest.raises(KeyUnfit):
        issue(("all",))


def test_requests_are_found_by_service_status_and_page(client: Client, key: str) -> None:
    numbers = [number_of(send(client, key, address_string=f"平江路{n}号")) for n in range(5)]
    everything = {"service_code": "litter,lighting", "status": "open", "page_size": "2"}
    seen: list[str] = []
    page = 1
    while True:
        answer = client.get(f"{ROOT}/requests.json", everything | {"page": str(page)})
        seen += [one["service_request_id"] for one in answer.json()]
        page += 1
        if "Link" not in answer:
            break
    assert seen[:5] == numbers[::-1]
    assert len(seen) == len(set(seen))
    closed = client.get(f"{ROOT}/requests.json", everything | {"status": "closed"}).json()
    assert not {one["service_request_id"] for one in closed} & set(numbers)
    long_ago = {"start_date": "2020-01-01T00:00:00Z"}
    assert client.get(f"{ROOT}/requests.json", long_ago).json() == []
    too_long = long_ago | {"end_date": "2021-01-01T00:00:00Z"}
    assert client.get(f"{ROOT}/requests.json", too_long).status_code == 400


def test_a_span_is_ninety_days_whichever_end_is_given(noon: datetime) -> None:
    days = timedelta(days=90)
    open_end = read_wanted({"start_date": "2026-01-01T00:00:00+08:00"}, now=noon)
    assert open_end.until - open_end.since == days
    assert read_wanted({}, now=noon).since == noon - days
    for bad in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday"):
        for name in ("start_date", "end_date"):
            try:
                wanted = read_wanted({name: bad}, now=noon)
            except CallUnfit:
                continue
            assert wanted.until - wanted.since <= days


def test_nothing_else_under_the_root_is_a_page(client: Client) -> None:
    answer = client.get(f"{ROOT}/things", headers={"accept": "text/xml"})
    assert answer.status_code == 404
    assert ET.fromstring(answer.content)[0].findtext("code") == "404"  # noqa: S314 - our own
    assert client.delete(f"{ROOT}/requests.json").status_code == 405
    assert client.post(f"{ROOT}/services.xml").status_code == 405


ODD = st.text(max_size=30) | st.sampled_from(["1e400", "-0", "９", "%00", "2026-13-45", "�"])
FIELDS = ("service_code", "service_request_id", "start_date", "end_date", "status", "page",
          "page_size", "lat", "long", "address_string", "address_id", "description", "media_url",
          "api_key", "client_request_id", "attribute[hurt]", "email")  # fmt: skip
PATHS = ("services", "services/road_damage", "requests", "requests/x-1", "tokens/AB", "discovery")


ADDRESSES = count(1)


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(PATHS),
    form=st.sampled_from(["", ".json", ".xml"]),
    typed=st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=6),
    is_post=st.booleans(),
)
def test_whatever_is_sent_the_answer_is_no_fault_of_the_server(
    *, path: str, form: str, typed: dict[str, str], is_post: bool
) -> None:
    n = next(ADDRESSES)
    client = Client(raise_request_exception=False, REMOTE_ADDR=f"10.1.{n // 250}.{n % 250}")
    key = issue(most=6000) if not PartnerKey.objects.exists() else "fgk_" + "y" * 43
    ask = client.post if is_post else client.get
    answer = ask(f"{ROOT}/{path}{form}", {"api_key": key} | typed)
    assert answer.status_code < 500
    if form == ".json":
        json.loads(answer.content)
    elif form == ".xml":
        ET.fromstring(answer.content)  # noqa: S314 - our own answer
