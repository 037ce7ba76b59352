"""Entries as other screens name them, and which fields a purpose opens."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.leads import entry_behind
from fangge.registers.rules.masking import mask_name, mask_number
from fangge.registers.rules.purposes import fields_for


@dataclass(frozen=True, slots=True)
class EntryLabel:
    """An entry's code and its name, a resident's masked."""

    entry_id: int
    code: str
    name: str
    ends_on: date | None
    origins: Mapping[str, int]


def label_entries(kind: str, entry_ids: Collection[int]) -> dict[int, EntryLabel]:
    """Name these residents, organisations or dwellings."""
    if kind == "dwelling":
        homes = Dwelling.objects.filter(pk__in=entry_ids).select_related("address")
        return {
            one.pk: EntryLabel(one.pk, one.code, one.address.full_name, one.ends_on, one.origins)
            for one in homes
        }
    if kind == "organisation":
        firms = Organisation.objects.filter(pk__in=entry_ids)
        return {
            one.pk: EntryLabel(one.pk, one.code, one.name, one.ends_on, one.origins)
            for one in firms
        }
    residents = Resident.objects.filter(pk__in=entry_ids)
    return {
        one.pk: EntryLabel(one.pk, one.code, mask_name(one.name), one.ends_on, one.origins)
        for one in residents
    }


def opened_by(purpose: str) -> frozenset[str]:
    """Give the fields of a resident that a purpose opens."""
    return fields_for(purpose)


MASKS: Mapping[str, Callable[[str], str]] = {
    "name": mask_name,
    "representative": mask_name,
    "identifier": mask_number,
    "phone": mask_number,
    "birth_on": lambda text: "".join("*" if one.isdigit() else one for one in text),
    "sex": lambda text: "*" * len(text),
}


def mask_field(kind: str, field: str, text: str) -> str:
    """Show what may be seen of a field without a purpose; an organisation's name is public."""
    if kind == "organisation" and field == "name":
        return text
    return MASKS[field](text) if field in MASKS else text


def is_masked(kind: str, field: str) -> bool:
    return field in MASKS and not (kind == "organisation" and field == "name")


def lead_of(kind: str, entry_id: int) -> EntryLabel | None:
    """Name the entry that speaks for one that was joined to it; none for one that stands."""
    end = entry_behind(kind, entry_id)
    return None if end == entry_id else label_entries(kind, [end]).get(end)
