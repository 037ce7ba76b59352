"""What came in and what waits."""

from dataclasses import dataclass

from django.db.models import Count, Q

from fangge.fusion.models.run import Run
from fangge.fusion.models.source import Batch, QuarantinedRow, QuarantineState
from fangge.fusion.queries.pairs import count_open_pairs
from fangge.fusion.queries.sources import batches_visible_to
from fangge.fusion.rules.life import SOURCES as LIFE_EVENTS
from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in and what was rejected, as the home page shows it."""

    n_records: int
    n_waiting: int
    n_pairs: int
    batches: list[Batch]
    last_run: Run | None


@beyond_scope()
def read_intake(*, actor: Actor) -> Intake | None:
    """Give the newest batches and what waits, to those who may see batches."""
    if not actor.may("batches.see"):
        return None
    counted = Batch.objects.aggregate(
        rows=Count("records", filter=Q(records__replaced_by_batch=None))
    )
    run = Run.objects.filter(ended_at__isnull=False).order_by("-id").first()
    return Intake(
        n_records=counted["rows"],
        n_waiting=QuarantinedRow.objects.filter(state=QuarantineState.OPEN).count(),
        n_pairs=count_open_pairs(actor=actor) if actor.may("pairs.see") else 0,
        batches=list(batches_visible_to(actor).exclude(source__code__in=LIFE_EVENTS)[:6]),
        last_run=run,
    )
