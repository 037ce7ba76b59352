from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.test import Client
from joserfc.jwk import RSAKey
from pytest_django import Settings
from tests.fangge.access.provider import CLIENT, SECRET, Provider, run_provider
from tests.makers import PASSWORD, make_staff

from fangge.access.models import Assignment, StaffMember, StaffSession
from fangge.access.rules import Role
from fangge.audit.models import Entry

pytestmark = pytest.mark.django_db
BACK = "/access/sign-in/office/back"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, settings: Settings) -> Provider:
    settings.OFFICE = {
        "issuer": running.issuer,
        "client": CLIENT,
        "claim": "preferred_username",
        "name": "统一门户",
    }
    settings.OFFICE_SECRET = SECRET
    running.claims = {"preferred_username": "test-steward", "name": "陈"}
    running.signing_key, running.named_issuer, running.lifetime = None, "", 300
    running.denies = False
    make_staff(Role.STEWARD)
    return running


def go(client: Client, *, target: str = "") -> str:
    """Go to the provider as a browser does, and give where it sends the browser back to."""
    there = client.get(f"/access/sign-in/office?{urlencode({'next': target})}").headers["Location"]
    back = requests.get(there, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def test_who_is_registered_comes_in_with_a_code_and_pkce(provider: Provider) -> None:
    client = Client()
    there = client.get("/access/sign-in/office?next=/registers/map").headers["Location"]
    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["response_type"] == ["code"]
    back = requests.get(there, allow_redirects=False, timeout=10).headers["Location"]
    answer = client.get(back[back.index(BACK) :])
    assert answer.headers["Location"] == "/registers/map"
    assert client.get("/registers/map").status_code == 200
    assert StaffSession.objects.get().way == "office"
    entry = Entry.objects.get(verb="sign_ins.in")
    assert entry.reason.startswith("office")


def test_nobody_is_registered_by_coming(provider: Provider) -> None:
    provider.claims = {"preferred_username": "a-stranger"}
    n_before = (StaffMember.objects.count(), Assignment.objects.count())
    client = Client()
    answer = client.get(go(client))
    assert answer.status_code == 403
    assert "a-stranger" in answer.content.decode()
    assert "安全管理员" in answer.content.decode()
    assert (StaffMember.objects.count(), Assignment.objects.count()) == n_before
    assert client.get("/").status_code == 302
    assert Entry.objects.filter(verb="sign_ins.not_registered", subject_id="unknown").exists()


def test_who_is_suspended_stays_out(provider: Provider) -> None:
    StaffMember.objects.update(is_active=False)
    client = Client()
    assert client.get(go(client)).status_code == 403


def test_another_claim_may_carry_the_name(provider: Provider, settings: Settings) -> None:
    settings.OFFICE = settings.OFFICE | {"claim": "employee"}
    client = Client()
    assert client.get(go(client)).status_code == 403
    provider.claims = {"employee": "test-steward"}
    assert client.get(go(client)).status_code == 302


@pytest.mark.parametrize("bent", ["key", "issuer", "expired", "state", "denied", "nonce"])
def test_what_does_not_hold_opens_nothing(provider: Provider, bent: str) -> None:
    if bent == "key":
        provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    elif bent == "issuer":
        provider.named_issuer = "https://elsewhere.example"
    elif bent == "expired":
        provider.lifetime = -3600
    elif bent == "denied":
        provider.denies = True
    client = Client()
    back = go(client)
    if bent == "state":
        client = Client()
    if bent == "nonce":
        for code in provider.codes.values():
            code.nonce = "another"
    answer = client.get(back)
    assert answer.status_code == 403
    assert "未予确认" in answer.content.decode()
    assert client.get("/").status_code == 302
    assert Entry.objects.filter(verb="sign_ins.refused").exists()


def test_a_code_is_worth_nothing_without_its_verifier(provider: Provider) -> None:
    client = Client()
    back = go(client)
    stolen = parse_qs(urlsplit(back).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": stolen,
        "redirect_uri": f"http://testserver{BACK}",
        "code_verifier": "x" * 43,
    }
    answer = requests.post(f"{provider.issuer}/token", data=form, auth=(CLIENT, SECRET), timeout=10)
    assert answer.status_code == 400


def test_an_office_that_is_away_is_told(settings: Settings) -> None:
    settings.OFFICE = {"issuer": "http://127.0.0.1:9", "client": "x", "claim": "sub", "name": ""}
    answer = Client().get("/access/sign-in/office")
    assert answer.status_code == 502
    assert "没有响应" in answer.content.decode()


def test_the_way_on_after_the_office_stays_on_this_site(provider: Provider) -> None:
    client = Client()
    answer = client.get(go(client, target="https://elsewhere.example/"))
    assert answer.headers["Location"] == "/"


def test_people_sign_out_here_and_at_the_office(provider: Provider) -> None:
    client = Client()
    client.get(go(client))
    page = client.post("/access/sign-out", follow=True).content.decode()
    assert "/access/sign-in/office/leave" in page
    assert client.get("/").status_code == 302
    there = client.get("/access/sign-in/office/leave").headers["Location"]
    back = requests.get(there, allow_redirects=False, timeout=10).headers["Location"]
    assert back == "http://testserver/access/sign-in"
    assert provider.n_signed_out == 1


def test_where_no_office_is_set_there_is_no_such_way() -> None:
    assert "office" not in Client().get("/access/sign-in").content.decode()
    assert Client().get("/access/sign-in/office").headers["Location"] == "/access/sign-in"
    assert Client().get(BACK).headers["Location"] == "/access/sign-in"


def test_an_old_password_does_not_stop_who_comes_by_the_office(provider: Provider) -> None:
    StaffMember.objects.update(password_is_temporary=True)
    client = Client()
    client.get(go(client))
    assert client.get("/").status_code == 200
    by_password = Client()
    by_password.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    assert by_password.get("/").status_code == 302
