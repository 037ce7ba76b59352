"""One entry's history: what was different before, and who changed it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangge.registers.models.address import Address
from fangge.registers.models.change import EntryChange, EntryKind

MOST_CHANGES = 100
# Fields told by name; what an entry keeps for its own use, such as origins, is not told.
FIELDS: dict[str, Promise] = {
    "name": _("Name"),
    "full_name": _("Full name"),
    "level": _("Level"),
    "position": _("Position"),
    "grid_id": _("Grid"),
    "address_id": _("Address"),
    "use": _("Use"),
    "floor_area_m2": _("Floor area in m²"),
    "kind": _("Kind"),
    "credit_code": _("Credit code"),
    "state": _("State"),
    "sex": _("Sex"),
    "birth_on": _("Born"),
    "starts_on": _("In force from"),
    "ends_on": _("Until"),
}
NAME_OF_PERSON = pgettext_lazy("person", "Name")
SEXES: dict[str, Promise] = {"1": _("male"), "2": _("female")}
PERSONAL = frozenset({"name", "sex", "birth_on"})
# Numbers of other tables say nothing to a reader.
UNTOLD_VALUES = frozenset({"grid_id"})


@dataclass(frozen=True, slots=True)
class FormerValue:
    """A field's value before a change; a masked one is not told."""

    field: Promise
    value: str
    is_masked: bool = False
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    changed_at: datetime
    actor: str
    is_by_fusion: bool
    former: list[FormerValue]


def changes_of(
    kind: EntryKind, entry_id: int, *, opened: Collection[str] = frozenset()
) -> list[Change]:
    """Give an entry's changes, newest first; of a resident only the opened fields' values."""
    kept = EntryChange.objects.filter(kind=kind, entry_id=entry_id).order_by("-changed_at")
    masked = PERSONAL - set(opened) if kind == EntryKind.RESIDENT else frozenset()
    changes = [
        Change(
            changed_at=change.changed_at,
            actor=change.actor,
            is_by_fusion=change.actor.startswith("system:"),
            former=[
                _tell(kind, field, value, is_masked=field in masked)
                for field, value in change.former.items()
                if field in FIELDS
            ],
        )
        for change in kept[:MOST_CHANGES]
    ]
    return [change for change in changes if change.former]


def _tell(kind: EntryKind, field: str, value: Any, *, is_masked: bool) -> FormerValue:
    is_persons_name = kind == EntryKind.RESIDENT and field == "name"
    label = NAME_OF_PERSON if is_persons_name else FIELDS[field]
    if is_masked:
        return FormerValue(label, "", is_masked=True)
    if field in UNTOLD_VALUES:
        return FormerValue(label, "", is_told=False)
    if field == "address_id" and value is not None:
        held = Address.objects.filter(pk=value).values_list("full_name", flat=True)
        return FormerValue(label, "".join(held))
    if field == "sex":
        return FormerValue(label, str(SEXES.get(value, "")))
    return FormerValue(label, "" if value is None else str(value))
