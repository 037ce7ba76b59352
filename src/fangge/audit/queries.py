"""Entries about a subject or by an actor, and what is sealed of them."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from fangge.audit.models import Entry, Tile, TreeHead
from fangge.kernel.actor import Actor

CHUNK = 5_000


def entries_visible_to(actor: Actor) -> QuerySet[Entry]:
    """Give the trail, newest first; the auditor's alone."""
    actor.require("audit.see")
    return Entry.objects.order_by("-id")


def find_entries(
    *, actor: Actor, text: str = "", before: int | None = None, n_most: int = 50
) -> list[Entry]:
    """Give entries whose actor, verb, subject or purpose is this text, newest first."""
    found = entries_visible_to(actor)
    if text:
        found = found.filter(Q(actor=text) | Q(verb=text) | Q(subject_id=text) | Q(purpose=text))
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found[:n_most])


def count_unsealed() -> int:
    return Entry.objects.filter(place__isnull=True).count()


def unsealed_entries(n_most: int) -> list[Entry]:
    return list(Entry.objects.filter(place__isnull=True).order_by("id")[:n_most])


def sealed_entry(place: int) -> Entry | None:
    return Entry.objects.filter(place=place).first()


def last_sealed() -> Entry | None:
    return Entry.objects.filter(place__isnull=False).order_by("-place").first()


def sealed_entries() -> Iterator[Entry]:
    """Go through the sealed entries in order, without holding them all."""
    held = Entry.objects.filter(place__isnull=False).order_by("place")
    return held.iterator(chunk_size=CHUNK)


def leaves_between(start: int, end: int) -> list[bytes]:
    """Give the leaves from a place to another, the last not included."""
    held = Entry.objects.filter(place__gte=start, place__lt=end).order_by("place")
    return [bytes(leaf or b"") for leaf in held.values_list("leaf", flat=True)]


def tiles_between(start: int, end: int) -> list[bytes]:
    """Give the roots of the tiles from one to another, the last not included."""
    held = Tile.objects.filter(place__gte=start, place__lt=end).order_by("place")
    return [bytes(root) for root in held.values_list("root", flat=True)]


def last_head() -> TreeHead | None:
    """Give the newest signed head."""
    return TreeHead.objects.order_by("-size").first()


def all_heads() -> list[TreeHead]:
    return list(TreeHead.objects.order_by("size"))


def entries_about(
    subject_kind: str, subject_ids: Collection[str], *, before: int | None, n_most: int
) -> list[Entry]:
    """Give the entries about these subjects, newest first: for whom they are about."""
    found = Entry.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids)
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:n_most])


def entry_about(subject_kind: str, subject_ids: Collection[str], *, entry_id: int) -> Entry | None:
    """Give this entry, if it is about one of these subjects."""
    found = Entry.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids)
    return found.filter(pk=entry_id).first()


def looks_between(
    *, actor: Actor, by: str, starts_at: datetime, ends_at: datetime, n_most: int = 500
) -> list[Entry]:
    """Give what somebody looked at or did within a time, in order; for who reviews it."""
    actor.require("emergency.see")
    found = Entry.objects.filter(actor=by, at__gte=starts_at, at__lte=ends_at)
    return list(found.order_by("id")[:n_most])
