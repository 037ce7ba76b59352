"""Sources and batches as the screens show them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet
from django.utils.translation import get_language

from fangge.fusion.models.source import (
    Batch,
    BatchState,
    QuarantinedRow,
    QuarantineState,
    Source,
    SourceRecord,
)
from fangge.fusion.rules.contracts import Contract, read_contract
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.wall import beyond_scope


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as the list shows it."""

    source: Source
    contract: Contract
    last_at: datetime | None
    n_waiting: int
    n_records: int


@beyond_scope()
def sources_visible_to(actor: Actor) -> list[SourceLine]:
    """List every source with what came in last and what waits."""
    actor.require("sources.see")
    kept = [BatchState.STAGED, BatchState.LINKED]
    last = dict(
        Batch.objects.filter(state__in=kept).values_list("source").annotate(Max("ended_at"))
    )
    waiting = dict(
        QuarantinedRow.objects.filter(state=QuarantineState.OPEN)
        .values_list("batch__source")
        .annotate(Count("id"))
    )
    records = dict(
        SourceRecord.objects.filter(replaced_by_batch=None)
        .values_list("source")
        .annotate(Count("id"))
    )
    return [
        SourceLine(
            source=source,
            contract=read_contract(source.contract),
            last_at=last.get(source.pk),
            n_waiting=waiting.get(source.pk, 0),
            n_records=records.get(source.pk, 0),
        )
        for source in Source.objects.order_by("code")
    ]


def get_source(*, actor: Actor, code: str) -> Source:
    actor.require("sources.see")
    source = Source.objects.filter(code=code).first()
    if source is None:
        raise Missing(f"There is no source {code}.")
    return source


def batches_visible_to(actor: Actor) -> QuerySet[Batch]:
    actor.require("batches.see")
    return Batch.objects.select_related("source").order_by("-id")


def get_batch(*, actor: Actor, batch_id: int) -> Batch:
    batch = batches_visible_to(actor).filter(pk=batch_id).first()
    if batch is None:
        raise Missing(f"There is no batch {batch_id}.")
    return batch


@beyond_scope()
def faults_of_batch(batch: Batch) -> dict[str, int]:
    """Count the quarantined rows of a batch by the rule they break."""
    counts: dict[str, int] = {}
    for faults in batch.quarantined.values_list("faults", flat=True):
        for rule in {fault["rule"] for fault in faults}:
            counts[rule] = counts.get(rule, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def source_titles() -> dict[str, str]:
    """Give each source its title, in the language of the page."""
    is_english = (get_language() or "").startswith("en")
    contracts = {
        source.code: read_contract(source.contract) for source in Source.objects.order_by("code")
    }
    return {
        code: contract.title_en if is_english else contract.title
        for code, contract in contracts.items()
    }
