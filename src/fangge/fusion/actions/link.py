"""Run the engine over what is staged and bring the registers to what the sources say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import polars as pl
from django.db import connection, transaction

from fangge.fusion.actions import merge
from fangge.fusion.adapters.engine import as_parts, fuse_organisations, fuse_residents
from fangge.fusion.models.run import Run
from fangge.fusion.models.source import Batch, BatchState
from fangge.fusion.queries import current_records
from fangge.fusion.rules import PRECEDENCE
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict
from fangge.registers.actions.addresses import register_addresses
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.queries.linking import build_index, match_texts, publish_index

LINK_LOCK = 7_306_101  # any number of our own: one run at a time


class RunInProgress(Conflict):
    """Another link run holds the registers."""


@dataclass(slots=True)
class Progress:
    """Seconds and counts by stage, told to whoever watches."""

    tell: Callable[[str], None]
    figures: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _started: float = field(default_factory=perf_counter)

    def finish(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage] = round(now - self._started, 3)
        self._started = now
        self.tell(stage)


@transaction.atomic
def link_registers(*, actor: Actor, tell: Callable[[str], None], now: datetime) -> Run:
    """Fuse every source's current records into the registers, or leave them untouched.

    Raises `RunInProgress` while another run holds the registers.
    """
    actor.require("registers.link")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LINK_LOCK])
        if not cursor.fetchone()[0]:
            raise RunInProgress(
                "Another link run is under way. Wait until it ends, then try again."
            )
    run = Run.objects.create(started_at=now, started_by=actor.reference)
    progress = Progress(tell=tell)
    index = _link_addresses(actor=actor, run=run, progress=progress, now=now)
    texts = _match_addresses(index, progress=progress)
    merge.keep_readings(texts, run=run, actor=actor, now=now)
    progress.finish("keep_readings")
    _link_residents(texts, actor=actor, run=run, progress=progress, now=now)
    _link_organisations(texts, actor=actor, run=run, progress=progress, now=now)
    refresh_map_cells(building_ids=None, now=now)
    progress.finish("count_for_map")
    Batch.objects.filter(state=BatchState.STAGED).update(state=BatchState.LINKED)
    run.figures = progress.figures | {"seconds": progress.seconds}
    run.ended_at = now
    run.save()
    transaction.on_commit(lambda: publish_index(index))
    return run


def _link_addresses(*, actor: Actor, run: Run, progress: Progress, now: datetime) -> Path:
    rows = current_records("standard_addresses")
    progress.finish("read_addresses")
    written = register_addresses(actor=actor, addresses=rows, run_id=run.pk, now=now)
    progress.figures["addresses"] = written.as_figures()
    progress.finish("register_addresses")
    folder = build_index(run_id=run.pk)
    progress.finish("index_addresses")
    return folder
