"""Entries as of a past day: what was true on one date, as it was known on another."""

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from fangge.kernel.errors import Invalid
from fangge.kernel.fields import PointField
from fangge.registers.models.address import Address
from fangge.registers.models.change import EntryChange, EntryKind
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.rules.history import Step, is_in_force, values_as_of

Entry = TypeVar("Entry", Address, Dwelling, Occupancy, Organisation, Resident)

KINDS: dict[type[models.Model], EntryKind] = {
    Address: EntryKind.ADDRESS,
    Dwelling: EntryKind.DWELLING,
    Occupancy: EntryKind.OCCUPANCY,
    Organisation: EntryKind.ORGANISATION,
    Resident: EntryKind.RESIDENT,
}


class DateUnreadable(Invalid):
    """A date in the address bar cannot be read."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """Two dates: what was true on the one, as it was known at the end of the other."""

    true_on: date
    known_on: date

    @property
    def known_at(self) -> datetime:
        return datetime.combine(self.known_on, time.max, tzinfo=timezone.get_current_timezone())


def read_as_of(*, true_on: str, known_on: str, now: datetime) -> AsOf | None:
    """Read the two dates of an address bar; none means now, one alone leaves the other today."""
    if not (true_on or known_on):
        return None
    today = timezone.localdate(now)
    return AsOf(_read(true_on, today), _read(known_on, today))


def _read(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError as error:
        raise DateUnreadable(
            f"{text[:20]} is not a date. Write it as year-month-day: 2026-03-01."
        ) from error


def entries_as_of(entries: Iterable[Entry], as_of: AsOf | None) -> list[Entry]:
    """Give copies of these entries as they were, without those nobody knew of yet."""
    held = list(entries)
    if as_of is None or not held:
        return held
    kind = KINDS[type(held[0])]
    steps: defaultdict[int, list[Step]] = defaultdict(list)
    for change in EntryChange.objects.filter(
        kind=kind, entry_id__in=[entry.pk for entry in held]
    ).order_by("-changed_at", "-id"):
        steps[change.entry_id].append(Step(change.changed_at, change.former, change.since))
    return [
        _restore(entry, steps[entry.pk], as_of)
        for entry in held
        if entry.recorded_at <= as_of.known_at
    ]


def in_force(entries: Iterable[Entry], as_of: AsOf | None) -> list[Entry]:
    """Give the entries as they were, and of those only what held on the day; now, all of them."""
    found = entries_as_of(entries, as_of)
    if as_of is None:
        return found
    return [
        entry
        for entry in found
        if is_in_force(entry.starts_on, entry.ends_on, true_on=as_of.true_on)
    ]


def _restore(entry: Entry, steps: list[Step], as_of: AsOf) -> Entry:
    fields = {field.attname: field for field in entry._meta.concrete_fields}  # noqa: SLF001 - Django's documented interface
    touched = {name for step in steps for name in step.former if name in fields}
    if not touched:
        return entry
    current = {name: getattr(entry, name) for name in touched}
    current["origins"] = getattr(entry, "origins", None) or {}
    values = values_as_of(current, steps, known_at=as_of.known_at, true_on=as_of.true_on)
    restored = copy(entry)
    for name, value in values.items():
        if name in fields and value is not current.get(name):
            setattr(restored, name, _as_python(fields[name], value))
    return restored


def _as_python(field: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, PointField):
        return field.from_db_value(value)
    return field.to_python(value)
