"""The history of what life events change, and corrections put back by it."""

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.registers.models.change import EntryChange
from fangge.registers.models.resident import Resident

SEALED = ("identifier", "phone")


def plain(value: Any) -> Any:
    """Give a value as the history keeps it: dates as text, ciphertext in base 64."""
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value.isoformat() if isinstance(value, date) else value


def keep_change(
    kind: str, entry_id: int, former: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    EntryChange.objects.create(
        kind=kind, entry_id=entry_id, changed_at=now, actor=actor.reference, former=dict(former)
    )


def uncorrect_resident(resident: Resident, record_id: int, *, actor: Actor, now: datetime) -> None:
    """Put back what each field that still comes from this record held before it."""
    corrected = [name for name, record in resident.origins.items() if record == record_id]
    was = resident.origins
    former: dict[str, Any] = {"origins": was}
    origins = {name: record for name, record in was.items() if name not in corrected}
    for name in corrected:
        column = f"{name}_sealed" if name in SEALED else name
        change = _last_change(resident, column)
        if change is None:
            continue
        former[column] = plain(getattr(resident, column))
        _restore(resident, name, change.former[column])
        if record := change.former.get("origins", {}).get(name):
            origins[name] = record
    resident.origins, resident.changed_at = origins, now
    resident.save()
    keep_change("resident", resident.pk, former, actor=actor, now=now)


def _last_change(resident: Resident, column: str) -> EntryChange | None:
    changes = EntryChange.objects.filter(kind="resident", entry_id=resident.pk)
    return changes.filter(former__has_key=column).order_by("-id").first()


def _restore(resident: Resident, name: str, value: str | None) -> None:
    if name in SEALED:
        sealed = base64.b64decode(value) if value else None
        column = f"registers_resident.{name}"
        vault = open_vault()
        text = vault.open(sealed, column=column, row=resident.pk) if sealed else None
        hashed = vault.hash_text(text, column=column) if text is not None else None
        setattr(resident, f"{name}_sealed", sealed)
        setattr(resident, f"{name}_hash", hashed)
    elif name == "birth_on":
        resident.birth_on = date.fromisoformat(value) if value else None
    else:
        setattr(resident, name, value or "")
