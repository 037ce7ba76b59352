"""Who erases each kind, and who holds it back: apps say so when they start."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import QuerySet

from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.retention.models import Hold
from fangge.retention.rules import KINDS

REFERENCE = "retention_erasure.reference"
A_SLICE = 500


@dataclass(frozen=True, slots=True)
class Eraser:
    """What still holds data of a kind, when its clock began, and how it is erased."""

    kind: str
    holding: Callable[[], QuerySet[Any]]
    clock: str
    # A moment that is the row's own: numbers are given anew after a restore, it is not.
    born: str
    erase: Callable[[Actor, Sequence[int], datetime], None]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class DueRow:
    pk: int
    reference_hash: bytes
    owner: str


Holder = Callable[[Collection[str]], dict[str, str]]
_erasers: dict[str, Eraser] = {}
_holders: list[Holder] = []


def erase_by(eraser: Eraser) -> None:
    """Let this eraser erase its kind."""
    _erasers[eraser.kind] = eraser


def hold_by(holder: Holder) -> None:
    """Let this function say which residents are held back, each with the reason."""
    if holder not in _holders:
        _holders.append(holder)


def all_erasers() -> list[Eraser]:
    return [_erasers[kind] for kind in KINDS if kind in _erasers]


def eraser_of(kind: str) -> Eraser:
    return _erasers[kind]


def due_rows(eraser: Eraser, *, now: datetime) -> QuerySet[Any]:
    """Give what of this kind has outlived its clock."""
    days = KINDS[eraser.kind].days
    if days is None:
        return eraser.holding().none()
    before: Any = now - timedelta(days=days)
    held = eraser.holding()
    field = _field_of(held.model, eraser.clock)
    if not isinstance(field, models.DateTimeField):
        before = before.date()
    return held.filter(**{f"{eraser.clock}__lt": before})


def _field_of(model: type[models.Model], path: str) -> Any:
    first, _, rest = path.partition("__")
    field = model._meta.get_field(first)  # noqa: SLF001 - Django's documented interface
    if rest and field.related_model and not isinstance(field.related_model, str):
        return _field_of(field.related_model, rest)
    return field


def slice_of(eraser: Eraser, rows: QuerySet[Any], *, after: int) -> list[DueRow]:
    """Give the next rows by number, each with the keyed hash that it is known by."""
    names = ["pk", eraser.born, *([eraser.owner] if eraser.owner else [])]
    found = rows.filter(pk__gt=after).order_by("pk").values_list(*names)[:A_SLICE]
    vault = open_vault()
    return [
        DueRow(
            row[0],
            vault.hash_text(f"{eraser.kind}:{row[0]}:{row[1].isoformat()}", column=REFERENCE),
            row[2] if eraser.owner else "",
        )
        for row in found
    ]


def walk_rows(eraser: Eraser, rows: QuerySet[Any]) -> Iterator[list[DueRow]]:
    """Go through rows slice by slice; what is erased on the way does not matter."""
    after = 0
    while found := slice_of(eraser, rows, after=after):
        after = found[-1].pk
        yield found


def holds_on(codes: Collection[str]) -> dict[str, str]:
    """Give why each of these residents is held back; those who are not are left out."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    held = dict(
        Hold.objects.filter(resident_code__in=wanted, ends_at=None).values_list(
            "resident_code", "reason"
        )
    )
    for holder in _holders:
        held = holder(wanted) | held
    return held
