import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import get_hasher
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client
from tests.hashing import QuickHasher
from tests.makers import LONG_AGO, PASSWORD, make_staff

from fangge.access.actions.staff import assign_role
from fangge.access.models import SignInTry, StaffMember, StaffSession
from fangge.access.rules import Limits, Role, name_device, name_network
from fangge.audit.models import Entry
from fangge.kernel import clock
from fangge.kernel.actor import system_actor

pytestmark = pytest.mark.django_db
WRONG = "not-the-bridge-7"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def enter(username: str = "test-steward", password: str = PASSWORD, agent: str = CHROME) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/access/sign-in", {"username": username, "password": password})
    return client


@pytest.fixture
def steward() -> Client:
    make_staff(Role.STEWARD)
    return enter()


def age(*, idle: timedelta = timedelta(), whole: timedelta = timedelta()) -> None:
    """Let every session be as old, as if that time had gone by."""
    StaffSession.objects.update(
        last_seen_at=F("last_seen_at") - idle, started_at=F("started_at") - idle - whole
    )


def verbs_about(username: str) -> list[str]:
    held = Entry.objects.filter(subject_kind="staff", subject_id=username).order_by("id")
    return list(held.values_list("verb", flat=True))


def test_a_session_ends_after_fifteen_idle_minutes_and_says_so(steward: Client) -> None:
    age(idle=timedelta(minutes=14))
    assert steward.get("/").status_code == 200
    age(idle=timedelta(minutes=14))
    assert steward.get("/").status_code == 200
    age(idle=timedelta(minutes=15))
    answer = steward.get("/", follow=True)
    assert "一段时间没有操作" in answer.content.decode()
    assert StaffSession.objects.get().ending == "idle"
    assert "sessions.end" in verbs_about("test-steward")


def test_what_a_page_asks_by_itself_does_not_keep_a_session(steward: Client) -> None:
    age(idle=timedelta(minutes=14))
    told = steward.get("/access/account/seconds-left", headers={"x-background": "1"}).json()
    assert 50 <= told["seconds"] <= 60
    age(idle=timedelta(minutes=1))
    assert steward.get("/", headers={"x-background": "1"}).status_code == 302


def test_who_says_that_they_are_there_goes_on(steward: Client) -> None:
    age(idle=timedelta(minutes=14))
    assert steward.post("/access/account/stay").json()["seconds"] == 900


def test_a_session_ends_after_twelve_hours_whatever_was_done(steward: Client) -> None:
    age(whole=timedelta(hours=12))
    assert steward.get("/").status_code == 302
    assert StaffSession.objects.get().ending == "age"


def test_limits_hold_to_the_second() -> None:
    limits, noon = Limits(idle=timedelta(minutes=15), age=timedelta(hours=12)), LONG_AGO
    seen = {"started_at": noon, "last_seen_at": noon}
    assert not limits.ending(**seen, now=noon + timedelta(minutes=14, seconds=59))
    assert limits.ending(**seen, now=noon + timedelta(minutes=15)) == "idle"
    late = noon + timedelta(hours=12)
    assert limits.ending(started_at=noon, last_seen_at=late, now=late) == "age"


def test_a_session_key_known_before_the_sign_in_is_worth_nothing_after() -> None:
    make_staff(Role.STEWARD)
    client = Client()
    client.session.save()
    fixed = client.session
    fixed["planted"] = "1"
    fixed.save()
    client.cookies["fangge_session"] = str(fixed.session_key)
    client.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    assert client.cookies["fangge_session"].value != fixed.session_key
    thief = Client()
    thief.cookies["fangge_session"] = str(fixed.session_key)
    assert thief.get("/").status_code == 302


def test_a_signed_out_session_cannot_be_used_again(steward: Client) -> None:
    key = steward.cookies["fangge_session"].value
    steward.post("/access/sign-out")
    steward.cookies["fangge_session"] = key
    assert steward.get("/").status_code == 302
    assert verbs_about("test-steward")[-2:] == ["sign_ins.in", "sessions.end"]


def test_its_owner_ends_a_session_elsewhere_and_no_other_persons(steward: Client) -> None:
    make_staff(Role.ANALYST)
    elsewhere, stranger = enter(), enter("test-analyst")
    page = steward.get("/access/account").content.decode()
    assert "Chrome · Windows" in page
    assert "127.0.0.0/24" in page
    theirs = StaffSession.objects.get(staff__username="test-analyst")
    assert steward.post(f"/access/account/sessions/{theirs.pk}/end").status_code == 404
    other = re.search(r"/access/account/sessions/(\d+)/end", page)
    assert other is not None
    assert steward.post(other[0]).status_code == 302
    assert elsewhere.get("/").status_code == 302
    assert steward.get("/").status_code == stranger.get("/").status_code == 200


def test_a_session_past_its_time_is_no_longer_listed(steward: Client) -> None:
    age(idle=timedelta(minutes=16))
    page = enter().get("/access/account").content.decode()
    assert page.count("本次会话") == 1
    assert "/end" not in page


def test_all_others_end_at_once(steward: Client) -> None:
    others = [enter(), enter()]
    steward.post("/access/account/sessions/others/end")
    assert [other.get("/").status_code for other in others] == [302, 302]
    assert steward.get("/").status_code == 200
    assert Session.objects.count() == StaffSession.objects.filter(ended_at=None).count() == 1


def test_the_security_administrator_ends_every_session_of_a_person(steward: Client) -> None:
    make_staff(Role.SECURITY_ADMINISTRATOR)
    keeper = enter("test-security_administrator")
    staff = StaffMember.objects.get(username="test-steward")
    assert keeper.post(f"/access/sign-ins/{staff.pk}/end").status_code == 302
    assert steward.get("/").status_code == 302
    entry = Entry.objects.get(verb="sessions.end", subject_id="test-steward")
    assert entry.actor == "staff:test-security_administrator"


def test_sessions_end_when_roles_change_and_when_somebody_is_suspended(steward: Client) -> None:
    staff = StaffMember.objects.get(username="test-steward")
    keeper = system_actor("test", verbs=("staff.assign",))
    assign_role(actor=keeper, staff=staff, role=Role.ANALYST, area=None, now=clock.now())
    assert steward.get("/").status_code == 302
    make_staff(Role.SECURITY_ADMINISTRATOR)
    again, office = enter(), enter("test-security_administrator")
    office.post(f"/access/sign-ins/{staff.pk}/suspend")
    assert again.get("/").status_code == enter().get("/").status_code == 302
    assert "已停用" in office.get(f"/access/sign-ins/{staff.pk}").content.decode()
    office.post(f"/access/sign-ins/{staff.pk}/restore")
    assert enter().get("/").status_code == 200
    own = StaffMember.objects.get(username="test-security_administrator")
    assert office.post(f"/access/sign-ins/{own.pk}/suspend").status_code == 403
    assert {"staff.suspend", "staff.restore"} <= set(verbs_about("test-steward"))


def test_a_sign_in_tells_of_tries_that_failed_and_of_a_new_device(steward: Client) -> None:
    enter(password=WRONG)
    enter(password=WRONG)
    told = enter(agent="Mozilla/5.0 (iPhone) Safari/604.1").get("/").content.decode()
    assert "有 2 次以您的账号登录未成功" in told
    assert "Safari · iPhone" in told
    page = steward.get("/access/account").content.decode()
    assert page.count("未通过") == 2
    assert "新设备" in page
    assert "未成功" not in enter().get("/").content.decode()


def test_five_wrong_tries_lock_for_fifteen_minutes_and_the_keeper_unlocks(steward: Client) -> None:
    make_staff(Role.SECURITY_ADMINISTRATOR)
    for _ in range(5):
        enter(password=WRONG)
    locked = Client().post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    assert locked.status_code == 429
    assert {"sign_ins.failed", "sign_ins.locked"} <= set(verbs_about("test-steward"))
    staff = StaffMember.objects.get(username="test-steward")
    keeper = enter("test-security_administrator")
    assert "已锁定" in keeper.get(f"/access/sign-ins/{staff.pk}").content.decode()
    keeper.post(f"/access/sign-ins/{staff.pk}/unlock")
    assert enter().get("/").status_code == 200


def test_a_lock_is_over_after_fifteen_minutes() -> None:
    from axes.models import AccessAttempt

    make_staff(Role.STEWARD)
    for _ in range(5):
        enter(password=WRONG)
    assert enter().get("/").status_code == 302
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=15))
    assert enter().get("/").status_code == 200


def test_an_unknown_name_and_a_wrong_password_are_told_and_cost_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The work is counted, not timed: one hash for each, of the same kind."""
    make_staff(Role.STEWARD)
    counted: list[str] = []
    encode = QuickHasher.encode

    def count(self: QuickHasher, *args: object, **kwargs: object) -> str:
        counted.append(str(self.algorithm))
        return encode(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(QuickHasher, "encode", count)
    assert isinstance(get_hasher(), QuickHasher)
    pages, costs = [], []
    for username in ("test-steward", "nobody-here-"):
        counted.clear()
        form = {"username": username, "password": "wrong"}
        page = Client().post("/access/sign-in", form).content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", page)
        pages.append(page.replace(username, "X"))
        costs.append(len(counted))
    assert pages[0] == pages[1]
    assert costs == [1, 1]
    assert not SignInTry.objects.exclude(staff__username="test-steward").exists()
    assert Entry.objects.filter(verb="sign_ins.failed", subject_id="unknown").count() == 1
    assert not Entry.objects.filter(subject_id="nobody-here-").exists()


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (CHROME, "Chrome · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 MicroMessenger/8.0", "WeChat · Android"),
        ("curl/8.5", "curl"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_words(agent: str, device: str) -> None:
    assert name_device(agent) == device


def test_a_network_is_named_and_not_the_desk() -> None:
    assert name_network("10.32.7.41") == "10.32.7.0/24"
    assert name_network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert name_network("") == ""
