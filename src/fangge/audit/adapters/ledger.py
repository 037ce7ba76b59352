"""Entries to the ledger's engine and back, proofs, and the keeper's key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from fangge.audit.models import Entry, TreeHead
from fangge.audit.queries import leaves_between, sealed_entries, tiles_between
from fangge.engine.ledger.chain import (
    FIRST_LINK,
    Fault,
    Head,
    find_fault,
    join_link,
    public_key,
    sign_head,
    write_content,
)
from fangge.engine.ledger.chain import Entry as LedgerEntry
from fangge.engine.ledger.merkle import (
    find_root,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
)

TILE = 256


@dataclass(frozen=True, slots=True)
class Sealed:
    """The hashes of an entry at its place."""

    place: int
    leaf: bytes
    link: bytes


def as_content(entry: Entry, place: int) -> dict[str, object]:
    """Give an entry's content as it is hashed, so that it reads back the same."""
    return {
        "place": place,
        "at": write_instant(entry.at),
        "actor": entry.actor,
        "verb": entry.verb,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "fields": list(entry.fields),
        "purpose": entry.purpose,
        "object_reference": entry.object_reference,
        "reason": entry.reason,
        "address": entry.address,
    }


def write_instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seal_entries(entries: Sequence[Entry], last: Entry | None) -> list[Sealed]:
    """Give the entries that follow the last sealed one their places and hashes."""
    first = 0 if last is None or last.place is None else last.place + 1
    link = FIRST_LINK if last is None else bytes(last.link or b"")
    sealed = []
    for place, entry in enumerate(entries, start=first):
        leaf = hash_leaf(write_content(as_content(entry, place)))
        link = join_link(link, leaf)
        sealed.append(Sealed(place, leaf, link))
    return sealed


def close_tiles(first: int, size: int) -> list[bytes]:
    """Give the roots of the tiles that became full when a ledger grew from `first` to `size`."""
    begin = first // TILE * TILE
    leaves = leaves_between(begin, size // TILE * TILE)
    return [find_root(leaves[i : i + TILE]) for i in range(0, len(leaves), TILE)]


def sign_size(size: int, link: bytes, at: datetime) -> tuple[Head, bytes]:
    """Make a head over the first `size` entries, and sign it."""
    head = Head(size, find_subtree(0, size), link, write_instant(at))
    return head, sign_head(head, bytes.fromhex(settings.LEDGER_KEY))


def find_subtree(start: int, end: int) -> bytes:
    """Give the root over the sealed entries from a place to another, the last not included."""
    last_tile = end // TILE
    if start % TILE or last_tile <= start // TILE:
        return find_root(leaves_between(start, end))
    rest = leaves_between(last_tile * TILE, end)
    return find_root([*tiles_between(start // TILE, last_tile), *([find_root(rest)] * bool(rest))])


def prove_place(place: int, size: int) -> list[str]:
    """Prove that the first `size` entries hold the one at a place."""
    return [step.hex() for step in prove_inclusion(place, size, find_subtree)]


def prove_since(old: int, size: int) -> list[str]:
    """Prove that the first `old` of `size` entries are what they were."""
    return [step.hex() for step in prove_consistency(old, size, find_subtree)]


def keeper_key() -> str:
    """Give the public key that this installation signs its heads with, in hex."""
    return public_key(bytes.fromhex(settings.LEDGER_KEY)).hex()


def as_head(held: TreeHead) -> tuple[Head, bytes]:
    """Give a head as the ledger's engine knows it, and its signature."""
    head = Head(held.size, bytes(held.root), bytes(held.link), write_instant(held.signed_at))
    return head, bytes(held.signature)


def tell_head(held: TreeHead) -> dict[str, object]:
    """Give a head as it is published."""
    head, signature = as_head(held)
    return {
        "size": head.size,
        "root": head.root.hex(),
        "link": head.link.hex(),
        "at": head.at,
        "signature": signature.hex(),
    }


def walk_ledger() -> Iterator[LedgerEntry]:
    """Go through the sealed entries in order."""
    for entry in sealed_entries():
        place = entry.place or 0
        yield LedgerEntry(
            place, as_content(entry, place), bytes(entry.leaf or b""), bytes(entry.link or b"")
        )


def find_ledger_fault(heads: Sequence[TreeHead]) -> Fault | None:
    """Find the first entry in the database that was tampered with."""
    return find_fault(walk_ledger(), [as_head(head) for head in heads], bytes.fromhex(keeper_key()))
