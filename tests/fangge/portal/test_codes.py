from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from tests.fangge.portal.visiting import issue_to, number_of, officer, residents, visit_as

from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.portal.actions.codes import CodeRefused, DocumentDiffers, enter, issue_code, leave
from fangge.portal.models.code import AccessCode, Visit
from fangge.portal.queries.visits import visit_of

pytestmark = pytest.mark.django_db


def test_a_code_needs_the_resident_and_the_document_of_the_register(noon: datetime) -> None:
    resident, other = residents()
    for document, is_present in ((number_of(other), True), (number_of(resident), False)):
        with pytest.raises(DocumentDiffers):
            issue_code(
                actor=officer(),
                resident_id=resident.pk,
                document=document,
                is_present=is_present,
                now=noon,
            )
    assert not AccessCode.objects.exists()


def test_a_code_is_kept_as_a_keyed_hash_and_leaves_an_entry(noon: datetime) -> None:
    (resident,) = residents(1)
    plain = issue_to(resident, noon).replace("-", "").encode()
    held = AccessCode.objects.get()
    assert plain not in bytes(held.code_hash) + bytes(held.last_hash)
    kept = Entry.objects.get(verb="codes.issue")
    assert (kept.subject_id, kept.purpose) == (resident.code, "own_request")


def test_a_code_opens_once_for_half_an_hour_and_ends_after_five_wrong_tries(
    noon: datetime,
) -> None:
    (resident,) = residents(1)
    last = number_of(resident)[-4:]
    once = issue_to(resident, noon)
    enter(code=once, last=last, now=noon)
    with pytest.raises(CodeRefused):
        enter(code=once, last=last, now=noon)
    late = issue_to(resident, noon)
    with pytest.raises(CodeRefused):
        enter(code=late, last=last, now=noon + timedelta(minutes=31))
    tried = issue_to(resident, noon)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            enter(code=tried, last="0000", now=noon)
    with pytest.raises(CodeRefused):
        enter(code=tried, last=last, now=noon)


def test_a_new_code_ends_the_one_before(noon: datetime) -> None:
    (resident,) = residents(1)
    last = number_of(resident)[-4:]
    first, second = issue_to(resident, noon), issue_to(resident, noon)
    with pytest.raises(CodeRefused):
        enter(code=first, last=last, now=noon)
    assert enter(code=second, last=last, now=noon)


def test_a_network_that_tries_too_many_wrong_codes_waits_and_others_do_not(
    settings: Settings,
) -> None:
    settings.DOOR_TRIES = 3
    resident, other = residents()
    code, another = issue_to(resident, clock.now()), issue_to(other, clock.now())
    client, door = Client(), reverse("portal:door")

    def come(code: str, last: str, network: str) -> int:
        return client.post(door, {"code": code, "last": last}, REMOTE_ADDR=network).status_code

    assert [come(f"WRONG-0000{n}", "0000", f"10.0.0.{n}") for n in range(5)] == [403] * 3 + [
        429
    ] * 2
    right = number_of(resident)[-4:]
    assert come(code, right, "10.0.0.9") == 429
    answer = client.post(door, {"code": code, "last": right}, REMOTE_ADDR="10.0.0.9")
    assert 0 < int(answer["Retry-After"]) <= 901
    assert "本网络输错次数过多" in answer.content.decode()
    assert come(another, number_of(other)[-4:], "10.0.1.9") == 302
    assert AccessCode.objects.get(resident_id=resident.pk).n_tries == 0


def test_a_visit_ends_after_a_quarter_of_an_hour_or_when_left(noon: datetime) -> None:
    (resident,) = residents(1)
    token, _ = visit_as(resident, noon)
    assert visit_of(token, now=noon + timedelta(minutes=14))
    assert visit_of(token, now=noon + timedelta(minutes=15)) is None
    leave(token=token, now=noon + timedelta(minutes=1))
    assert visit_of(token, now=noon + timedelta(minutes=2)) is None
    assert token.encode() not in bytes(Visit.objects.get().token_hash)


def test_the_door_sets_a_cookie_of_its_own_and_keeps_pages_out_of_indexes() -> None:
    (resident,) = residents(1)
    code = issue_to(resident, clock.now())
    client = Client()
    door = reverse("portal:door")
    assert client.post(door, {"code": code, "last": "9999"}).status_code == 403
    response = client.post(door, {"code": code.lower(), "last": number_of(resident)[-4:]})
    cookie = response.cookies["fangge_resident"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", 900)
    assert "fangge_session" not in client.cookies
    page = client.get(reverse("portal:looks"))
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Cache-Control"] == "no-store"
    assert client.get(reverse("insight:home")).status_code == 302
