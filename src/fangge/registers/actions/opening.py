"""Open a personal record for a stated purpose, and keep that it was opened."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid
from fangge.kernel.fields import open_vault
from fangge.registers.models.resident import Resident
from fangge.registers.queries.asof import AsOf
from fangge.registers.queries.entries import as_it_was, get_resident
from fangge.registers.rules.masking import PURPOSES, fields_for


class PurposeUnknown(Invalid):
    """A personal record opens only for one of the listed purposes."""


@dataclass(frozen=True, slots=True)
class OpenedResident:
    """What a purpose opened; a field beyond it is None and stays masked on the screen."""

    name: str | None
    sex: str | None
    birth_on: date | None
    identifier: str | None
    phone: str | None


@transaction.atomic
def open_resident(
    *, actor: Actor, resident_id: int, purpose: str, as_of: AsOf | None = None, now: datetime
) -> OpenedResident:
    """Open the fields of a resident that this purpose needs; the look is logged with it.

    As of a day, the fields hold what they then held.
    """
    resident = as_it_was(get_resident(actor=actor, resident_id=resident_id), as_of)
    actor.require("residents.open")
    if purpose not in PURPOSES:
        raise PurposeUnknown("Choose what you open this record for.")
    fields = fields_for(purpose)
    record_act(
        actor=actor,
        verb="residents.open",
        subject_kind="resident",
        subject_id=resident.code,
        fields=sorted(fields),
        purpose=purpose,
        now=now,
    )
    return OpenedResident(
        name=resident.name if "name" in fields else None,
        sex=resident.sex if "sex" in fields else None,
        birth_on=resident.birth_on if "birth_on" in fields else None,
        identifier=_unseal(resident, "identifier") if "identifier" in fields else None,
        phone=_unseal(resident, "phone") if "phone" in fields else None,
    )


def _unseal(resident: Resident, field: str) -> str | None:
    sealed = getattr(resident, f"{field}_sealed")
    return (
        None if sealed is None else open_vault().open(sealed, column=f"registers_resident.{field}")
    )
