"""Which source speaks first, and which columns of a source name a place."""

from collections.abc import Mapping
from typing import NamedTuple

LINK_LOCK = 7_306_101
"""Any number of our own: one run at a time, and no life event during it."""

RESIDENT_PRECEDENCE: Mapping[str, int] = {
    "police_population": 0,
    "life_events_residents": 0,
    "housing_dwellings": 1,
    "health_population": 2,
}
"""Lower speaks first where sources differ; among equals the newer row does."""

ORGANISATION_PRECEDENCE: Mapping[str, int] = {
    "market_organisations": 0,
    "life_events_firms": 0,
}


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
    Reading("market_organisations", "trading_address", "trades"),
    Reading("life_events_residents", "address", "resident"),
    Reading("life_events_firms", "trading_address", "trades"),
)


class Speaker(NamedTuple):
    """A part of a source's row that speaks of a resident: engine field to column."""

    source: str
    part: str
    fields: Mapping[str, str]


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
    Speaker(
        "housing_dwellings",
        "tenant",
        {
            "name": "tenant_name",
            "identifier": "tenant_identifier",
            "phone": "tenant_phone",
            "address_code": "dwelling_code",
            "updated_on": "tenancy_starts_on",
        },
    ),
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
