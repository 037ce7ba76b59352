"""Records as the link run reads them; sources, batches and quarantine as the screens show them."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db.models import Count, Max, Q, QuerySet

from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.run import Run
from fangge.fusion.models.source import (
    Batch,
    BatchState,
    QuarantinedRow,
    QuarantineState,
    Source,
    SourceRecord,
)
from fangge.fusion.rules.contracts import Contract, ContractField, FieldType, read_contract
from fangge.fusion.rules.rows import read_dates, read_sexes
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import read_frame
from fangge.kernel.errors import Missing
from fangge.kernel.fields import open_vault
from fangge.registers.queries.visible import addresses_visible_to

SEALED_RECORD = "fusion_sourcerecord.sealed"


def current_records(source_code: str) -> pl.DataFrame:
    """Give the records of a source that speak now: record_id, row_no and each field, typed.

    An identifier that fails its check is left to the engine, which takes it as missing.
    """
    source = Source.objects.filter(code=source_code).first()
    if source is None:
        return pl.DataFrame(schema={"record_id": pl.Int64, "row_no": pl.Int64})
    contract = read_contract(source.contract)
    rows = read_frame(
        "SELECT record.id, record.row_no, record.payload, record.sealed "
        "FROM fusion_sourcerecord record JOIN fusion_batch batch ON batch.id = record.batch_id "
        "WHERE record.source_id = %s AND record.replaced_by_batch_id IS NULL "
        "AND batch.state IN ('staged', 'linked') ORDER BY record.id",
        (source.pk,),
        schema={
            "record_id": pl.Int64,
            "row_no": pl.Int64,
            "payload": pl.String,
            "sealed": pl.Binary,
        },
    )
    return _type_fields(_open_rows(rows, contract), contract)


def _open_rows(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    sealed = list(contract.sealed)
    opened = [field.name for field in contract.fields if field.name not in sealed]
    payload = rows["payload"].str.json_decode(pl.Struct(dict.fromkeys(opened, pl.String)))
    frame = rows.select("record_id", "row_no").with_columns(payload.struct.unnest().get_columns())
    if not sealed:
        return frame
    vault = open_vault()
    texts = [
        None if box is None else vault.open(box, column=SEALED_RECORD) for box in rows["sealed"]
    ]
    found = pl.Series(texts, dtype=pl.String).str.json_decode(
        pl.Struct(dict.fromkeys(sealed, pl.String))
    )
    return frame.with_columns(found.struct.unnest().get_columns())


def _type_fields(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    return rows.with_columns(_type_field(field) for field in contract.fields)


def _type_field(field: ContractField) -> pl.Expr:
    value = pl.col(field.name)
    if field.type is FieldType.DATE:
        return read_dates(value).alias(field.name)
    if field.type is FieldType.SEX:
        return read_sexes(value).alias(field.name)
    if field.type in {FieldType.NUMBER, FieldType.LONGITUDE, FieldType.LATITUDE}:
        return value.cast(pl.Float64, strict=False)
    return value


def decided_records() -> pl.DataFrame:
    """Give what every current record part was taken for: source, row_no, kind, part and entry."""
    return read_frame(
        "SELECT source.code, record.row_no, decision.kind, decision.part, decision.entry_id, "
        "address.code FROM fusion_linkdecision decision "
        "JOIN fusion_sourcerecord record ON record.id = decision.record_id "
        "JOIN fusion_source source ON source.id = record.source_id "
        "LEFT JOIN registers_address address "
        "ON decision.kind = 'address' AND address.id = decision.entry_id "
        "WHERE decision.is_current AND record.replaced_by_batch_id IS NULL",
        schema={
            "source": pl.String,
            "row_no": pl.Int64,
            "kind": pl.String,
            "part": pl.String,
            "entry_id": pl.Int64,
            "entry_code": pl.String,
        },
    )


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as the list shows it."""

    source: Source
    contract: Contract
    last_at: datetime | None
    n_waiting: int
    n_records: int


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


def faults_of_batch(batch: Batch) -> dict[str, int]:
    """Count the quarantined rows of a batch by the rule they break."""
    counts: dict[str, int] = {}
    for faults in batch.quarantined.values_list("faults", flat=True):
        for rule in {fault["rule"] for fault in faults}:
            counts[rule] = counts.get(rule, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


PAGE_ROWS = 50


def quarantine_visible_to(
    actor: Actor, *, source: str = "", rule: str = "", state: str = "open", after: int = 0
) -> list[QuarantinedRow]:
    """List quarantined rows, oldest first, one more than a page to tell whether there is a next."""
    actor.require("quarantine.see")
    rows = QuarantinedRow.objects.select_related("batch__source").filter(pk__gt=after)
    if state:
        rows = rows.filter(state=state)
    if source:
        rows = rows.filter(batch__source__code=source)
    if rule:
        rows = rows.filter(faults__contains=[{"rule": rule}])
    return list(rows.order_by("id")[: PAGE_ROWS + 1])


def next_waiting_row(row: QuarantinedRow) -> QuarantinedRow | None:
    """Give the row that waits behind this one, or the first that waits."""
    waiting = QuarantinedRow.objects.filter(state=QuarantineState.OPEN).order_by("id")
    return waiting.filter(pk__gt=row.pk).first() or waiting.exclude(pk=row.pk).first()


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


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in and what was rejected, as the home page shows it."""

    n_records: int
    n_waiting: int
    n_pairs: int
    batches: list[Batch]
    last_run: Run | None


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
        n_pairs=run.pairs.count() if run else 0,
        batches=list(batches_visible_to(actor)[:6]),
        last_run=run,
    )
