"""A steward mends a quarantined row, leaves it out, or takes that back."""

import json
from collections.abc import Mapping
from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.adapters.staging import SEALED_ROW, accept_rows, seal_rows
from fangge.fusion.events import RowMended
from fangge.fusion.models.source import QuarantinedRow, QuarantineState, SourceRecord
from fangge.fusion.queries.quarantine import quarantined_rows
from fangge.fusion.rules.contracts import Contract
from fangge.fusion.rules.rows import check_rows
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing
from fangge.kernel.fields import open_vault


class RowDecided(Conflict):
    """Somebody decided on this row in the meantime."""


class RowStillFaulty(Invalid):
    """The row as mended still breaks rules; `faults` says which."""

    def __init__(self, faults: list[dict[str, object]]) -> None:
        super().__init__("The row still breaks a rule.")
        self.faults = faults


class ReasonMissing(Invalid):
    """Leaving a row out needs a reason."""


def read_row(row: QuarantinedRow) -> dict[str, str | None]:
    """Open a quarantined row: field to the text its source sent."""
    place = f"{row.batch_id}:{row.row_no}"
    text = open_vault().open(bytes(row.row_sealed), column=SEALED_ROW, row=place)
    found: dict[str, str | None] = json.loads(text)
    return found


@transaction.atomic
def open_quarantined_row(
    *, actor: Actor, row_id: int, now: datetime
) -> tuple[QuarantinedRow, Contract, dict[str, str | None]]:
    """Open a row for mending; that it was seen is kept."""
    actor.require("quarantine.see")
    row = _get(actor, row_id)
    record_act(
        actor=actor,
        verb="quarantine.see",
        subject_kind="quarantined",
        subject_id=str(row.pk),
        now=now,
    )
    return row, contract_of(row.batch.source), read_row(row)


@transaction.atomic
def mend_row(
    *, actor: Actor, row_id: int, values: Mapping[str, str], now: datetime
) -> QuarantinedRow:
    """Put a mended row through the same rules and keep it as a record of its batch.

    Raises `RowStillFaulty` with the rules it breaks, and `RowDecided` when somebody was first.
    """
    row = _lock_open(actor, row_id)
    actor.require("quarantine.decide")
    contract = contract_of(row.batch.source)
    rows = _as_rows(row, contract, values)
    errors = check_rows(rows, contract).filter(~pl.col("is_warning"))
    if errors.height:
        raise RowStillFaulty(errors.drop("is_warning").to_dicts())
    sealed = seal_rows(rows, contract, open_vault(), batch_id=row.batch_id)
    accept_rows(sealed, batch=row.batch)
    row.record = (
        SourceRecord.objects.filter(batch=row.batch, row_no=row.row_no).order_by("-id").first()
    )
    bus.publish(RowMended(row_id=row.pk, mended_at=now))
    return _decide(row, QuarantineState.MENDED, actor=actor, reason="", now=now)


@transaction.atomic
def dismiss_row(*, actor: Actor, row_id: int, reason: str, now: datetime) -> QuarantinedRow:
    """Leave a row out, with the reason why."""
    row = _lock_open(actor, row_id)
    actor.require("quarantine.decide")
    if not reason.strip():
        raise ReasonMissing("Say why this row is left out, so that the department can be told.")
    return _decide(row, QuarantineState.DISMISSED, actor=actor, reason=reason.strip(), now=now)


@transaction.atomic
def reopen_row(*, actor: Actor, row_id: int, now: datetime) -> QuarantinedRow:
    """Take a dismissal back: the row waits again."""
    row = _get(actor, row_id, locks=True)
    actor.require("quarantine.decide")
    if row.state != QuarantineState.DISMISSED:
        raise RowDecided("Only a row that was left out can be put back.")
    return _decide(row, QuarantineState.OPEN, actor=actor, reason="", now=now)


def _get(actor: Actor, row_id: int, *, locks: bool = False) -> QuarantinedRow:
    rows = quarantined_rows(actor).select_related("batch__source")
    if locks:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise Missing(f"There is no quarantined row {row_id}.")
    return row


def _lock_open(actor: Actor, row_id: int) -> QuarantinedRow:
    row = _get(actor, row_id, locks=True)
    if row.state != QuarantineState.OPEN:
        raise RowDecided(f"{row.decided_by} decided on this row first. Nothing was changed.")
    return row


def _as_rows(row: QuarantinedRow, contract: Contract, values: Mapping[str, str]) -> pl.DataFrame:
    texts = {field.name: values.get(field.name, "").strip() or None for field in contract.fields}
    return pl.DataFrame(
        {"row_no": [row.row_no], "n_cells": [0], "n_expected": [0]}
        | {name: pl.Series([text], dtype=pl.String) for name, text in texts.items()}
    )


def _decide(
    row: QuarantinedRow, state: QuarantineState, *, actor: Actor, reason: str, now: datetime
) -> QuarantinedRow:
    row.state, row.reason = state, reason
    row.decided_at, row.decided_by = now, actor.reference
    row.save()
    record_act(
        actor=actor,
        verb=f"quarantine.{state}",
        subject_kind="quarantined",
        subject_id=str(row.pk),
        now=now,
        reason=reason,
    )
    return row
