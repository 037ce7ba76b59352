from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff

from fangge.access.actions.passwords import OwnSignIn, reset_password
from fangge.access.actions.staff import register_staff
from fangge.access.models import PastPassword, StaffMember, StaffSession
from fangge.access.queries import actor_for
from fangge.access.rules import PasswordAge, Role, count_kinds
from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.kernel.actor import system_actor

pytestmark = pytest.mark.django_db
GOOD = "Bridge-over-water-8"


def person(username: str = "test-steward") -> StaffMember:
    return StaffMember.objects.get(username=username)


def enter(username: str, password: str) -> Client:
    client = Client()
    client.post("/access/sign-in", {"username": username, "password": password})
    return client


def take(client: Client, current: str, fresh: str) -> int:
    form = {"current": current, "fresh": fresh, "again": fresh}
    return client.post("/access/account/password", form).status_code


@pytest.fixture
def steward() -> Client:
    make_staff(Role.STEWARD)
    return enter("test-steward", PASSWORD)


@pytest.mark.parametrize(
    ("password", "n_kinds"), [("abc", 1), ("abC1", 3), ("桥-Ab1", 4), ("", 0), ("12345", 1)]
)
def test_kinds_of_characters_are_counted(password: str, n_kinds: int) -> None:
    assert count_kinds(password) == n_kinds


@pytest.mark.parametrize(
    "bad",
    ["Short-1", "onlysmallletters", "password123", "Test-steward-1"],
    ids=["short", "one kind", "common", "like the name"],
)
def test_a_weak_password_is_not_taken(steward: Client, bad: str) -> None:
    assert take(steward, PASSWORD, bad) == 422
    assert person().check_password(PASSWORD)


def test_the_last_five_passwords_are_not_taken_again(steward: Client) -> None:
    passwords = [PASSWORD, *(f"Bridge-over-water-{n}" for n in "bcdef")]
    for current, fresh in pairwise(passwords):
        assert take(steward, current, fresh) == 302
    assert take(steward, passwords[-1], passwords[-1]) == 422
    assert take(steward, passwords[-1], passwords[1]) == 422
    assert take(steward, passwords[-1], passwords[0]) == 302
    assert PastPassword.objects.filter(staff=person()).count() == 5
    assert not any(PASSWORD in held.hash for held in PastPassword.objects.all())


def test_a_change_ends_the_other_sessions_and_keeps_this_one(steward: Client) -> None:
    other = enter("test-steward", PASSWORD)
    assert take(steward, PASSWORD, GOOD) == 302
    assert steward.get("/access/account").status_code == 200
    assert other.get("/access/account").status_code == 302
    endings = StaffSession.objects.filter(staff=person()).values_list("ending", flat=True)
    assert sorted(endings) == ["", "password_changed"]
    assert Entry.objects.filter(verb="passwords.change", subject_id="test-steward").exists()


def test_a_wrong_current_password_changes_nothing_and_counts(steward: Client) -> None:
    assert [take(steward, "wrong", GOOD) for _ in range(5)] == [422] * 4 + [429]
    assert take(steward, PASSWORD, GOOD) == 429
    assert person().check_password(PASSWORD)


@pytest.mark.parametrize("path", ["/", "/registers/map", "/fusion/sources/", "/access/account"])
def test_an_administrators_password_opens_only_the_page_to_change_it(path: str) -> None:
    make_staff(Role.STEWARD)
    register_staff(
        actor=system_actor("test", verbs=("staff.assign",)),
        username="test-steward",
        name="测试",
        password=PASSWORD,
        now=clock.now(),
    )
    client = enter("test-steward", PASSWORD)
    assert client.get(path).headers["Location"] == "/access/account/password"
    assert client.post("/api/addresses/parse", {}, "application/json").status_code == 403
    assert take(client, PASSWORD, GOOD) == 302
    assert client.get(path).status_code == 200


def test_a_password_of_ninety_days_must_be_changed_and_is_told_of_before(steward: Client) -> None:
    StaffMember.objects.update(password_set_at=clock.now() - timedelta(days=84))
    told = enter("test-steward", PASSWORD).get("/").content.decode()
    assert "密码须在 6 天内修改" in told
    StaffMember.objects.update(password_set_at=clock.now() - timedelta(days=90))
    assert steward.get("/").headers["Location"] == "/access/account/password"


def test_the_age_of_a_password_is_counted_to_the_day() -> None:
    now = clock.now()
    age = PasswordAge(most=timedelta(days=90), warned=timedelta(days=7))
    assert not age.is_over(set_at=now - timedelta(days=89), now=now)
    assert age.is_over(set_at=now - timedelta(days=90), now=now)
    assert not age.is_near(set_at=now - timedelta(days=82), now=now)
    assert age.is_near(set_at=now - timedelta(days=83), now=now)


def test_the_security_administrator_gives_a_password_that_is_shown_once(steward: Client) -> None:
    make_staff(Role.SECURITY_ADMINISTRATOR)
    keeper = enter("test-security_administrator", PASSWORD)
    page = f"/access/sign-ins/{person().pk}"
    told = keeper.post(f"{page}/password").content.decode()
    password = told.split('<code class="secret">')[1].split("<")[0]
    assert password not in keeper.get(page).content.decode()
    assert steward.get("/").status_code == 302
    client = enter("test-steward", password)
    assert client.get("/").headers["Location"] == "/access/account/password"
    entry = Entry.objects.get(verb="passwords.reset")
    assert (entry.actor, entry.subject_id) == ("staff:test-security_administrator", "test-steward")
    assert password not in str(list(Entry.objects.values()))


def test_nobody_resets_their_own_sign_in() -> None:
    make_staff(Role.SECURITY_ADMINISTRATOR)
    keeper = person("test-security_administrator")
    with pytest.raises(OwnSignIn):
        reset_password(
            actor=actor_for(keeper, now=clock.now()), staff_id=keeper.pk, now=clock.now()
        )
