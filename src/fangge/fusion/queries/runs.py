"""Link runs as the screens show them."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangge.fusion.models.run import Run, RunState
from fangge.fusion.models.source import Source
from fangge.fusion.queries.lineage import title_of
from fangge.fusion.rules.linking import LINK_LOCK
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing

STAGES: dict[str, Promise] = {
    "read_addresses": _("Read addresses"),
    "register_addresses": _("Write addresses"),
    "index_addresses": _("Bring the address index up to date"),
    "keep_readings": _("Keep how texts were read"),
    "link_residents": _("Link residents"),
    "register_residents": _("Write residents"),
    "link_dwellings": _("Link dwellings"),
    "register_dwellings": _("Write dwellings"),
    "register_organisations": _("Link and write organisations"),
    "link_tenancies": _("Link tenancies"),
    "keep_tenancies": _("Keep what each tenancy stands on"),
    "write_occupancies": _("Write who is where"),
    "count_for_map": _("Count for the map"),
    "keep_for_next": _("Keep what the next run needs"),
}
SOURCE_STAGES: dict[str, Promise] = {
    "read": _("Read: %(source)s"),
    "match": _("Find addresses: %(source)s"),
}
COUNTS = ("n_new", "n_changed", "n_ended", "n_same")


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run with what it changed, by register, and how long each stage took."""

    run: Run
    state: RunState
    total_s: float
    registers: list[tuple[str, dict[str, int]]]
    stages: list[tuple[str, float, int]]  # what it did, seconds, percent of the longest

    @property
    def n_written(self) -> int:
        return sum(
            n for _, counts in self.registers for name, n in counts.items() if name != COUNTS[3]
        )


def runs_visible_to(actor: Actor) -> QuerySet[Run]:
    actor.require("batches.see")
    return Run.objects.order_by("-id")


def list_runs(*, actor: Actor, n_most: int = 50) -> list[RunLine]:
    """List the newest runs."""
    is_held = is_lock_held()
    return [_line(run, is_held=is_held) for run in runs_visible_to(actor)[:n_most]]


def get_run(*, actor: Actor, run_id: int) -> RunLine:
    run = runs_visible_to(actor).filter(pk=run_id).first()
    if run is None:
        raise Missing(f"There is no run {run_id}.")
    return _line(run, is_held=is_lock_held())


def is_lock_held() -> bool:
    """Tell whether some process holds the registers for a run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND mode = 'ExclusiveLock' AND objid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()))",
            [LINK_LOCK],
        )
        return bool(cursor.fetchone()[0])


def _line(run: Run, *, is_held: bool) -> RunLine:
    state = RunState(run.state)
    if state == RunState.RUNNING and not is_held:
        state = RunState.BROKEN_OFF
    # A list keeps the order in which the stages ran.
    seconds = dict(run.seconds or run.figures.get("seconds", {}))
    longest = max(seconds.values(), default=0) or 1
    return RunLine(
        run=run,
        state=state,
        total_s=sum(seconds.values()),
        registers=[
            (name, {count: told.get(count, 0) for count in COUNTS})
            for name, told in run.figures.items()
            if isinstance(told, dict) and "n_new" in told
        ],
        stages=[
            (_name_stage(stage), taken, round(100 * taken / longest))
            for stage, taken in seconds.items()
        ],
    )


def _name_stage(stage: str) -> str:
    """Say what a stage did; of one that is about a source, which source."""
    if stage in STAGES:
        return str(STAGES[stage])
    verb, _under, code = stage.partition("_")
    if verb not in SOURCE_STAGES:
        return stage
    source = Source.objects.filter(code=code).first()
    return str(SOURCE_STAGES[verb]) % {"source": title_of(source) if source else code}
