"""Record who did or saw what, seal what was recorded into the ledger, and prove it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection, transaction

from fangge.audit.adapters.ledger import (
    TILE,
    Sealed,
    as_content,
    close_tiles,
    find_ledger_fault,
    keeper_key,
    prove_place,
    prove_since,
    seal_entries,
    sign_size,
    tell_head,
    walk_ledger,
)
from fangge.audit.models import Entry, Tile, TreeHead
from fangge.audit.queries import (
    all_heads,
    last_head,
    last_sealed,
    sealed_entry,
    unsealed_entries,
)
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing

SEAL_LOCK = 7_306_102  # any number of our own: one sealing at a time
MOST_SEALED = 20_000
"""Entries that one transaction seals; the next one goes on."""


class EntryUnknown(Missing):
    """No signed head holds an entry of this place."""


def record_act(
    *,
    actor: Actor,
    verb: str,
    subject_kind: str,
    subject_id: str,
    now: datetime,
    fields: Sequence[str] = (),
    purpose: str = "",
    reason: str = "",
) -> None:
    """Append an act or a look to the trail, in the caller's transaction."""
    Entry.objects.create(
        at=now,
        actor=actor.reference,
        verb=verb,
        subject_kind=subject_kind,
        subject_id=subject_id,
        fields=list(fields),
        purpose=purpose,
        reason=reason,
    )


def seal_ledger(*, now: datetime) -> int:
    """Seal every entry that is not sealed yet, and sign a head over all; give how many.

    A second sealing waits for the first. Entries of transactions that are still under way are
    sealed by the next one.
    """
    n_sealed = 0
    while n_here := _seal_some(now=now):
        n_sealed += n_here
    return n_sealed


@transaction.atomic
def _seal_some(*, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
    entries = unsealed_entries(MOST_SEALED)
    sealed = seal_entries(entries, last_sealed())
    if not sealed:
        return 0
    first, size = sealed[0].place, sealed[-1].place + 1
    _write_seals([entry.pk for entry in entries], sealed)
    Tile.objects.bulk_create(
        Tile(place=place, root=root)
        for place, root in enumerate(close_tiles(first, size), start=first // TILE)
    )
    head, signature = sign_size(size, sealed[-1].link, now)
    TreeHead.objects.create(
        size=size, root=head.root, link=head.link, signed_at=now, signature=signature
    )
    return len(sealed)


def _write_seals(ids: Sequence[int], sealed: Sequence[Sealed]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry entry SET place = seal.place, leaf = seal.leaf, link = seal.link "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[]) "
            "AS seal (id, place, leaf, link) WHERE entry.id = seal.id",
            [
                list(ids),
                [seal.place for seal in sealed],
                [seal.leaf for seal in sealed],
                [seal.link for seal in sealed],
            ],
        )


def prove_entry(*, place: int) -> dict[str, object]:
    """Give an entry with the proof that the newest signed head holds it.

    Raises `EntryUnknown` when no head holds such an entry yet.
    """
    head, entry = last_head(), sealed_entry(place)
    if head is None or entry is None or not 0 <= place < head.size:
        raise EntryUnknown(f"No signed head holds an entry {place} yet. Try again in a minute.")
    return {
        "format": "fangge-proof-1",
        "key": keeper_key(),
        "entry": as_content(entry, place),
        "path": prove_place(place, head.size),
        "head": tell_head(head),
    }


def publish_head(*, since: int = 0) -> dict[str, object]:
    """Give the newest head, and the proof that it goes on the one of `since` entries."""
    head = last_head()
    told: dict[str, object] = {
        "format": "fangge-head-1",
        "key": keeper_key(),
        "head": None if head is None else tell_head(head),
    }
    if head is not None and 0 < since <= head.size:
        told |= {"since": since, "consistency": prove_since(since, head.size)}
    return told


def export_ledger() -> Iterator[dict[str, object]]:
    """Give the whole ledger, a line at a time: its key, its entries, its signed heads."""
    yield {"format": "fangge-ledger-1", "key": keeper_key()}
    for entry in walk_ledger():
        yield {"entry": entry.content, "leaf": entry.leaf.hex(), "link": entry.link.hex()}
    for head in all_heads():
        yield {"head": tell_head(head)}


def check_ledger() -> tuple[int, str]:
    """Check the ledger in the database; give its size, and what is wrong or nothing."""
    fault = find_ledger_fault(all_heads())
    last = last_sealed()
    size = 0 if last is None or last.place is None else last.place + 1
    return size, "" if fault is None else f"{fault.kind} at entry {fault.place}: {fault.told}"


def record_looks(
    *,
    actor: Actor,
    verb: str,
    subject_kind: str,
    subject_ids: Sequence[str],
    fields: Sequence[str],
    purpose: str,
    object_reference: str,
    now: datetime,
) -> None:
    """Append one entry for each subject of a bulk look, in the caller's transaction."""
    Entry.objects.bulk_create(
        [
            Entry(
                at=now,
                actor=actor.reference,
                verb=verb,
                subject_kind=subject_kind,
                subject_id=subject_id,
                fields=list(fields),
                purpose=purpose,
                object_reference=object_reference,
            )
            for subject_id in subject_ids
        ],
        batch_size=2000,
    )
