import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.test import Client
from pytest_django import Settings
from tests.makers import PASSWORD, make_staff

from fangge.access.actions.second_factor import (
    CodeWrong,
    LastFactor,
    enrol_code_maker,
    make_recovery_codes,
    remove_code_maker,
    reseal_code_makers,
    use_code,
)
from fangge.access.adapters.codes import SECONDS, find_step, make_secret, read_secret
from fangge.access.models import CodeMaker, RecoveryCode, StaffMember, StaffSession
from fangge.access.queries import actor_for
from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.kernel import clock

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=SECONDS)


def code_of(secret: bytes, *, steps: int = 1) -> str:
    """Give what the app shows, some steps from now: its clock may be that fast."""
    at = int((clock.now() + steps * STEP).timestamp())
    return TOTP(secret, 6, SHA1(), SECONDS).generate(at).decode()  # noqa: S303 - as the apps do


def person(username: str = "test-steward") -> StaffMember:
    return StaffMember.objects.get(username=username)


def enter(username: str = "test-steward") -> Client:
    client = Client()
    client.post("/access/sign-in", {"username": username, "password": PASSWORD})
    return client


def enrol(staff: StaffMember) -> bytes:
    secret, now = make_secret(), clock.now()
    enrol_code_maker(
        actor=actor_for(staff, now=now),
        staff=staff,
        secret=secret,
        code=code_of(secret, steps=0),
        now=now,
    )
    return secret


@pytest.fixture
def secret() -> bytes:
    make_staff(Role.STEWARD)
    return enrol(person())


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, cut to six digits."""
    from datetime import UTC, datetime

    secret = b"12345678901234567890"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        now = datetime.fromtimestamp(seconds, tz=UTC)
        assert find_step(secret, code, after=0, now=now) == seconds // SECONDS
        assert find_step(secret, code, after=seconds // SECONDS, now=now) is None


def test_a_role_that_needs_it_enrols_at_the_door_and_sees_nothing_before(
    settings: Settings,
) -> None:
    settings.SECOND_FACTOR_ROLES = frozenset({"steward"})
    make_staff(Role.STEWARD)
    client = enter()
    door = "/access/account/second-factor"
    for path in ("/", "/registers/map", "/access/account", "/access/sign-ins"):
        assert client.get(path).headers["Location"] == door, path
    assert client.post("/api/addresses/parse", {}, "application/json").status_code == 403
    page = client.get("/access/account/code").content.decode()
    assert "data:image/svg+xml" in page
    spelt = re.search(r'<code class="secret">([A-Z2-7 ]+)<', page)
    assert spelt is not None
    secret = read_secret(spelt[1].replace(" ", ""))
    assert client.post("/access/account/code", {"code": "000000"}).status_code == 422
    answer = client.post("/access/account/code", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/access/account/recovery-codes"
    assert client.get("/").status_code == 200
    assert bytes(CodeMaker.objects.get().secret).find(secret) < 0


def test_roles_that_do_not_need_it_go_in_without(settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = frozenset({"steward"})
    make_staff(Role.ANALYST)
    assert enter("test-analyst").get("/").status_code == 200


def test_a_password_alone_no_longer_opens_what_a_code_guards(secret: bytes) -> None:
    client = enter()
    assert client.get("/").status_code == 302
    assert StaffSession.objects.count() == 0
    assert client.post("/access/sign-in/second", {"code": "123456"}).status_code == 422
    assert client.get("/").status_code == 302
    right = {"code": code_of(secret)}
    assert client.post("/access/sign-in/second", right).status_code == 302
    assert client.get("/").status_code == 200
    again = enter().post("/access/sign-in/second", right)
    assert again.status_code == 422, "a code opens once"


def test_five_wrong_codes_lock_the_account(secret: bytes) -> None:
    client = enter()
    statuses = [
        client.post("/access/sign-in/second", {"code": f"00000{n}"}).status_code for n in range(5)
    ]
    assert statuses == [422] * 4 + [429]
    right = {"code": code_of(secret)}
    assert client.post("/access/sign-in/second", right).status_code == 429


def test_the_second_step_waits_ten_minutes_and_not_longer(secret: bytes) -> None:
    client = enter()
    session = client.session
    entering = session["entering"]
    entering["at"] = (clock.now() - timedelta(minutes=11)).isoformat()
    session["entering"] = entering
    session.save()
    answer = client.post("/access/sign-in/second", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/access/sign-in"


def test_recovery_codes_are_shown_once_kept_as_hashes_and_open_once(secret: bytes) -> None:
    client = enter()
    client.post("/access/sign-in/second", {"code": code_of(secret)})
    codes = re.findall(
        r"<code>([a-z0-9-]{14})</code>",
        client.post("/access/account/recovery-codes").content.decode(),
    )
    assert len(set(codes)) == 10
    assert codes[0] not in client.get("/access/account/recovery-codes").content.decode()
    assert codes[0] not in str(list(RecoveryCode.objects.values()))
    other = enter()
    assert other.post("/access/sign-in/second", {"code": codes[0].upper()}).status_code == 302
    assert enter().post("/access/sign-in/second", {"code": codes[0]}).status_code == 422
    assert Entry.objects.filter(verb="recovery_codes.use", subject_id="test-steward").exists()


def test_taking_a_factor_away_asks_again_who_is_there(secret: bytes) -> None:
    client = enter()
    client.post("/access/sign-in/second", {"code": code_of(secret)})
    session = client.session
    session["confirmed_at"] = 0.0
    session.save()
    answer = client.post("/access/account/code/remove")
    assert answer.headers["Location"].startswith("/access/confirm")
    assert CodeMaker.objects.exists()
    assert client.post("/access/confirm", {"password": "wrong"}).status_code == 422
    assert client.post("/access/confirm", {"password": PASSWORD}).status_code == 302
    client.post("/access/account/code/remove")
    assert not CodeMaker.objects.exists()
    verbs = Entry.objects.filter(subject_id="test-steward").values_list("verb", flat=True)
    assert {"second_factors.enrol", "second_factors.remove"} <= set(verbs)


def test_the_last_factor_of_a_role_that_needs_one_stays(secret: bytes, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = frozenset({"steward"})
    staff, now = person(), clock.now()
    with pytest.raises(LastFactor):
        remove_code_maker(actor=actor_for(staff, now=now), staff=staff, now=now)


def test_the_security_administrator_resets_a_lost_factor_and_leaves_a_trail(
    secret: bytes,
) -> None:
    make_recovery_codes(actor=actor_for(person(), now=clock.now()), staff=person(), now=clock.now())
    client = enter()
    client.post("/access/sign-in/second", {"code": code_of(secret)})
    make_staff(Role.SECURITY_ADMINISTRATOR)
    keeper = enter("test-security_administrator")
    assert keeper.post(f"/access/sign-ins/{person().pk}/second-factor").status_code == 302
    assert not CodeMaker.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert client.get("/").status_code == 302
    entry = Entry.objects.get(verb="second_factors.reset")
    assert (entry.actor, entry.subject_id) == ("staff:test-security_administrator", "test-steward")


def test_enrolling_ends_sessions_that_came_without(settings: Settings) -> None:
    make_staff(Role.STEWARD)
    here, elsewhere = enter(), enter()
    page = here.get("/access/account/code").content.decode()
    spelt = re.search(r'<code class="secret">([A-Z2-7 ]+)<', page)
    assert spelt is not None
    secret = read_secret(spelt[1].replace(" ", ""))
    here.post("/access/account/code", {"code": code_of(secret)})
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


class WithAnotherKey:
    def __init__(self, held: dict[int, str]) -> None:
        self.held = held | {len(held) + 1: f"aes:{(make_secret() + make_secret()[:12]).hex()}"}

    def keys(self) -> dict[int, str]:
        return self.held


def test_a_secret_is_sealed_anew_with_the_newest_key(secret: bytes, settings: Settings) -> None:
    assert reseal_code_makers() == 0
    settings.SEALING_KEYS = WithAnotherKey(settings.SEALING_KEYS.keys())
    assert reseal_code_makers() == 1
    assert reseal_code_makers() == 0
    with pytest.raises(CodeWrong):
        use_code(staff=person(), code="999999", now=clock.now())
    assert use_code(staff=person(), code=code_of(secret), now=clock.now()) == "code"


def test_a_passkey_that_nobody_enrolled_opens_nothing() -> None:
    client = Client()
    assert "publicKey" in client.post("/access/sign-in/passkey").json()
    for body in ("{}", "[]", "x", '{"id": "AA", "rawId": "AA", "response": {}}'):
        answer = client.post("/access/sign-in/passkey/enter", body, "application/json")
        assert answer.status_code == 422
