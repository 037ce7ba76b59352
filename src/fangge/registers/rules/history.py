"""Unwind an entry's changes: what was known at an instant of what was true on a date."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

CHANGING = frozenset(
    {
        "name",
        "full_name",
        "kind",
        "use",
        "state",
        "address_id",
        "parent_id",
        "building_id",
        "grid_id",
        "phone_sealed",
        "phone_hash",
    }
)
"""What changes in the world, from a date on. A change of anything else mends what never was so."""

ORIGINS = "origins"
ORIGIN_NAMES: Mapping[str, tuple[str, ...]] = {
    "identifier_sealed": ("identifier",),
    "phone_sealed": ("phone",),
    "address_id": ("address", "address_code"),
    "grid_id": ("grid", "address_code"),
    "starts_on": ("starts_on", "founded_on"),
}
"""Under which names the origin of a column may stand, where they are not its own."""


class Step(NamedTuple):
    """One change of an entry: what each field held before, and since when the new value holds."""

    changed_at: datetime
    former: Mapping[str, Any]
    since: Mapping[str, str] = {}


def values_as_of(
    current: Mapping[str, Any], steps: Iterable[Step], *, known_at: datetime, true_on: date
) -> dict[str, Any]:
    """Give an entry's values as they were known at an instant to be true on a date.

    `current` has the fields of today, with the record that each came from under `origins`;
    `steps` come newest first.
    """
    values = dict(current)
    settled: set[str] = set()
    for step in steps:
        if step.changed_at > known_at:
            values.update(step.former)
        else:
            _step_back(values, step, settled, true_on)
    return values


def _step_back(values: dict[str, Any], step: Step, settled: set[str], true_on: date) -> None:
    """Undo what this change says of a later time; below what holds already, nothing counts."""
    origins = step.former.get(ORIGINS)
    for field, former in step.former.items():
        if field == ORIGINS or field in settled:
            continue
        if field not in CHANGING or starts_on(step, field) <= true_on:
            settled.add(field)
            continue
        values[field] = former
        if origins is not None:
            kept = {name: origins.get(name) for name in origin_names(field)}
            values[ORIGINS] = values.get(ORIGINS, {}) | kept


def origin_names(field: str) -> tuple[str, ...]:
    return ORIGIN_NAMES.get(field, (field,))


def origin_of(field: str, origins: Mapping[str, int | None]) -> int | None:
    """Give the record that a column's value came from, if any is named."""
    found = (origins.get(name) for name in origin_names(field))
    return next((record for record in found if record is not None), None)


def starts_on(step: Step, field: str) -> date:
    """Give the date from which a change's new value holds: its source's, or the day it came."""
    said = step.since.get(field)
    return date.fromisoformat(said) if said else step.changed_at.date()


def is_in_force(starts: date | None, ends: date | None, *, true_on: date) -> bool:
    """Tell whether a period holds on a date; its end is excluded."""
    return (starts is None or starts <= true_on) and (ends is None or ends > true_on)
