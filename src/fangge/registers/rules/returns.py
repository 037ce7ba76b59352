"""Departmental returns: what each register offers, what a purpose allows, what is held already."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fangge.registers.rules.masking import RETURNED_FOR, returnable_for

FRESH_DAYS = 30
MOST_ROWS = 200_000
NAMING = frozenset({"name", "birth_on"})
NARROW_AREAS = frozenset({"community", "grid"})
"""A list that names persons is of a community at most: the registers give no list of a district."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field a return can have: its English name, and the expression that reads it."""

    label: str
    reads: str
    is_personal: bool = False
    groups: bool = False  # coarse enough to count by


PLACE = {
    "subdistrict": Column("Subdistrict", "subdistrict.name", groups=True),
    "community": Column("Community", "community.name", groups=True),
    "grid": Column("Grid", "grid.name", groups=True),
    "address": Column("Address", "address.full_name"),
}
YEAR = "extract(year FROM resident.birth_on)::int"
BIRTH_YEAR = Column("Year of birth", YEAR, is_personal=True)

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "resident": {
        **PLACE,
        "name": Column("Name of the person", "resident.name", is_personal=True),
        "sex": Column("Sex", "resident.sex", is_personal=True, groups=True),
        "birth_on": Column("Born", "resident.birth_on", is_personal=True),
        "birth_year": BIRTH_YEAR,
        "age_group": Column(
            "Age group",
            "CASE WHEN resident.birth_on IS NULL THEN NULL ELSE width_bucket(extract(year FROM "
            "age(%(day)s, resident.birth_on))::int, ARRAY[0, 7, 18, 35, 60, 80]) END",
            groups=True,
        ),
        "since": Column("From", "held.starts_on"),
    },
    "dwelling": {
        **PLACE,
        "code": Column("Code", "dwelling.code"),
        "use": Column("Use", "dwelling.use", groups=True),
        "floor_area_m2": Column("Floor area in m²", "dwelling.floor_area_m2"),
    },
    "organisation": {
        **PLACE,
        "name": Column("Name", "firm.name"),
        "credit_code": Column("Credit code", "firm.credit_code"),
        "kind": Column("Kind", "firm.kind", groups=True),
        "state": Column("State", "firm.state", groups=True),
        "since": Column("From", "firm.starts_on"),
    },
}
AREAS = ("subdistrict", "community", "grid")
FROM: Mapping[str, str] = {
    "resident": (
        "registers_occupancy held JOIN registers_resident resident "
        "ON resident.id = held.resident_id "
        "JOIN registers_address address ON address.id = held.address_id"
    ),
    "dwelling": (
        "registers_dwelling dwelling JOIN registers_address address "
        "ON address.id = dwelling.address_id"
    ),
    "organisation": (
        "registers_organisation firm JOIN registers_address address ON address.id = firm.address_id"
    ),
}
HOLDS: Mapping[str, str] = {
    "resident": (
        "held.kind = 'resident' AND (held.starts_on IS NULL OR held.starts_on <= %(day)s) "
        "AND (held.ends_on IS NULL OR held.ends_on > %(day)s)"
    ),
    "dwelling": (
        "dwelling.holds_address AND (dwelling.ends_on IS NULL OR dwelling.ends_on > %(day)s)"
    ),
    "organisation": (
        "(firm.starts_on IS NULL OR firm.starts_on <= %(day)s) "
        "AND (firm.ends_on IS NULL OR firm.ends_on > %(day)s)"
    ),
}
ROW: Mapping[str, str] = {
    "resident": "resident.id",
    "dwelling": "dwelling.id",
    "organisation": "firm.id",
}
SUBJECT: Mapping[str, str] = {
    "resident": "resident.code",
    "dwelling": "dwelling.code",
    "organisation": "firm.code",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a return asks of the registers, by which two returns are compared."""

    register: str
    fields: frozenset[str]
    grid_ids: frozenset[int] | None  # none is the whole district
    is_total: bool
    day: date


def groups_of(register: str) -> tuple[str, ...]:
    """Give what a register can be counted by besides areas."""
    columns = COLUMNS[register].items()
    return tuple(name for name, column in columns if column.groups and name not in AREAS)


def find_selection_faults(
    *, register: str, fields: Collection[str], purpose: str, is_total: bool, area_kind: str
) -> list[tuple[str, str]]:
    """Say what a return may not ask for, as the form's field and the rule."""
    columns = COLUMNS.get(register)
    if columns is None:
        return [("register", "required")]
    faults = []
    if purpose not in RETURNED_FOR:
        faults.append(("purpose", "required"))
    if not fields or not set(fields) <= set(columns):
        faults.append(("fields", "no_fields"))
        return faults
    personal = {name for name in fields if columns[name].is_personal and register == "resident"}
    if not is_total and not personal <= returnable_for(purpose):
        faults.append(("fields", "beyond_purpose"))
    if not is_total and personal & NAMING and area_kind not in NARROW_AREAS:
        faults.append(("area", "too_wide"))
    if is_total and not all(columns[name].groups for name in fields):
        faults.append(("fields", "too_fine"))
    return faults


def is_held_by(asked: Selection, held: Selection) -> bool:
    """Tell whether one return already gives what another asks for, fresh enough."""
    return (
        asked.register == held.register
        and asked.is_total == held.is_total
        and (asked.fields == held.fields if asked.is_total else asked.fields <= held.fields)
        and _covers(held.grid_ids, asked.grid_ids)
        and asked.day - held.day <= timedelta(days=FRESH_DAYS)
    )


def _covers(held: frozenset[int] | None, asked: frozenset[int] | None) -> bool:
    return held is None or (asked is not None and asked <= held)
