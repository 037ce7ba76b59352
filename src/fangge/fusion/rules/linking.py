"""Which source speaks first, and which columns of a source name a place."""

from collections.abc import Mapping
from typing import NamedTuple

LINK_LOCK = 7_306_101
"""Any number of our own: one run at a time, and no life event during it."""

PARTS = ("holder", "tenant", "owner", "organisation", "dwelling", "tenancy")
"""What of a row speaks of a subject; the engine's record is the row's number times this many."""

HOME_ENDS = r"-F\d+-[^-]+$"
"""How the code of one home ends, and no other: the engine takes only such as decisive."""

RESIDENT_PRECEDENCE: Mapping[str, int] = {
    "police_population": 0,
    "life_events_residents": 0,
    "housing_dwellings": 1,
    "tenancy_agreements": 2,
    "health_population": 3,
}
"""Lower speaks first where sources differ; among equals the newer row does."""

ORGANISATION_PRECEDENCE: Mapping[str, int] = {
    "market_organisations": 0,
    "life_events_firms": 0,
}

DWELLING_PRECEDENCE: Mapping[str, int] = {
    "housing_dwellings": 0,
    "tenancy_agreements": 1,
}

PRECEDENCE: Mapping[str, Mapping[str, int]] = {
    "resident": RESIDENT_PRECEDENCE,
    "organisation": ORGANISATION_PRECEDENCE,
    "dwelling": DWELLING_PRECEDENCE,
}
"""By kind of entry."""


class Reading(NamedTuple):
    """A column that names a place, and what it says of the row's subject."""

    source: str
    column: str
    part: str


READINGS = (
    Reading("police_population", "registered_address", "registered"),
    Reading("police_population", "residence_address", "resident"),
    Reading("health_population", "residence_address", "resident"),
    Reading("housing_dwellings", "dwelling_address", "dwelling"),
    Reading("tenancy_agreements", "dwelling_address", "dwelling"),
    Reading("market_organisations", "trading_address", "trades"),
    Reading("life_events_residents", "address", "resident"),
    Reading("life_events_firms", "trading_address", "trades"),
)


class Speaker(NamedTuple):
    """A part of a source's row that speaks of a subject: engine field to column."""

    source: str
    part: str
    fields: Mapping[str, str]

    @property
    def place(self) -> str:
        """The column with the full name of the address that it speaks of."""
        return self.fields.get("address_code", "_").rsplit("_", 1)[0] + "_place"


POPULATION: Mapping[str, str] = {
    "name": "name",
    "sex": "sex",
    "birth_on": "birth_on",
    "identifier": "identifier",
    "phone": "phone",
    "address_code": "resident_code",
    "updated_on": "updated_on",
}
"""Both population extracts name their fields alike."""

TENANT: Mapping[str, str] = {
    "name": "tenant_name",
    "identifier": "tenant_identifier",
    "phone": "tenant_phone",
    "address_code": "dwelling_code",
    "updated_on": "tenancy_starts_on",
}

SPEAKERS = (
    Speaker(
        "life_events_residents",
        "holder",
        {**POPULATION, "updated_on": "effective_on"},
    ),
    Speaker(
        "police_population",
        "holder",
        POPULATION,
    ),
    Speaker(
        "health_population",
        "holder",
        POPULATION,
    ),
    Speaker("housing_dwellings", "tenant", TENANT),
    Speaker("tenancy_agreements", "tenant", TENANT),
    Speaker(
        "housing_dwellings",
        "owner",
        {
            "name": "owner_name",
            "identifier": "owner_identifier",
            "address_code": "dwelling_code",
        },
    ),
)

DWELLING: Mapping[str, str] = {
    "address_code": "dwelling_home",
    "number": "dwelling_no",
    "floor_area_m2": "floor_area_m2",
    "use": "use",
}
"""A home's code names one dwelling: a room, or a house with nothing below it."""

DWELLINGS = (
    Speaker("housing_dwellings", "dwelling", DWELLING),
    Speaker("tenancy_agreements", "dwelling", {**DWELLING, "updated_on": "filed_on"}),
)

TENANCY: Mapping[str, str] = {
    "tenant": "tenant",
    "dwelling": "dwelling",
    "starts_on": "tenancy_starts_on",
    "ends_on": "tenancy_ends_on",
    "updated_on": "tenancy_starts_on",
}
"""Tenant and dwelling are the entries that the same row was found to speak of."""

TENANCIES = (
    Speaker("housing_dwellings", "tenancy", TENANCY),
    Speaker("tenancy_agreements", "tenancy", {**TENANCY, "updated_on": "filed_on"}),
)

FIRM = Speaker(
    "market_organisations",
    "organisation",
    {
        "name": "name",
        "credit_code": "credit_code",
        "phone": "phone",
        "address_code": "trades_code",
        "representative": "representative",
        "founded_on": "founded_on",
        "updated_on": "founded_on",
    },
)
