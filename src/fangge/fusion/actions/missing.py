"""Notice what a full extract no longer holds: end it, or ask, as the contract says."""

from datetime import datetime

import polars as pl
from django.db import connection, transaction

from fangge.audit.actions import record_act
from fangge.fusion.adapters.staging import place_of
from fangge.fusion.events import MissingAnswered, RecordsMissing
from fangge.fusion.models.source import Batch, SourceRecord
from fangge.fusion.rules.contracts import Extract
from fangge.fusion.rules.order import is_too_many
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame
from fangge.kernel.errors import Conflict, Invalid, Missing

LACKED = (
    " WHERE held.source_id = %(source)s "
    "AND held.replaced_by_batch_id IS NOT DISTINCT FROM %(next)s AND held.batch_id <> %(batch)s "
    "AND held.said_at <= %(said_at)s AND held.missing_from_id IS NULL "
    "AND NOT EXISTS (SELECT FROM stage_key present WHERE present.key_hash = held.key_hash)"
)
COUNT = "SELECT count(*) FROM fusion_sourcerecord held"
END = "UPDATE fusion_sourcerecord held SET replaced_by_batch_id = %(batch)s"
ASK = "UPDATE fusion_sourcerecord held SET missing_from_id = %(batch)s"
BACK = (
    "UPDATE fusion_sourcerecord held SET missing_from_id = NULL FROM stage_key present "
    "WHERE held.source_id = %(source)s AND held.missing_from_id IS NOT NULL "
    "AND present.key_hash = held.key_hash"
)


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
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stage_key (key_hash bytea) ON COMMIT DROP")
        copy_frame(cursor, "stage_key", present.to_frame("key_hash"))
        cursor.execute("ANALYZE stage_key")
        cursor.execute(BACK, named)
        cursor.execute(COUNT + LACKED, named)
        batch.n_missing = cursor.fetchone()[0]
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
        cursor.execute((ASK if batch.is_missing_asked else END) + LACKED, named)
        cursor.execute("DROP TABLE stage_key")
    if batch.n_missing:
        bus.publish(
            RecordsMissing(
                batch_id=batch.pk,
                n_missing=batch.n_missing,
                is_asked=batch.is_missing_asked,
                noticed_at=now,
            )
        )


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
