"""One entry's history: what was different before, what came in its place, by whom, from where."""

from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangge.kernel.fields import open_vault
from fangge.registers.models.address import Address
from fangge.registers.models.change import EntryChange, EntryKind
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.origins import sources_of_records
from fangge.registers.rules.history import ORIGINS, origin_of

MOST_CHANGES = 100
# Fields told by name; what an entry keeps for its own use, such as origins, is not told.
FIELDS: dict[str, Promise] = {
    "name": _("Name"),
    "full_name": _("Full name"),
    "level": _("Level"),
    "position": _("Position"),
    "grid_id": _("Grid"),
    "address_id": _("Address"),
    "number": _("Number of the dwelling"),
    "use": _("Use"),
    "floor_area_m2": _("Floor area in m²"),
    "kind": _("Kind"),
    "credit_code": _("Credit code"),
    "state": _("State"),
    "sex": _("Sex"),
    "birth_on": _("Born"),
    "identifier_sealed": _("Identity number"),
    "phone_sealed": _("Phone"),
    "starts_on": _("In force from"),
    "ends_on": _("Until"),
}
NAME_OF_PERSON = pgettext_lazy("person", "Name")
SEXES: dict[str, Promise] = {"1": _("male"), "2": _("female")}
PERSONAL = frozenset({"name", "sex", "birth_on", "identifier_sealed", "phone_sealed"})
# Numbers of other tables say nothing to a reader.
UNTOLD_VALUES = frozenset({"grid_id"})
TABLES: dict[EntryKind, type[models.Model]] = {
    EntryKind.ADDRESS: Address,
    EntryKind.DWELLING: Dwelling,
    EntryKind.OCCUPANCY: Occupancy,
    EntryKind.ORGANISATION: Organisation,
    EntryKind.RESIDENT: Resident,
}


@dataclass(frozen=True, slots=True)
class FormerValue:
    """A field before and after a change, and the record that said so; a masked one is not told."""

    field: Promise
    value: str
    became: str = ""
    since: str = ""
    record_id: int | None = None
    source: str = ""
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
    kept = EntryChange.objects.filter(kind=kind, entry_id=entry_id).order_by("-changed_at", "-id")
    found = list(kept[:MOST_CHANGES])
    if not found:
        return []
    masked = frozenset(
        field
        for field in PERSONAL
        if kind == EntryKind.RESIDENT and field.removesuffix("_sealed") not in opened
    )
    told = _tell_each(kind, found, _current(kind, entry_id), masked)
    return [
        Change(
            changed_at=change.changed_at,
            actor=change.actor,
            is_by_fusion=change.actor.startswith("system:"),
            former=former,
        )
        for change, former in zip(found, told, strict=True)
        if former
    ]


def _current(kind: EntryKind, entry_id: int) -> dict[str, Any]:
    return TABLES[kind]._default_manager.filter(pk=entry_id).values().first() or {}  # noqa: SLF001 - Django's documented interface


def _tell_each(
    kind: EntryKind, changes: list[EntryChange], current: dict[str, Any], masked: frozenset[str]
) -> list[list[FormerValue]]:
    """Walk back: what a change brought is what the change after it found, or what holds today."""
    after = dict(current)
    brought: list[dict[str, Any]] = []
    for change in changes:
        brought.append(
            {field: after.get(field) for field in change.former if field in FIELDS}
            | {ORIGINS: after.get(ORIGINS) or {}}
        )
        after |= change.former
    records = {
        origin_of(field, new[ORIGINS]) for new in brought for field in new if field != ORIGINS
    }
    words = _Words(
        kind=kind,
        masked=masked,
        sources=sources_of_records({record for record in records if record is not None}),
        addresses=_name_addresses([change.former for change in changes] + brought),
    )
    return [
        [words.tell(field, change, new) for field in change.former if field in FIELDS]
        for change, new in zip(changes, brought, strict=True)
    ]


def _name_addresses(held: list[dict[str, Any]]) -> dict[int, str]:
    ids = {values["address_id"] for values in held if values.get("address_id") is not None}
    if not ids:
        return {}
    return dict(Address.objects.filter(pk__in=ids).values_list("pk", "full_name"))


@dataclass(frozen=True, slots=True)
class _Words:
    """What is needed to tell a change to a reader."""

    kind: EntryKind
    masked: frozenset[str]
    sources: Mapping[int, str]
    addresses: Mapping[int, str]

    def tell(self, field: str, change: EntryChange, new: Mapping[str, Any]) -> FormerValue:
        is_persons_name = self.kind == EntryKind.RESIDENT and field == "name"
        is_open = field not in self.masked and field not in UNTOLD_VALUES
        record_id = origin_of(field, new[ORIGINS])
        return FormerValue(
            field=NAME_OF_PERSON if is_persons_name else FIELDS[field],
            value=self._value(field, change.former[field], change.entry_id) if is_open else "",
            became=self._value(field, new[field], change.entry_id) if is_open else "",
            since=change.since.get(field, ""),
            record_id=record_id,
            source=self.sources.get(record_id, "") if record_id else "",
            is_masked=field in self.masked,
            is_told=field not in UNTOLD_VALUES,
        )

    def _value(self, field: str, value: Any, entry_id: int) -> str:
        if value is None:
            return ""
        if field == "address_id":
            return self.addresses.get(value, "")
        if field == "sex":
            return str(SEXES.get(value, ""))
        if field.endswith("_sealed"):
            return self._unseal(field, value, entry_id)
        if field == "position":
            return str(value).strip("()") if isinstance(value, str) else f"{value.lon},{value.lat}"
        return str(value)

    def _unseal(self, field: str, value: str | bytes | memoryview, entry_id: int) -> str:
        sealed = b64decode(value) if isinstance(value, str) else bytes(value)
        column = f"registers_{self.kind}.{field.removesuffix('_sealed')}"
        return open_vault().open(sealed, column=column, row=entry_id)
