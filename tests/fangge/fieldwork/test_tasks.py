"""Field tasks: asked about a place, answered by who goes, and what follows from the answer."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from tests.fangge.fusion.doubts import offer_pairs
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.fieldwork.actions.tasks import (
    AlreadyAsked,
    AnswerUnknown,
    DueInThePast,
    OwnAnswer,
    TaskMoved,
    TextNotTaken,
    accept_answer,
    answer_field_task,
    ask_field_task,
    take_back_task,
)
from fangge.fieldwork.models import FieldTask
from fangge.fieldwork.queries import get_task, list_tasks, measure_answers
from fangge.fieldwork.rules import MOVES, TaskKind, TaskState, holds_number
from fangge.fusion.actions.quality.checking import check_quality, checking_actor
from fangge.fusion.models.finding import Finding
from fangge.fusion.models.run import Pair
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused
from fangge.registers.models.address import Address
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.queries.places import Place, place_of_entry

pytestmark = pytest.mark.django_db
QUESTION = "这间房是否存在？"


@pytest.fixture
def place() -> Place:
    room = Address.objects.filter(level="room", grid__isnull=False, ends_on=None).order_by("id")[0]
    found = place_of_entry("address", room.pk)
    assert found is not None
    return found


@pytest.fixture
def steward() -> Actor:
    return make_staff(Role.STEWARD)


@pytest.fixture
def worker(place: Place) -> Actor:
    return make_staff(Role.GRID_WORKER, area=Area.objects.get(pk=place.grid_id))


def ask(actor: Actor, place: Place, now: datetime, question: str = QUESTION) -> FieldTask:
    return ask_field_task(
        actor=actor,
        kind=TaskKind.ADDRESS,
        place=place,
        question=question,
        due_on=date(2026, 11, 30),
        now=now,
    )


def signed_in(client: Client, actor: Actor) -> Client:
    name = actor.reference.removeprefix("staff:")
    client.post("/access/sign-in", {"username": name, "password": PASSWORD})
    return client


@pytest.fixture
def finding(noon: datetime) -> Finding:
    """A dwelling whose area cannot be."""
    dwelling = Dwelling.objects.filter(ends_on=None, grid__isnull=False).order_by("id")[0]
    Dwelling.objects.filter(pk=dwelling.pk).update(floor_area_m2=3)
    check_quality(actor=checking_actor(), now=noon)
    return Finding.objects.get(rule="dwelling_area_odd", subject_id=dwelling.pk, state="open")


def look_into(client: Client, finding: Finding) -> FieldTask:
    told = {"question": "看看这套房的面积", "due_on": "2036-12-01"}
    page = client.post(f"/fusion/findings/{finding.pk}/look", told, follow=True)
    assert page.status_code == 200
    return FieldTask.objects.get(kind="finding", subject_id=finding.pk)


def test_an_errand_about_a_finding_goes_out_comes_back_and_closes_it(
    client: Client, finding: Finding, steward: Actor, noon: datetime
) -> None:
    task = look_into(signed_in(client, steward), finding)
    assert task.grid_id == Dwelling.objects.get(pk=finding.subject_id).grid_id
    area = Area.objects.get(pk=task.grid_id)
    worker = signed_in(Client(), make_staff(Role.GRID_WORKER, area=area, username="goes"))
    listed = worker.get("/fieldwork/").content.decode()
    assert task.address.full_name in listed
    assert "看看这套房的面积" in listed
    assert "待现场查看" in worker.get("/").content.decode()
    told = worker.post(
        f"/fieldwork/{task.pk}/answer", {"answer": "right", "note": "储藏间，3平方米"}
    )
    assert told.status_code == 302
    assert "储藏间" in client.get(f"/fusion/findings/{finding.pk}").content.decode()
    client.post(f"/fieldwork/{task.pk}/accept")
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == ("dismissed", steward.reference)
    assert "储藏间，3平方米" in finding.reason
    verbs = Entry.objects.filter(subject_kind="field task", subject_id=str(task.pk))
    assert [entry.verb for entry in verbs.order_by("id")] == [
        "fieldtasks.ask",
        "fieldtasks.answer",
        "fieldtasks.accept",
    ]
    assert "回复用时中位数" in client.get("/fusion/quality/").content.decode()


def test_where_the_register_is_wrong_the_finding_goes_back_to_be_mended_with_the_words(
    client: Client, finding: Finding, steward: Actor, noon: datetime
) -> None:
    task = look_into(signed_in(client, steward), finding)
    answerer = make_staff(Role.COMMUNITY_OFFICER)
    answer_field_task(
        actor=answerer, task_id=task.pk, answer="wrong", note="实为 63 平方米", now=noon
    )
    accept_answer(actor=steward, task_id=task.pk, now=noon)
    finding.refresh_from_db()
    assert (finding.state, finding.remedy) == ("open", "mend")
    assert "实为 63 平方米" in finding.reason


def test_nobody_goes_for_a_finding_that_closed_by_itself(
    client: Client, finding: Finding, steward: Actor, noon: datetime
) -> None:
    task = look_into(signed_in(client, steward), finding)
    Dwelling.objects.filter(pk=finding.subject_id).update(floor_area_m2=63)
    check_quality(actor=checking_actor(), now=noon + timedelta(hours=1))
    task.refresh_from_db()
    assert (task.state, task.settled_by) == ("taken_back", "system:quality")


def test_an_answer_about_a_pair_stands_at_its_desk_with_its_words(
    client: Client, steward: Actor, noon: datetime
) -> None:
    offer_pairs(noon, n_pairs=1)
    pair = Pair.objects.latest("id")
    signed_in(client, steward)
    client.post(f"/fusion/review/pairs/{pair.pk}/look", {"question": "这里住一户还是两户？"})
    task = FieldTask.objects.get(kind="pair", subject_id=pair.pk)
    answerer = make_staff(Role.COMMUNITY_OFFICER)
    note = "两户，分住东西两间"
    answer_field_task(actor=answerer, task_id=task.pk, answer="several", note=note, now=noon)
    desk = client.get(f"/fusion/review/pairs/{pair.pk}").content.decode()
    assert "两户，分住东西两间" in desk
    assert "是不同的" in desk


def test_only_the_worker_of_the_place_sees_the_task(
    place: Place, steward: Actor, worker: Actor, noon: datetime
) -> None:
    task = ask(steward, place, noon)
    assert [one.task.pk for one in list_tasks(actor=worker, state="open", now=noon)[0]] == [task.pk]
    other = Area.objects.filter(kind="grid", ends_on=None).exclude(pk=place.grid_id)[0]
    stranger = make_staff(Role.GRID_WORKER, area=other, username="stranger")
    assert list_tasks(actor=stranger, state="open", now=noon)[2] == 0
    with pytest.raises(Missing):
        get_task(actor=stranger, task_id=task.pk, now=noon)
    with pytest.raises(Missing):
        answer_field_task(actor=stranger, task_id=task.pk, answer="there", note="", now=noon)
    with pytest.raises(Refused):
        ask(worker, place, noon)


@pytest.mark.parametrize(
    ("question", "due_on", "error"),
    [
        ("", date(2026, 11, 30), TextNotTaken),
        ("找13912345678的住户", date(2026, 11, 30), TextNotTaken),
        ("长" * 501, date(2026, 11, 30), TextNotTaken),
        (QUESTION, date(2026, 11, 22), DueInThePast),
    ],
)
def test_a_task_that_says_nothing_or_too_much_is_not_taken(
    place: Place, steward: Actor, noon: datetime, question: str, due_on: date, error: type
) -> None:
    with pytest.raises(error):
        ask_field_task(
            actor=steward, kind=TaskKind.ADDRESS, place=place, question=question, due_on=due_on,
            now=noon,
        )  # fmt: skip
    assert not FieldTask.objects.exists()


def test_one_errand_at_a_time_and_each_step_once(
    place: Place, steward: Actor, worker: Actor, noon: datetime
) -> None:
    task = ask(steward, place, noon)
    with pytest.raises(AlreadyAsked):
        ask(steward, place, noon)
    with pytest.raises(AnswerUnknown):
        answer_field_task(actor=worker, task_id=task.pk, answer="one", note="", now=noon)
    with pytest.raises(TextNotTaken):
        answer_field_task(actor=worker, task_id=task.pk, answer="otherwise", note=" ", now=noon)
    with pytest.raises(TaskMoved):
        accept_answer(actor=steward, task_id=task.pk, now=noon)
    later = noon + timedelta(days=2)
    answer_field_task(actor=worker, task_id=task.pk, answer="there", note="", now=later)
    with pytest.raises(TaskMoved):
        answer_field_task(actor=worker, task_id=task.pk, answer="absent", note="", now=later)
    take_back_task(actor=steward, task_id=task.pk, reason="看错楼了", now=later)
    again = ask(steward, place, later)
    assert again.pk != task.pk
    measured = measure_answers(later)
    assert (measured.n_asked, measured.n_answered, measured.median_days) == (2, 1, 2.0)


def test_nobody_accepts_their_own_answer(place: Place, steward: Actor, noon: datetime) -> None:
    officer = make_staff(Role.COMMUNITY_OFFICER)
    task = ask(officer, place, noon)
    answer_field_task(actor=officer, task_id=task.pk, answer="there", note="", now=noon)
    with pytest.raises(OwnAnswer):
        accept_answer(actor=officer, task_id=task.pk, now=noon)
    assert accept_answer(actor=steward, task_id=task.pk, now=noon).state == "accepted"


def test_a_faulty_answer_is_shown_again_with_what_was_typed(
    client: Client, place: Place, steward: Actor, worker: Actor, noon: datetime
) -> None:
    task = ask(steward, place, noon)
    told = {"answer": "otherwise", "note": "电话13912345678"}
    page = signed_in(client, worker).post(f"/fieldwork/{task.pk}/answer", told)
    assert page.status_code == 422
    assert "电话13912345678" in page.content.decode()


def test_an_address_is_asked_about_from_its_page(
    client: Client, place: Place, steward: Actor
) -> None:
    address = f"/fieldwork/new?address={place.address_id}"
    assert (
        address
        in signed_in(client, steward)
        .get(f"/registers/addresses/{place.address_id}")
        .content.decode()
    )
    assert client.post(address, {"question": "", "due_on": ""}).status_code == 422
    assert client.post(address, {"question": QUESTION, "due_on": ""}).status_code == 302
    assert FieldTask.objects.get().question == QUESTION


def test_numbers_of_persons_are_told_from_those_of_houses() -> None:
    assert holds_number("电话 13912345678")
    assert holds_number("32050819900101001X")
    assert not holds_number("临顿路88号3幢2单元501室，100平方米，2026-11-23")


def test_what_is_settled_stays_settled() -> None:
    assert not MOVES[TaskState.ACCEPTED]
    assert not MOVES[TaskState.TAKEN_BACK]


def test_the_words_of_a_settled_errand_go_after_a_year_and_the_errand_after_three(
    steward: Actor, worker: Actor, place: Place, noon: datetime
) -> None:
    from fangge.kernel.actor import system_actor
    from fangge.retention.actions import run_retention

    told = ask(steward, place, noon)
    answer_field_task(
        actor=worker, task_id=told.pk, answer="otherwise", note="陆家已搬走", now=noon
    )
    keeper = system_actor("retention", verbs=("retention.run",))

    def run(years: int) -> tuple[int, int]:
        now = noon + timedelta(days=years * 365 + 1)
        gone = run_retention(actor=keeper, tell=lambda *_: None, now=now)
        return gone["field_answer"], gone["field_task"]

    assert run(5) == (0, 0), "what waits to be accepted has no clock yet"
    accept_answer(actor=steward, task_id=told.pk, now=noon)
    assert run(1) == (1, 0)
    told.refresh_from_db()
    assert (told.note, told.reason, told.answer) == ("", "", "otherwise")
    assert run(3) == (0, 1)
    assert not FieldTask.objects.filter(pk=told.pk).exists()
    proofs = Entry.objects.filter(verb="retention.erase", subject_id__startswith="field_")
    assert [one.reason.startswith("n=1 sha256=") for one in proofs] == [True, True]


def test_what_an_answer_told_a_finding_goes_with_the_words_of_the_answer(noon: datetime) -> None:
    from fangge.kernel.actor import system_actor
    from fangge.retention.actions import run_retention

    check_quality(actor=checking_actor(), now=noon)
    closed = Finding.objects.order_by("id")[0]
    Finding.objects.filter(pk=closed.pk).update(
        state="dismissed", closed_at=noon, reason="field task 7: 陆家已搬走"
    )
    keeper = system_actor("retention", verbs=("retention.run",))
    later = noon + timedelta(days=366)
    assert run_retention(actor=keeper, tell=lambda *_: None, now=later)["finding_closed"] >= 1
    closed.refresh_from_db()
    assert (closed.reason, closed.state) == ("", "dismissed")
