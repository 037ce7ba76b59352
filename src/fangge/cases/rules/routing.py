"""Which desk gets a case: the first row of a table that fits, with test cases beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OWNERS = ("public", "property", "private", "utility")
"""Who owns what is broken: the public, a property company, a private person, a utility."""
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A row: what is empty fits everything; the area is a code or the beginning of codes."""

    categories: frozenset[str]
    area: str
    owner: str
    desk: str

    def fits(self, category: str, area: str, owner: str) -> bool:
        return (
            (not self.categories or category in self.categories)
            and area.startswith(self.area)
            and (not self.owner or owner == self.owner)
        )

    def covers(self, other: "Row") -> bool:
        """Tell whether whatever fits the other row fits this one too."""
        return (
            (
                not self.categories
                or (bool(other.categories) and other.categories <= self.categories)
            )
            and other.area.startswith(self.area)
            and (not self.owner or other.owner == self.owner)
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A test case: for this category, area and owner this desk is expected; "" for none."""

    category: str
    area: str
    owner: str
    desk: str


@dataclass(frozen=True, slots=True)
class RoutingTable:
    rows: tuple[Row, ...] = ()
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Which row fitted, counted from 1, and its desk; 0 and nothing where none did."""

    row: int
    desk: str


@dataclass(frozen=True, slots=True)
class Tried:
    trial: Trial
    route: Route

    @property
    def is_right(self) -> bool:
        return self.route.desk == self.trial.desk


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a table cannot hold: which row, counted from 1, and why."""

    code: str
    row: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a table may name."""

    categories: Collection[str]
    desks: Collection[str]
    areas: Collection[str] = field(default_factory=frozenset)


def read_table(table: Mapping[str, Any]) -> RoutingTable:
    """Read a table as it is kept."""
    return RoutingTable(
        tuple(
            Row(frozenset(row["categories"]), row["area"], row["owner"], row["desk"])
            for row in table["rows"]
        ),
        tuple(
            Trial(one["category"], one["area"], one["owner"], one["desk"])
            for one in table["trials"]
        ),
    )


def write_table(table: RoutingTable) -> dict[str, Any]:
    """Write a table as it is kept."""
    return {
        "rows": [
            {
                "categories": sorted(row.categories),
                "area": row.area,
                "owner": row.owner,
                "desk": row.desk,
            }
            for row in table.rows
        ],
        "trials": [
            {"category": one.category, "area": one.area, "owner": one.owner, "desk": one.desk}
            for one in table.trials
        ],
    }


def find_route(rows: Sequence[Row], *, category: str, area: str, owner: str = "") -> Route:
    """Give the first row that fits."""
    for number, row in enumerate(rows, start=1):
        if row.fits(category, area, owner):
            return Route(number, row.desk)
    return Route(0, "")


def try_table(table: RoutingTable) -> list[Tried]:
    """Run every test case: which row fitted, and was it the desk that was expected."""
    return [
        Tried(
            one,
            find_route(table.rows, category=one.category, area=one.area, owner=one.owner),
        )
        for one in table.trials
    ]


def check_table(table: RoutingTable, known: Known) -> list[Fault]:
    """Give every reason why a table cannot be published; none where it can."""
    if len(table.rows) > MOST_ROWS:
        return [Fault("too_many")]
    faults = [
        fault for number, row in enumerate(table.rows, 1) for fault in _check(number, row, known)
    ]
    for number, row in enumerate(table.rows, start=1):
        above = next((n for n in range(1, number) if table.rows[n - 1].covers(row)), 0)
        if above:
            faults.append(Fault("never_reached", number, str(above)))
    if not table.trials:
        faults.append(Fault("no_trials"))
    return faults + [
        Fault("trial_fails", tried.route.row, f"{tried.trial.category} → {tried.route.desk or '—'}")
        for tried in try_table(table)
        if not tried.is_right
    ]


def _check(number: int, row: Row, known: Known) -> list[Fault]:
    faults = [
        Fault("unknown_category", number, code)
        for code in sorted(row.categories - set(known.categories))
    ]
    if row.desk not in known.desks:
        faults.append(Fault("unknown_desk", number, row.desk))
    if row.area and not any(code.startswith(row.area) for code in known.areas):
        faults.append(Fault("unknown_area", number, row.area))
    if row.owner and row.owner not in OWNERS:
        faults.append(Fault("unknown_owner", number, row.owner))
    return faults
