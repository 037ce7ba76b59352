"""A life event as a source record: staged like any row, with whom and where it is about."""

import hashlib
import json
from datetime import datetime
from uuid import UUID

import polars as pl

from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.adapters.staging import accept_rows, seal_rows
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.request import ChangeRequest
from fangge.fusion.models.source import Batch, BatchState, SourceRecord
from fangge.fusion.rules.contracts import Contract
from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.registers.actions.looks import keep_looks

SEALED_REQUEST = "fusion_changerequest.row"
METHOD = "person"


def seal_row(row: dict[str, str | None], *, token: UUID) -> bytes:
    text = json.dumps(row, ensure_ascii=False)
    return open_vault().seal(text, column=SEALED_REQUEST, row=token)


def open_row(request: ChangeRequest) -> dict[str, str | None]:
    """Open the row of a request: field to text."""
    text = open_vault().open(bytes(request.row_sealed), column=SEALED_REQUEST, row=request.token)
    found: dict[str, str | None] = json.loads(text)
    return found


def as_frame(row: dict[str, str | None], contract: Contract, *, row_no: int) -> pl.DataFrame:
    """Give a row as the rules and the staging take rows: one, all text."""
    texts = {field.name: row.get(field.name) or None for field in contract.fields}
    return pl.DataFrame(
        {"row_no": [row_no], "n_cells": [0], "n_expected": [0]}
        | {name: pl.Series([text], dtype=pl.String) for name, text in texts.items()}
    )


def keep_subject(actor: Actor, request: ChangeRequest, *, verb: str, now: datetime) -> None:
    """Keep in the ledger what was done with a resident's entry, for the resident to see."""
    if request.subject == "resident":
        keep_looks(
            actor=actor,
            verb=verb,
            resident_ids=[request.entry_id],
            fields=request.fields,
            purpose="correction" if request.event == "correction" else "life_event",
            object_reference=f"request:{request.pk}",
            now=now,
        )


def stage_request(request: ChangeRequest, *, actor: Actor, now: datetime) -> SourceRecord:
    """Stage a request as a batch of one record, so that taking it back is a batch's way."""
    batch = Batch.objects.create(
        source=request.source,
        contract_version=request.contract_version,
        file_name=f"№ {request.pk}",
        file_hash=hashlib.sha256(request.token.bytes).digest(),
        n_bytes=0,
        state=BatchState.LINKED,
        n_read=1,
        n_accepted=1,
        started_at=now,
        started_by=request.asked_by,
        ended_at=now,
    )
    contract = contract_of(request.source)
    row = open_row(request) | {"event_no": str(request.pk)}
    frame = as_frame(row, contract, row_no=request.pk)
    accept_rows(seal_rows(frame, contract, open_vault(), batch_id=batch.pk), batch=batch)
    record = SourceRecord.objects.get(batch=batch)
    request.batch = batch
    _decide_places(request, record, actor=actor, now=now)
    return record


def decide_subject(
    request: ChangeRequest, record: SourceRecord, entry_id: int, *, actor: Actor, now: datetime
) -> None:
    """Keep whom the record is about: a person said so, with the request as the reason."""
    part = "holder" if request.subject == "resident" else "organisation"
    _decide(record, part, request.subject, entry_id, actor=actor, now=now)


def _decide_places(
    request: ChangeRequest, record: SourceRecord, *, actor: Actor, now: datetime
) -> None:
    part = "resident" if request.subject == "resident" else "trades"
    for name, address_id in ((part, request.address_id), ("from", request.from_address_id)):
        if address_id is not None:
            _decide(record, name, "address", address_id, actor=actor, now=now)


def _decide(
    record: SourceRecord, part: str, kind: str, entry_id: int, *, actor: Actor, now: datetime
) -> None:
    LinkDecision.objects.create(
        record=record,
        part=part,
        kind=kind,
        entry_id=entry_id,
        method=METHOD,
        decided_at=now,
        decided_by=actor.reference,
    )
