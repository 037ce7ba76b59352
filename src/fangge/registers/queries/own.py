"""What a resident is shown of their own entry: asked for by the portal, for one resident."""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from fangge.kernel.fields import open_vault
from fangge.kernel.wall import beyond_scope
from fangge.registers.models.change import EntryKind
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident
from fangge.registers.queries.leads import entries_led_to
from fangge.registers.queries.origins import sources_of_records
from fangge.registers.queries.timeline import Change, changes_of

FIELDS = ("name", "sex", "birth_on", "identifier", "phone")


@dataclass(frozen=True, slots=True)
class OwnFact:
    """One field as it is held, and the source it comes from."""

    field: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class OwnPlace:
    kind: str
    label: str
    address: str
    starts_on: date | None
    ends_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class OwnEntry:
    code: str
    ends_on: date | None
    facts: list[OwnFact]
    places: list[OwnPlace]
    changes: list[Change]


def has_identifier(resident: Resident) -> bool:
    return resident.identifier_hash is not None


def is_identified_by(resident: Resident, number: str) -> bool:
    """Tell whether this is exactly the resident's identity number."""
    hashed = open_vault().hash_text(number, column="registers_resident.identifier")
    return hmac.compare_digest(bytes(resident.identifier_hash or b""), hashed)


@beyond_scope()  # what was joined to an entry stands nowhere any longer
def codes_of_own(resident_id: int) -> list[str]:
    """Give the register codes of a resident: their own, and those joined to it."""
    ids = [resident_id, *entries_led_to("resident", resident_id)]
    return list(Resident.objects.filter(pk__in=ids).order_by("id").values_list("code", flat=True))


def own_entry(resident_id: int) -> OwnEntry | None:
    """Give everything the register holds of a resident, opened, each with its source."""
    resident = Resident.objects.filter(pk=resident_id).first()
    if resident is None:
        return None
    held = list(
        Occupancy.objects.filter(resident=resident)
        .select_related("address")
        .order_by("-starts_on", "id")
    )
    records = {*resident.origins.values(), *(one.record_id for one in held)}
    sources = sources_of_records({one for one in records if isinstance(one, int)})
    return OwnEntry(
        code=resident.code,
        ends_on=resident.ends_on,
        facts=[
            OwnFact(name, _value(resident, name), _source(resident.origins, name, sources))
            for name in FIELDS
        ],
        places=[
            OwnPlace(
                one.kind,
                str(one.get_kind_display()),
                one.address.full_name,
                one.starts_on,
                one.ends_on,
                sources.get(one.record_id, ""),
            )
            for one in held
        ],
        changes=changes_of(EntryKind.RESIDENT, resident.pk, opened=FIELDS),
    )


def _source(origins: Mapping[str, Any], name: str, sources: Mapping[int, str]) -> str:
    record = origins.get(name)
    return sources.get(record, "") if isinstance(record, int) else ""


def _value(resident: Resident, name: str) -> str:
    if name in {"identifier", "phone"}:
        sealed = getattr(resident, f"{name}_sealed")
        column = f"registers_resident.{name}"
        if sealed is None:
            return ""
        return open_vault().open(bytes(sealed), column=column, row=resident.pk)
    held = getattr(resident, name)
    return "" if held is None else str(held)


def standing_residents() -> QuerySet[Resident]:
    """Give the residents that were not emptied, for retention."""
    return Resident.objects.exclude(name="", identifier_hash=None, origins={})


def ids_of_codes(codes: Collection[str]) -> dict[str, int]:
    return dict(Resident.objects.filter(code__in=codes).values_list("code", "pk"))
