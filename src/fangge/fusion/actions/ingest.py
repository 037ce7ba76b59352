"""Stage a file: each row with its hash, good rows as records, bad rows in quarantine."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from fangge.audit.actions import record_act
from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.actions.missing import settle_missing
from fangge.fusion.adapters.files import FileUnreadable, count_rows, read_slices
from fangge.fusion.adapters.staging import free_replaced, hash_keys, stage_rows
from fangge.fusion.events import BatchRolledBack, BatchStaged
from fangge.fusion.models.source import Batch, BatchState, QuarantinedRow, Source, SourceRecord
from fangge.fusion.rules.contracts import Contract
from fangge.fusion.rules.order import extract_date
from fangge.fusion.rules.rows import check_rows
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Missing
from fangge.kernel.fields import open_vault
from fangge.kernel.wall import beyond_scope

INGEST_LOCK = 7_306_201
UNFINISHED = (BatchState.STAGING, BatchState.STAGED, BatchState.LINKED)

Tell = Callable[[int], None]
"""Called with the rows read so far."""


class SourceUnknown(Missing):
    """There is no contract of that name."""


class IngestInProgress(Conflict):
    """Another process is reading a file of this source."""


class BatchNotReversible(Conflict):
    """The batch is not in a state that can be taken back."""


@dataclass(slots=True)
class Trial:
    """What a dry run found: nothing is kept."""

    n_rows: int = 0
    n_faulty: int = 0
    n_warnings: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    first: list[dict[str, object]] = field(default_factory=list)


def get_source(code: str) -> Source:
    source = Source.objects.filter(code=code).first()
    if source is None:
        known = ", ".join(Source.objects.order_by("code").values_list("code", flat=True))
        raise SourceUnknown(f"There is no contract {code}. There are: {known or 'none yet'}.")
    return source


def guess_rows(source_code: str, path: Path) -> int | None:
    """Give about how many rows a file has; none where only reading it would tell."""
    if not path.is_file():
        raise FileUnreadable(f"There is no file {path}.")
    return count_rows(path, contract_of(get_source(source_code)))


def try_file(*, actor: Actor, source_code: str, path: Path, tell: Tell) -> Trial:
    """Check every row of a file and keep nothing."""
    actor.require("batches.ingest")
    contract = contract_of(get_source(source_code))
    trial = Trial()
    for rows in read_slices(path, contract):
        faults = check_rows(rows, contract)
        errors = faults.filter(~pl.col("is_warning"))
        trial.n_rows += rows.height
        trial.n_faulty += errors["row_no"].n_unique()
        trial.n_warnings += faults.height - errors.height
        for rule, count in faults.group_by("rule").len().iter_rows():
            trial.by_rule[rule] = trial.by_rule.get(rule, 0) + count
        room = 20 - len(trial.first)
        trial.first += errors.head(room).drop("is_warning").to_dicts()
        tell(trial.n_rows)
    return trial


def stage_file(
    *,
    actor: Actor,
    source_code: str,
    path: Path,
    tell: Tell,
    now: datetime,
    name: str = "",
    extracted_at: datetime | None = None,
) -> Batch:
    """Stage a file, going on where an earlier try broke off; the same file again changes nothing.

    What it says is ordered by `extracted_at`, else by the date in its name, else by arrival. Each
    slice of rows is kept in one transaction with the count of rows read, so a kill in the middle
    leaves a batch that the same command finishes. Raises `IngestInProgress`, and `FileUnreadable`
    after the batch was marked as failed and emptied.
    """
    actor.require("batches.ingest")
    source = get_source(source_code)
    with _alone_with(source):
        kept_name = name or path.name
        taken_at = extracted_at or _read_date(kept_name) or now
        batch = _open_batch(
            source, path, name=kept_name, extracted_at=taken_at, actor=actor, now=now
        )
        if batch.state != BatchState.STAGING:
            return batch
        try:
            keys = _stage_slices(batch, contract_of(source), path, tell)
        except FileUnreadable as error:
            _empty_batch(batch, state=BatchState.FAILED, message=str(error), now=now)
            raise
        return _close_batch(batch, keys, actor=actor, now=now)


def _read_date(name: str) -> datetime | None:
    day = extract_date(name)
    return datetime.combine(day, time.min, timezone.get_current_timezone()) if day else None


@transaction.atomic
def ask_to_cancel(*, actor: Actor, batch_id: int, now: datetime) -> Batch:
    """Ask whoever reads this batch to stop; a batch that nobody reads is emptied at once."""
    batch = _lock_batch(batch_id)
    actor.require("batches.ingest")
    if batch.state != BatchState.STAGING:
        raise BatchNotReversible("Only a file that is still being read can be cancelled.")
    batch.is_cancel_asked = True
    batch.save(update_fields=["is_cancel_asked"])
    with contextlib.suppress(IngestInProgress), _alone_with(batch.source):
        _empty_batch(batch, state=BatchState.CANCELLED, message="", now=now)
    record_act(
        actor=actor, verb="batches.cancel", subject_kind="batch", subject_id=str(batch.pk), now=now
    )
    return batch


@transaction.atomic
@beyond_scope()
def roll_back_batch(*, actor: Actor, batch_id: int, reason: str, now: datetime) -> Batch:
    """Take a whole batch back: its records speak no longer, those they replaced speak again."""
    batch = _lock_batch(batch_id)
    actor.require("batches.roll_back")
    if batch.state not in {BatchState.STAGED, BatchState.LINKED}:
        raise BatchNotReversible("Only a batch that was read whole can be taken back.")
    SourceRecord.objects.filter(batch=batch, replaced_by_batch=None).update(replaced_by_batch=batch)
    SourceRecord.objects.filter(missing_from=batch).update(missing_from=None)
    batch.state, batch.message, batch.ended_at = BatchState.ROLLED_BACK, reason, now
    batch.is_missing_asked = False
    batch.save()
    free_replaced(batch)
    record_act(
        actor=actor,
        verb="batches.roll_back",
        subject_kind="batch",
        subject_id=str(batch.pk),
        now=now,
        reason=reason,
    )
    bus.publish(BatchRolledBack(batch_id=batch.pk, rolled_back_at=now))
    return batch


def roll_back_other_files(
    *, actor: Actor, source_code: str, path: Path, reason: str, now: datetime
) -> int:
    """Take back every batch of a source but that of this file; give how many."""
    digest = _hash_file(path)
    others = Batch.objects.filter(
        source__code=source_code, state__in=[BatchState.STAGED, BatchState.LINKED]
    ).exclude(file_hash=digest)
    found = list(others.order_by("-id").values_list("pk", flat=True))
    for batch_id in found:
        roll_back_batch(actor=actor, batch_id=batch_id, reason=reason, now=now)
    return len(found)


def _hash_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _lock_batch(batch_id: int) -> Batch:
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise Missing(f"There is no batch {batch_id}.")
    return batch


@contextlib.contextmanager
def _alone_with(source: Source) -> Iterator[None]:
    """Read one file of a source at a time; the lock ends with its process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [INGEST_LOCK, source.pk])
        if not cursor.fetchone()[0]:
            raise IngestInProgress(
                f"Another process is reading a file of {source.code}. Wait until it ends."
            )
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [INGEST_LOCK, source.pk])


def _open_batch(
    source: Source, path: Path, *, name: str, extracted_at: datetime, actor: Actor, now: datetime
) -> Batch:
    if not path.is_file():
        raise FileUnreadable(f"There is no file {path}.")
    digest = _hash_file(path)
    batch, _ = Batch.objects.get_or_create(
        source=source,
        file_hash=digest,
        state__in=UNFINISHED,
        defaults={
            "state": BatchState.STAGING,
            "contract_version": source.version,
            "file_name": name,
            "n_bytes": path.stat().st_size,
            "extracted_at": extracted_at,
            "is_full": contract_of(source).extract.is_full,
            "started_at": now,
            "started_by": actor.reference,
        },
    )
    return batch


def _stage_slices(batch: Batch, contract: Contract, path: Path, tell: Tell) -> pl.Series:
    """Stage what was not staged yet; give the keys of all rows of a full extract."""
    n_seen, keys = 0, pl.Series("key_hash", [], dtype=pl.Binary)
    for rows in read_slices(path, contract):
        n_seen += rows.height
        if batch.is_full:
            keys = pl.concat([keys, hash_keys(rows, contract, open_vault())])
        if n_seen <= batch.n_read:
            continue
        fresh = rows.filter(pl.col("row_no") > batch.n_read)
        with transaction.atomic():
            held = Batch.objects.select_for_update().get(pk=batch.pk)
            if held.is_cancel_asked:
                batch.is_cancel_asked = True
                return keys
            counts = stage_rows(fresh, check_rows(fresh, contract), batch=held, contract=contract)
            held.n_read = n_seen
            held.n_accepted += counts.n_accepted
            held.n_unchanged += counts.n_unchanged
            held.n_quarantined += counts.n_quarantined
            held.save()
        batch.refresh_from_db()
        tell(n_seen)
    return keys


@transaction.atomic
def _close_batch(batch: Batch, keys: pl.Series, *, actor: Actor, now: datetime) -> Batch:
    if batch.is_cancel_asked:
        _empty_batch(batch, state=BatchState.CANCELLED, message="", now=now)
        return batch
    if batch.is_full:
        settle_missing(batch, keys, contract_of(batch.source).extract, now=now)
    batch.state, batch.ended_at = BatchState.STAGED, now
    batch.save()
    record_act(
        actor=actor, verb="batches.ingest", subject_kind="batch", subject_id=str(batch.pk), now=now
    )
    bus.publish(BatchStaged(batch_id=batch.pk, staged_at=now))
    return batch


@transaction.atomic
def _empty_batch(batch: Batch, *, state: BatchState, message: str, now: datetime) -> None:
    """Remove what an unfinished batch staged; no run has seen it, so nothing refers to it."""
    free_replaced(batch)
    QuarantinedRow.objects.filter(batch=batch).delete()
    SourceRecord.objects.filter(batch=batch).delete()
    batch.state, batch.message, batch.ended_at = state, message, now
    batch.n_read = batch.n_accepted = batch.n_unchanged = batch.n_quarantined = 0
    batch.save()
