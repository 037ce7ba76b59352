"""The life of a link run: alone, watched, cancelled between stages, told why it failed."""

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from fangge.audit.actions import record_act
from fangge.fusion.events import RunAsked
from fangge.fusion.models.run import Run, RunState
from fangge.fusion.rules.linking import LINK_LOCK
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, FanggeError, Missing
from fangge.kernel.stage import sweep_stages

# SQLSTATE: no space; a limit of the server's; the server goes down or was told to.
DISK_FULL, LIMITED, GONE = "53100", "53400", "57"
SAY_EVERY_S = 1.0
"""Whoever watches sees stages no later than this; each saying is a row written."""
KEPT = "Nothing of this run was kept; the registers stand as before."


class RunInProgress(Conflict):
    """Another link run holds the registers."""


class RunCancelled(Conflict):
    """Somebody asked the run to stop."""


class RunNotRunning(Conflict):
    """Only a run that is under way can be cancelled."""


class RunFailed(FanggeError):
    """The run could not go on; the message says what to do."""


@dataclass(slots=True)
class Progress:
    """Seconds and counts by stage, told to whoever watches; a stage ends, or the run does."""

    tell: Callable[[str], None]
    run: Run
    # Not the run's own connection: what it says of itself is seen before it commits.
    watched_by: Any
    figures: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _started: float = field(default_factory=perf_counter)
    _said: float = field(default_factory=perf_counter)

    def finish(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage] = round(now - self._started, 3)
        self._started = now
        self.tell(stage)
        with self.watched_by.cursor() as cursor:
            if now - self._said < SAY_EVERY_S:
                cursor.execute(
                    "SELECT is_cancel_asked FROM fusion_run WHERE id = %s", [self.run.pk]
                )
            else:
                self._said = now
                cursor.execute(
                    "UPDATE fusion_run SET seconds = %s WHERE id = %s RETURNING is_cancel_asked",
                    [json.dumps(list(self.seconds.items())), self.run.pk],
                )
            if cursor.fetchone()[0]:
                raise RunCancelled(f"The run was cancelled after {stage}. {KEPT}")


@contextmanager
def open_run(
    *, actor: Actor, is_full: bool, tell: Callable[[str], None], now: datetime
) -> Iterator[Progress]:
    """Run alone, in one transaction; whatever happens, the run says how it ended.

    Raises `RunInProgress` while another run holds the registers, `RunCancelled` when somebody
    asked it to stop, and `RunFailed` with what to do when the database or the disk gave way.
    """
    actor.require("registers.link")
    _take_lock()
    sweep_stages()
    # Within somebody's transaction nobody else could see the run: then it watches itself.
    watched_by = connection if connection.in_atomic_block else connection.copy()
    try:
        Run.objects.filter(state=RunState.RUNNING).update(
            state=RunState.BROKEN_OFF, message=f"The process ended before the run did. {KEPT}"
        )
        run = Run.objects.create(
            started_at=now, started_by=actor.reference, state=RunState.RUNNING, is_full=is_full
        )
        progress = Progress(tell=tell, run=run, watched_by=watched_by)
        try:
            with transaction.atomic():
                yield progress
                _end(progress, RunState.DONE, "")
        except RunCancelled as error:
            _end(progress, RunState.CANCELLED, str(error))
            raise
        except (DatabaseError, InterfaceError, OSError) as error:
            told = RunFailed(_tell(error))
            _end(progress, RunState.FAILED, str(told))
            raise told from error
        except Exception as error:
            _end(progress, RunState.FAILED, f"{error} {KEPT}")
            raise
    finally:
        if watched_by is not connection:
            watched_by.close()
        _leave_no_stage()
        _give_lock()


def _leave_no_stage() -> None:
    # Where the database is gone, whoever starts next sweeps.
    with suppress(OperationalError, InterfaceError):
        sweep_stages()


def _take_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LINK_LOCK])
        if not cursor.fetchone()[0]:
            raise RunInProgress(
                "Another link run is under way. Wait until it ends, then try again."
            )


def _give_lock() -> None:
    # A server that is gone holds no lock.
    with suppress(OperationalError, InterfaceError):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LINK_LOCK])
        return
    connection.close()


def _end(progress: Progress, state: RunState, message: str) -> None:
    run = progress.run
    run.state, run.message = state, message
    run.seconds = list(progress.seconds.items())
    run.ended_at = run.started_at + timedelta(seconds=sum(progress.seconds.values()))
    if state == RunState.DONE:
        run.figures = progress.figures | {"seconds": progress.seconds}
        run.save()
        return
    # Where the database is gone, the next run finds this one broken off.
    with suppress(OperationalError, InterfaceError):
        if not connection.is_usable():
            connection.close()
        run.save()


def _tell(error: Exception) -> str:
    """Say what happened and what to do, in words for whoever runs the server."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    if state == DISK_FULL or _is_disk_full(error):
        return f"A disk is full. {KEPT} Free space, then start the run again: {error}"
    if state == LIMITED:
        return (
            f"The database may use no more room. {KEPT} "
            f"Raise the limit that it names, then start the run again: {error}"
        )
    if isinstance(error, OperationalError | InterfaceError) or state.startswith(GONE):
        return (
            f"The database went away. {KEPT} "
            "See that it runs (`fangge doctor`), then start the run again."
        )
    return f"{error} {KEPT}"


NUMPY_WROTE_LESS = ("requested and",)
"""NumPy says how many values it wrote and no number of an error: 514 requested and 496 written."""


def _is_disk_full(error: Exception) -> bool:
    """Tell by the number, or where a library keeps only the text, by what the text says."""
    numbers = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    told = (*(f"(os error {number})" for number in numbers), *NUMPY_WROTE_LESS)
    return getattr(error, "errno", None) in numbers or any(text in str(error) for text in told)


@transaction.atomic
def ask_for_run(*, actor: Actor, is_full: bool, now: datetime) -> None:
    """Have the registers brought up to date in the background: by what changed, or anew."""
    actor.require("batches.ingest")
    record_act(
        actor=actor,
        verb="runs.start",
        subject_kind="run",
        subject_id="full" if is_full else "changes",
        now=now,
    )
    bus.publish(RunAsked(is_full=is_full, asked_by=actor.reference))


@transaction.atomic
def ask_run_to_stop(*, actor: Actor, run_id: int, now: datetime) -> Run:
    """Ask a run to stop when its present stage is done; nothing of it will be kept."""
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    actor.require("batches.ingest")
    if run is None:
        raise Missing(f"There is no run {run_id}.")
    if run.state != RunState.RUNNING:
        raise RunNotRunning("This run has ended already.")
    run.is_cancel_asked = True
    run.save(update_fields=["is_cancel_asked"])
    record_act(actor=actor, verb="runs.cancel", subject_kind="run", subject_id=str(run.pk), now=now)
    return run
