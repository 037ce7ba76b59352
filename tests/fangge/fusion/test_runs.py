"""Link runs: one at a time, watched, cancelled between stages, and all or nothing."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from tests.makers import PASSWORD, make_staff, steward

from fangge.access.rules import Role
from fangge.fusion.actions.ingest import roll_back_batch
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.actions.running import (
    RunCancelled,
    RunInProgress,
    RunNotRunning,
    ask_run_to_stop,
)
from fangge.fusion.models.run import Run, RunState
from fangge.fusion.models.source import Batch
from fangge.fusion.rules.linking import LINK_LOCK
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward_client(client: Client) -> Client:
    make_staff(Role.STEWARD)
    client.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    return client


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """Another process that holds the registers."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LINK_LOCK])
    yield
    other.close()


def running() -> Run:
    return Run.objects.filter(state=RunState.RUNNING).latest("id")


def test_a_run_is_cancelled_between_stages_and_leaves_nothing(noon: datetime) -> None:
    batch = Batch.objects.get(source__code="housing_dwellings")
    roll_back_batch(actor=steward(), batch_id=batch.pk, reason="test", now=noon)
    before = (Occupancy.objects.filter(ends_on=None).count(), Resident.objects.count())
    seen = []

    def cancel_after_residents(stage: str) -> None:
        seen.append(stage)
        if stage == "register_residents":
            ask_run_to_stop(actor=steward(), run_id=running().pk, now=noon)

    with pytest.raises(RunCancelled, match="register_residents"):
        link_registers(actor=linking_actor(), tell=cancel_after_residents, now=noon)
    assert seen[-1] == "register_residents"
    run = Run.objects.latest("id")
    assert run.state == RunState.CANCELLED
    assert "stand as before" in run.message
    assert run.seconds[-1][0] == "register_residents"
    assert before == (Occupancy.objects.filter(ends_on=None).count(), Resident.objects.count())
    with pytest.raises(RunNotRunning):
        ask_run_to_stop(actor=steward(), run_id=run.pk, now=noon)
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert Occupancy.objects.filter(ends_on=None).count() < before[0]


def test_a_second_run_is_refused_with_what_to_do(noon: datetime, elsewhere: None) -> None:
    n_runs = Run.objects.count()
    with pytest.raises(RunInProgress, match="Wait until it ends"):
        link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert Run.objects.count() == n_runs


def test_a_run_that_fails_says_why_and_lets_the_next_one_in(noon: datetime) -> None:
    def fail(stage: str) -> None:
        if stage == "keep_readings":
            raise OSError(28, "No space left on device")

    with pytest.raises(Exception, match="A disk is full"):
        link_registers(actor=linking_actor(), tell=fail, now=noon)
    run = Run.objects.latest("id")
    assert run.state == RunState.FAILED
    assert "Free space, then start the run again" in run.message
    assert link_registers(actor=linking_actor(), tell=lambda _: None, now=noon).state == "done"


def test_a_run_whose_process_was_killed_is_shown_as_broken_off(
    steward_client: Client, noon: datetime
) -> None:
    killed = Run.objects.create(started_at=noon, started_by="system:link", state="running")
    page = steward_client.get(f"/fusion/runs/{killed.pk}")
    assert page.context["line"].state == RunState.BROKEN_OFF
    assert "重新运行" in page.content.decode()
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    killed.refresh_from_db()
    assert (killed.state, "registers stand" in killed.message) == (RunState.BROKEN_OFF, True)


def test_a_run_under_way_shows_its_stages_and_can_be_stopped(
    steward_client: Client, noon: datetime, elsewhere: None
) -> None:
    run = Run.objects.create(
        started_at=noon,
        started_by="system:link",
        state="running",
        seconds=[["read_addresses", 1.5]],
    )
    page = steward_client.get(f"/fusion/runs/{run.pk}").content.decode()
    assert "读取地址" in page
    assert 'hx-trigger="every 1s"' in page
    answer = steward_client.post(f"/fusion/runs/{run.pk}/cancel")
    assert answer.headers["Location"] == f"/fusion/runs/{run.pk}"
    part = steward_client.get(f"/fusion/runs/{run.pk}", headers={"HX-Request": "true"})
    assert "当前阶段完成后停止" in part.content.decode()
    run.refresh_from_db()
    assert run.is_cancel_asked


def test_the_list_tells_what_each_run_wrote(steward_client: Client) -> None:
    page = steward_client.get("/fusion/runs/")
    (line,) = page.context["lines"]
    assert line.n_written > 1000
    assert line.total_s > 0
    assert line.run.started_by in page.content.decode()
    run = steward_client.get(f"/fusion/runs/{line.run.pk}")
    assert {name for name, _ in run.context["line"].registers} == {
        "addresses", "residents", "dwellings", "organisations", "occupancies",
    }  # fmt: skip


def test_a_run_is_asked_for_once_however_often(steward_client: Client) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    for _ in range(2):
        assert steward_client.post("/fusion/runs/start", {"what": "everything"}).status_code == 302
    jobs = ProcrastinateJob.objects.filter(task_name="fusion.link", status="todo")
    assert [job.args for job in jobs] == [{"is_full": True}]


def test_who_may_not_see_batches_sees_no_runs(client: Client) -> None:
    make_staff(Role.ANALYST)
    client.post("/access/sign-in", {"username": "test-analyst", "password": PASSWORD})
    assert client.get("/fusion/runs/").status_code == 403
    assert client.post("/fusion/runs/start").status_code == 403
