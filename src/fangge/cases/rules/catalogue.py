"""What cases are about: kinds, categories, how long each may take, and the desk that does it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from fangge.cases.rules.deadlines import Allowance, Unit

SEVERITIES = (1, 2, 3)
"""1 is danger to life, 2 harm or loss, 3 the rest."""


@dataclass(frozen=True, slots=True)
class Category:
    """One thing that cases are about."""

    code: str
    kind: str
    name: str
    english: str
    severity: int
    # Clock name to severity to allowance; what is not here is as the lifecycle says.
    allowances: Mapping[str, Mapping[int, Allowance]]


@dataclass(frozen=True, slots=True)
class Route:
    """A line of the routing table: the first that fits names the desk."""

    categories: frozenset[str]
    area: str
    desk: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the tables shipped with the product say."""

    categories: Mapping[str, Category]
    desks: Sequence[tuple[str, str, str]]  # code, name, office
    routes: Sequence[Route]
    lifecycle: Mapping[str, Any]


@cache
def shipped_catalogue() -> Catalogue:
    """Read the tables that come with the product."""
    folder = resources.files("fangge.cases") / "tables"
    tables = tomllib.loads((folder / "catalogue.toml").read_text(encoding="utf-8"))
    return Catalogue(
        categories={row["code"]: _read_category(row) for row in tables["categories"]},
        desks=[(row["code"], row["name"], row["office"]) for row in tables["desks"]],
        routes=[
            Route(frozenset(row.get("categories", [])), row.get("area", ""), row["desk"])
            for row in tables["routes"]
        ],
        lifecycle=tomllib.loads((folder / "lifecycle.toml").read_text(encoding="utf-8")),
    )


def _read_category(row: Mapping[str, Any]) -> Category:
    return Category(
        code=row["code"],
        kind=row["kind"],
        name=row["name"],
        english=row["english"],
        severity=int(row["severity"]),
        allowances={
            name: {
                int(severity): Allowance(int(amount), Unit(unit))
                for severity, (amount, unit) in by_severity.items()
            }
            for name, by_severity in row.get("allowances", {}).items()
        },
    )


def allowance_for(
    category: Category | None, *, clock_name: str, severity: int, otherwise: Allowance
) -> Allowance:
    """Give how long something may take: as its category says for its severity, or the table."""
    if category is None:
        return otherwise
    return category.allowances.get(clock_name, {}).get(severity, otherwise)
