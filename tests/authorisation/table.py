"""The route table: each route with its verb, and an address that it leads to."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROUTES: dict[str, str | dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "routes.toml").read_text(encoding="utf-8")
)["routes"]
TABLES = {
    "building_id": "registers_address WHERE level = 'building'",
    "address_id": "registers_address",
    "resident_id": "registers_resident",
    "organisation_id": "registers_organisation",
    "batch_id": "fusion_batch",
    "row_id": "fusion_quarantinedrow",
    "record_id": "fusion_sourcerecord",
    # A person of none of the roles tried: nobody resets a sign-in of their own.
    "staff_id": "access_staffmember WHERE username NOT LIKE 'matrix-%'",
    "run_id": "fusion_run",
}
WORDS = {"code": "market_organisations", "layer": "address", "form": ".json", "rest": "x"}
NUMBERS = {"zoom": 14, "x": 13680, "y": 6680}


def walk_routes(
    patterns: Sequence[URLPattern | URLResolver], space: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk_routes(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name}", pattern


PATTERNS = dict(walk_routes(get_resolver().url_patterns))


def find_address(route: str) -> str:
    """Give an address that the route leads to, of something that is there where it can be."""
    values: dict[str, Any] = {}
    for name in PATTERNS[route].pattern.converters | dict.fromkeys(
        PATTERNS[route].pattern.regex.groupindex
    ):
        values[name] = WORDS.get(name, NUMBERS.get(name, 0))
        if name in TABLES:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT min(id) FROM {TABLES[name]}")  # noqa: S608 - our own table
                values[name] = cursor.fetchone()[0] or 0
    return reverse(route, kwargs=values)
