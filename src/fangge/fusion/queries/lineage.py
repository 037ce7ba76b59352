"""Where a fact came from."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import get_language

from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.source import Source, SourceRecord
from fangge.fusion.rules.contracts import Contract, read_contract
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.wall import beyond_scope
from fangge.registers.queries.visible import addresses_visible_to


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a fact came from: the record, its batch, and what the record was taken for."""

    record: SourceRecord
    contract: Contract
    facts: list[tuple[str, str | None]]
    decisions: list[LinkDecision]


def _stands_in_scope(record: SourceRecord, contract: Contract, actor: Actor) -> bool:
    """Tell whether the record speaks of an address in the actor's area."""
    visible = addresses_visible_to(actor)
    if contract.subject == "address":
        return visible.filter(code=record.payload.get("code")).exists()
    places = record.decisions.filter(kind="address", is_current=True, entry_id__isnull=False)
    return visible.filter(pk__in=list(places.values_list("entry_id", flat=True))).exists()


@beyond_scope()
def get_lineage(*, actor: Actor, record_id: int) -> Lineage:
    """Give a record's origin; what its contract seals, and names of persons, stay masked."""
    actor.require("addresses.see")
    record = SourceRecord.objects.select_related("batch", "source").filter(pk=record_id).first()
    if record is None:
        raise Missing(f"There is no record {record_id}.")
    contract = read_contract(record.source.contract)
    if actor.grid_ids is not None and not _stands_in_scope(record, contract, actor):
        raise Missing(f"There is no record {record_id}.")
    is_public = contract.subject in {"address", "organisation"}
    facts = [
        (
            field.column,
            record.payload.get(field.name) if is_public and not field.is_sealed else None,
        )
        for field in contract.fields
    ]
    return Lineage(record, contract, facts, list(record.decisions.order_by("-decided_at", "id")))


@beyond_scope()
def name_sources(record_ids: Collection[int]) -> dict[int, str]:
    """Give the title of the source that each record came from, in the reader's language."""
    found = dict(SourceRecord.objects.filter(pk__in=record_ids).values_list("pk", "source_id"))
    held = Source.objects.filter(pk__in=set(found.values())).values_list("pk", "contract")
    titles = {source_id: _title(read_contract(text)) for source_id, text in held}
    return {record_id: titles[source_id] for record_id, source_id in found.items()}


def title_of(source: Source) -> str:
    """Give the title of a source in the reader's language."""
    return _title(read_contract(source.contract))


def _title(contract: Contract) -> str:
    return contract.title_en if (get_language() or "").startswith("en") else contract.title
