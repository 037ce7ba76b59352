"""Erase what has outlived its clock, prove it in the ledger, hold back, and erase again."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import connection, transaction

from fangge.audit.actions import record_act, record_looks
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing
from fangge.kernel.wall import beyond_scope
from fangge.retention.adapters.journal import (
    Known,
    append_journal,
    journal_path,
    read_instant,
    read_journal,
    write_missing,
)
from fangge.retention.models import Erasure, Hold, RetentionRun
from fangge.retention.queries.erasers import (
    DueRow,
    Eraser,
    all_erasers,
    due_rows,
    eraser_of,
    holds_on,
    slice_of,
    walk_rows,
)

RETENTION_LOCK = 7_306_103  # any number of our own: one run at a time


class HeldBack(Conflict):
    """Something still needs what is to be erased; the message says what."""


class HoldUnclear(Invalid):
    """A hold names a resident and a reason."""


def run_retention(
    *, actor: Actor, tell: Callable[[str, int], None], now: datetime
) -> dict[str, int]:
    """Erase everything that is due, slice by slice; give how many of each kind.

    May be killed and run again: what is erased is no longer due. A second run waits for nothing
    and does nothing while a first one is under way.
    """
    actor.require("retention.run")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [RETENTION_LOCK])
        if not cursor.fetchone()[0]:
            return {}
    try:
        write_missing()
        return {one.kind: _run_kind(one, actor, tell, now) for one in all_erasers()}
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RETENTION_LOCK])


def _run_kind(eraser: Eraser, actor: Actor, tell: Callable[[str, int], None], now: datetime) -> int:
    run: RetentionRun | None = None
    after = 0
    while found := slice_of(eraser, due_rows(eraser, now=now), after=after):
        after = found[-1].pk
        run = run or _start(eraser.kind, actor, "clock", now)
        try:
            _erase_slice(eraser, found, run, actor, now)
        except Conflict:  # a link run holds the registers: what is due stays due
            run.refresh_from_db()
            break
        tell(eraser.kind, run.n_erased)
    if run is None:
        return 0
    run.ended_at = now
    run.save(update_fields=["ended_at"])
    return run.n_erased


def _start(kind: str, actor: Actor, cause: str, now: datetime) -> RetentionRun:
    return RetentionRun.objects.create(
        kind=kind, cause=cause, started_at=now, started_by=actor.reference
    )


@transaction.atomic
def _erase_slice(
    eraser: Eraser, found: Sequence[DueRow], run: RetentionRun, actor: Actor, now: datetime
) -> None:
    held = holds_on([row.owner for row in found])
    gone = [row for row in found if row.owner not in held]
    run.n_held += len(found) - len(gone)
    run.n_erased += len(gone)
    run.save(update_fields=["n_held", "n_erased"])
    if gone:
        _erase(eraser, gone, run, actor, now)


def _erase(
    eraser: Eraser, gone: Sequence[DueRow], run: RetentionRun, actor: Actor, now: datetime
) -> None:
    """Erase rows, keep their keyed hashes, and prove it: how many, and a hash over the hashes."""
    eraser.erase(actor, [row.pk for row in gone], now)
    hashes = sorted(row.reference_hash for row in gone)
    Erasure.objects.bulk_create(
        [Erasure(kind=eraser.kind, reference_hash=one, erased_at=now, run=run) for one in hashes],
        ignore_conflicts=True,
    )
    record_act(
        actor=actor,
        verb="retention.erase",
        subject_kind="retention",
        subject_id=f"{eraser.kind}:{run.pk}",
        purpose=run.cause,
        reason=f"n={len(gone)} sha256={hashlib.sha256(b''.join(hashes)).hexdigest()}",
        now=now,
    )
    lines = [((eraser.kind, one.hex()), now.isoformat()) for one in hashes]
    transaction.on_commit(partial(append_journal, lines))


@transaction.atomic
@beyond_scope()
def erase_at_request(
    *, actor: Actor, kind: str, ids: Sequence[int], reason: str, now: datetime
) -> int:
    """Erase these rows now, whatever their clock says; give how many.

    Raises `HeldBack` when something still needs them.
    """
    eraser = eraser_of(kind)
    rows = slice_of(eraser, eraser.holding().filter(pk__in=ids), after=0)
    held = holds_on([row.owner for row in rows])
    if held:
        raise HeldBack("It is held back: " + "; ".join(sorted(set(held.values()))))
    if rows:
        run = _start(kind, actor, reason, now)
        _erase(eraser, rows, run, actor, now)
        run.n_erased, run.ended_at = len(rows), now
        run.save()
    return len(rows)


def erase_again(*, actor: Actor, known: Collection[Known], now: datetime) -> dict[str, int]:
    """Erase in a restored database what was erased since its backup; give how many of each kind."""
    actor.require("retention.run")
    wanted = {(kind, bytes.fromhex(hashed)) for kind, hashed in known}
    told = {}
    for eraser in all_erasers():
        run: RetentionRun | None = None
        for rows in walk_rows(eraser, eraser.holding()):
            gone = [row for row in rows if (eraser.kind, row.reference_hash) in wanted]
            if not gone:
                continue
            with transaction.atomic():
                run = run or _start(eraser.kind, actor, "restore", now)
                run.n_erased += len(gone)
                run.ended_at = now
                run.save()
                _erase(eraser, gone, run, actor, now)
        told[eraser.kind] = run.n_erased if run else 0
    return told


def remember_erasures(*, known: dict[Known, str]) -> None:
    """Let database and journal both know every erasure that either, or a newer backup, knows."""
    Erasure.objects.bulk_create(
        [
            Erasure(kind=kind, reference_hash=bytes.fromhex(hashed), erased_at=read_instant(at))
            for (kind, hashed), at in known.items()
        ],
        ignore_conflicts=True,
        batch_size=2000,
    )
    write_missing()


def read_erasures(path: Path) -> dict[Known, str]:
    """Give every erasure that a journal knows, with when it was."""
    return dict(read_journal(path))


def journal_file() -> Path:
    """Give where the journal of this installation is."""
    return journal_path()


def bring_journal_up_to_date() -> int:
    """Write into the journal what only the database knows."""
    return write_missing()


@transaction.atomic
def hold_resident(*, actor: Actor, resident_code: str, reason: str, now: datetime) -> Hold:
    """Hold back the erasing of a resident, with a reason; a second hold changes nothing."""
    actor.require("retention.hold")
    if not resident_code.strip() or not reason.strip():
        raise HoldUnclear("Name the resident's code and the reason of the hold.")
    held, is_new = Hold.objects.get_or_create(
        resident_code=resident_code.strip(),
        ends_at=None,
        defaults={
            "reason": reason.strip(),
            "starts_at": now,
            "started_by": actor.reference,
        },
    )
    if is_new:
        _keep_hold(actor, held, verb="retention.hold", now=now)
    return held


@transaction.atomic
def release_hold(*, actor: Actor, hold_id: int, now: datetime) -> None:
    """End a hold: what is due goes with the next run."""
    actor.require("retention.hold")
    held = Hold.objects.select_for_update().filter(pk=hold_id, ends_at=None).first()
    if held is None:
        raise Missing(f"There is no hold {hold_id}.")
    held.ends_at, held.ended_by = now, actor.reference
    held.save()
    _keep_hold(actor, held, verb="retention.release", now=now)


def _keep_hold(actor: Actor, held: Hold, *, verb: str, now: datetime) -> None:
    record_looks(
        actor=actor,
        verb=verb,
        subject_kind="resident",
        subject_ids=[held.resident_code],
        fields=(),
        purpose="",
        object_reference=f"hold:{held.pk}",
        now=now,
    )
