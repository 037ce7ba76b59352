"""Notice what a full extract no longer holds: end it, or ask, as the contract says."""

from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.adapters.staging import place_of
from fangge.fusion.events import MissingAnswered, RecordsMissing
from fangge.fusion.models.source import Batch, SourceRecord
from fangge.fusion.rules.contracts import Extract
from fangge.fusion.rules.order import is_too_many
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import read_frame
from fangge.kernel.errors import Conflict, Invalid, Missing
from fangge.kernel.wall import beyond_scope

LACKED = (
    "SELECT id, key_hash FROM fusion_sourcerecord WHERE source_id = %s "
    "AND replaced_by_batch_id IS NOT DISTINCT FROM %s::bigint AND batch_id <> %s "
    "AND said_at <= %s AND missing_from_id IS NULL"
)
ASKED = (
    "SELECT id, key_hash FROM fusion_sourcerecord "
    "WHERE source_id = %s AND missing_from_id IS NOT NULL"
)
FOUND = {"id": pl.Int64, "key_hash": pl.Binary}


class NothingAsked(Conflict):
    """Nobody waits for an answer about this batch."""


class ReasonMissing(Invalid):
    """An answer needs a reason."""


def settle_missing(batch: Batch, keys: pl.Series, extract: Extract, *, now: datetime) -> None:
    """End the records that this full extract lacks, or have them asked about.

    `keys` are the hashed keys of all its rows, those in quarantine too: a faulty row is there.
    """
    named = place_of(batch)
    present = keys.drop_nulls().unique(maintain_order=True)
    there = present.to_frame("key_hash")
    asked = read_frame(ASKED, (batch.source_id,), schema=FOUND)
    _set(asked.join(there, on="key_hash", how="semi"), missing_from=None)
    bounds = (batch.source_id, named["next"], batch.pk, batch.extracted_at)
    lacked = read_frame(LACKED, bounds, schema=FOUND).join(there, on="key_hash", how="anti")
    batch.n_missing = lacked.height
    # Behind a later full extract there is nothing to ask: that one has answered.
    batch.is_missing_asked = (
        batch.n_missing > 0
        and named["next"] is None
        and (
            extract.is_missing_asked
            or is_too_many(
                n_missing=batch.n_missing,
                n_present=present.len(),
                most_missing_share=extract.most_missing_share,
            )
        )
    )
    column = "missing_from" if batch.is_missing_asked else "replaced_by_batch"
    _set(lacked, **{column: batch})
    if batch.n_missing:
        bus.publish(
            RecordsMissing(
                batch_id=batch.pk,
                n_missing=batch.n_missing,
                is_asked=batch.is_missing_asked,
                noticed_at=now,
            )
        )


def _set(found: pl.DataFrame, **values: Batch | None) -> None:
    if found.height:
        SourceRecord.objects.filter(pk__in=found["id"].to_list()).update(**values)


@transaction.atomic
def end_missing(*, actor: Actor, batch_id: int, reason: str, now: datetime) -> int:
    """Answer that what the extract lacks is gone: it speaks no longer. Give how many."""
    batch = _lock_asked(actor, batch_id)
    return _answer(batch, "missing.end", actor=actor, reason=reason, now=now)


@transaction.atomic
def keep_missing(*, actor: Actor, batch_id: int, reason: str, now: datetime) -> int:
    """Answer that the extract was at fault: what it lacks still holds. Give how many."""
    batch = _lock_asked(actor, batch_id)
    return _answer(batch, "missing.keep", actor=actor, reason=reason, now=now)


def _lock_asked(actor: Actor, batch_id: int) -> Batch:
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise Missing(f"There is no batch {batch_id}.")
    actor.require("quarantine.decide")
    if not batch.is_missing_asked:
        raise NothingAsked("Somebody answered before. Nothing was changed.")
    return batch


@beyond_scope()
def _answer(batch: Batch, verb: str, *, actor: Actor, reason: str, now: datetime) -> int:
    if not reason.strip():
        raise ReasonMissing("Say why, so that the next steward can follow.")
    asked = SourceRecord.objects.filter(missing_from=batch)
    if verb == "missing.end":
        n_answered = asked.update(replaced_by_batch=batch, missing_from=None)
    else:
        n_answered = asked.update(missing_from=None)
    batch.is_missing_asked = False
    batch.save(update_fields=["is_missing_asked"])
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="batch",
        subject_id=str(batch.pk),
        now=now,
        reason=reason.strip(),
    )
    bus.publish(MissingAnswered(batch_id=batch.pk, answered_at=now))
    return n_answered
