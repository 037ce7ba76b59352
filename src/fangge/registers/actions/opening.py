"""Open a personal record for a stated purpose, and keep that it was opened."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from fangge.audit.actions import record_looks
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid
from fangge.kernel.fields import open_vault
from fangge.registers.models.resident import Resident
from fangge.registers.queries.asof import AsOf
from fangge.registers.queries.entries import as_it_was, get_resident
from fangge.registers.queries.matters import is_about, matters_about
from fangge.registers.rules.purposes import PURPOSES, fields_for, kinds_for


class PurposeUnknown(Invalid):
    """A personal record opens only for one of the listed purposes."""


class MatterUnknown(Invalid):
    """There is no such matter about this resident, or the purpose is not tied to its kind."""


class MatterNeeded(Invalid):
    """There is a matter on file for this purpose: the look is tied to it."""


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
    *,
    actor: Actor,
    resident_id: int,
    purpose: str,
    matter: str = "",
    as_of: AsOf | None = None,
    now: datetime,
) -> OpenedResident:
    """Open the fields of a resident that this purpose needs; the look is logged with it.

    `matter` is what the look is for, such as `request:12`. As of a day, the fields hold what they
    then held. Raises `MatterNeeded` where there is one on file and none is named.
    """
    resident = as_it_was(get_resident(actor=actor, resident_id=resident_id), as_of)
    actor.require("residents.open")
    if purpose not in PURPOSES:
        raise PurposeUnknown("Choose what you open this record for.")
    _check_matter(actor, resident_id, purpose, matter)
    fields = fields_for(purpose)
    record_looks(
        actor=actor,
        verb="residents.open",
        subject_kind="resident",
        subject_ids=[resident.code],
        fields=sorted(fields),
        purpose=purpose,
        object_reference=matter,
        now=now,
    )
    return OpenedResident(
        name=resident.name if "name" in fields else None,
        sex=resident.sex if "sex" in fields else None,
        birth_on=resident.birth_on if "birth_on" in fields else None,
        identifier=_unseal(resident, "identifier") if "identifier" in fields else None,
        phone=_unseal(resident, "phone") if "phone" in fields else None,
    )


def _check_matter(actor: Actor, resident_id: int, purpose: str, matter: str) -> None:
    if matter:
        is_fitting = matter.partition(":")[0] in kinds_for(purpose)
        if not is_fitting or not is_about(actor=actor, reference=matter, resident_id=resident_id):
            raise MatterUnknown("There is no such matter about this resident for this purpose.")
    elif matters_about(actor=actor, resident_id=resident_id, purpose=purpose):
        raise MatterNeeded("There is a matter on file for this purpose: choose it.")


def _unseal(resident: Resident, field: str) -> str | None:
    sealed = getattr(resident, f"{field}_sealed")
    if sealed is None:
        return None
    return open_vault().open(sealed, column=f"registers_resident.{field}", row=resident.pk)
