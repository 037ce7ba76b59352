"""Life events: whom each is about, what its form asks for, and which source keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass

RESIDENTS, FIRMS = "life_events_residents", "life_events_firms"
SOURCES = (RESIDENTS, FIRMS)
PERSON = ("name", "sex", "birth_on", "identifier", "phone")
FIRM_FIELDS = ("name", "credit_code", "kind", "phone")
NEWCOMERS = ("arrive", "birth", "tenancy_begins", "firm_opens")
"""Events that may be about somebody the registers do not know yet: their rows speak of them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What an event's form asks for, beside the date, the reason and the evidence."""

    source: str
    asks: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    starts_from: str = "entry"  # the page it is registered on: entry or address
    needs_approval: bool = False

    @property
    def subject(self) -> str:
        return "organisation" if self.source == FIRMS else "resident"


SHAPES: Mapping[str, Shape] = {
    "arrive": Shape(RESIDENTS, PERSON, ("name",), "address"),
    "birth": Shape(RESIDENTS, ("name", "sex", "identifier"), ("name",), "address"),
    "tenancy_begins": Shape(RESIDENTS, (*PERSON, "until_on"), ("name",), "address"),
    "move": Shape(RESIDENTS, ("address",), ("address",)),
    "leave": Shape(RESIDENTS),
    "death": Shape(RESIDENTS),
    "tenancy_ends": Shape(RESIDENTS, ("from_address",), ("from_address",)),
    # Whatever the contract says, a corrected value is read by a second person.
    "correction": Shape(RESIDENTS, PERSON, needs_approval=True),
    "firm_opens": Shape(FIRMS, FIRM_FIELDS, ("name",), "address"),
    "firm_moves": Shape(FIRMS, ("address",), ("address",)),
    "firm_closes": Shape(FIRMS),
}


def events_at(*, subject: str, starts_from: str) -> list[str]:
    """Give the events that can be registered on such a page."""
    return [
        name
        for name, shape in SHAPES.items()
        if shape.starts_from == starts_from and subject in {shape.subject, ""}
    ]


def missing_fields(event: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Say which fields an event's form lacks."""
    shape = SHAPES[event]
    wanted = (*shape.required, "effective_on", "reason")
    faults = [(name, "required") for name in wanted if not values.get(name, "").strip()]
    if event == "correction" and not any(values.get(name, "").strip() for name in PERSON):
        faults.append(("name", "nothing_corrected"))
    return faults


def may_decide(*, asked_by: str, decider: str) -> bool:
    """Tell whether this person may decide a request: never who asked for it."""
    return asked_by != decider


@dataclass(frozen=True, slots=True)
class Difference:
    """One period of a holder, before and after an event; a side it is missing on is none."""

    kind: str
    place: str
    before: Mapping[str, str | None] | None
    after: Mapping[str, str | None] | None

    @property
    def is_changed(self) -> bool:
        if self.before is None or self.after is None:
            return True
        return any(self.before[name] != self.after[name] for name in ("starts_on", "ends_on"))


def compare_states(
    before: Mapping[str, list[dict[str, str | None]]],
    after: Mapping[str, list[dict[str, str | None]]],
) -> list[Difference]:
    """Set the periods before and after an event side by side, what changes first."""
    was = {(one["kind"], one["place"]): one for one in before.get("periods", [])}
    will = {(one["kind"], one["place"]): one for one in after.get("periods", [])}
    found = [
        Difference(str(kind), str(place), was.get((kind, place)), will.get((kind, place)))
        for kind, place in dict.fromkeys([*was, *will])
    ]
    return sorted(found, key=lambda one: not one.is_changed)
