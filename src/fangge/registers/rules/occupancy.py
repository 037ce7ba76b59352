"""Who is where after a life event: which periods it begins and ends, and what cannot be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

BEGINS: Mapping[str, str] = {
    "arrive": "resident",
    "move": "resident",
    "birth": "resident",
    "tenancy_begins": "tenant",
    "firm_opens": "trades",
    "firm_moves": "trades",
}
"""The kind of occupancy that an event begins at its address."""

ENDS: Mapping[str, frozenset[str]] = {
    "arrive": frozenset({"resident"}),
    "move": frozenset({"resident", "tenant"}),
    "leave": frozenset({"resident", "tenant"}),
    "death": frozenset({"registered", "resident", "tenant"}),
    "tenancy_ends": frozenset({"tenant"}),
    "firm_moves": frozenset({"trades"}),
    "firm_closes": frozenset({"trades"}),
}
"""The kinds of occupancy that an event ends: everywhere, or at the address it leaves."""

ENDS_ENTRY = frozenset({"death", "firm_closes"})
SINGLE = frozenset({"resident", "trades"})
"""Of these a holder has one: the one that began last."""

EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """A holder's occupancy of one kind at one address; the end is excluded."""

    kind: str
    address_id: int
    grid_id: int | None
    starts_on: date | None
    ends_on: date | None
    record_id: int
    turn: int = 0

    def runs_on(self, day: date) -> bool:
        is_begun = self.starts_on is None or self.starts_on <= day
        return is_begun and (self.ends_on is None or self.ends_on > day)


@dataclass(frozen=True, slots=True)
class Act:
    """A life event of one holder, and the record that bears it."""

    event: str
    record_id: int
    effective_on: date
    until_on: date | None = None
    address_id: int | None = None
    grid_id: int | None = None
    from_address_id: int | None = None


def settle_periods(periods: Iterable[Period], acts: Iterable[Act]) -> list[Period]:
    """Let the events of one holder act on what the sources say of it, in the order of their dates.

    An event ends what began by its day; what a source dates after it stands. Settling what
    was settled changes nothing.
    """
    held = {(one.kind, one.address_id, one.turn): one for one in periods}
    for act in sorted(acts, key=lambda act: (act.effective_on, act.record_id)):
        for key, period in held.items():
            if _is_ended_by(period, act):
                held[key] = replace(period, ends_on=act.effective_on, record_id=act.record_id)
        begun = _begin(held, act)
        if begun is not None:
            held[begun.kind, begun.address_id, begun.turn] = begun
    return list(held.values())


def _is_ended_by(period: Period, act: Act) -> bool:
    if period.kind not in ENDS.get(act.event, ()) or not period.runs_on(act.effective_on):
        return False
    if act.from_address_id is not None and period.address_id != act.from_address_id:
        return False
    return act.event not in BEGINS or period.address_id != act.address_id


def _begin(held: Mapping[tuple[str, int, int], Period], act: Act) -> Period | None:
    if act.event not in BEGINS or act.address_id is None:
        return None
    kind = BEGINS[act.event]
    here = [one for one in held.values() if (one.kind, one.address_id) == (kind, act.address_id)]
    there = max(here, key=lambda one: one.turn, default=None)
    if there is not None and (
        there.runs_on(act.effective_on)
        or (there.starts_on is not None and there.starts_on > act.effective_on)
    ):
        return None
    later = [
        period.starts_on
        for period in held.values()
        if kind in SINGLE
        and period.kind == kind
        and period.starts_on is not None
        and period.starts_on > act.effective_on
    ]
    ends_on = min(later, default=act.until_on)
    turn = there.turn if there else 0
    return Period(kind, act.address_id, act.grid_id, act.effective_on, ends_on, act.record_id, turn)


@dataclass(frozen=True, slots=True)
class Holder:
    """What decides whether an event can be: the holder's own dates."""

    starts_on: date | None = None
    ends_on: date | None = None


def find_faults(
    act: Act,
    periods: Iterable[Period],
    *,
    holder: Holder,
    place: Holder | None,
    today: date,
) -> list[tuple[str, str]]:
    """Say what makes an event impossible: the form's field and the rule, none when it can be.

    `place` has the dates of the address that the event begins something at.
    """
    faults = [("effective_on", rule) for rule in _date_faults(act, holder, today)]
    if holder.ends_on is not None:
        faults.append(("event", "ended"))
    if act.until_on is not None and act.until_on <= act.effective_on:
        faults.append(("until_on", "until_before_start"))
    held = list(periods)
    if act.event in BEGINS:
        faults += _begin_faults(act, held, place)
    elif act.event in ENDS and act.event not in ENDS_ENTRY:
        faults += _end_faults(act, held)
    return faults


def _date_faults(act: Act, holder: Holder, today: date) -> list[str]:
    if act.effective_on > today:
        return ["future"]
    if act.effective_on < EARLIEST:
        return ["too_early"]
    if holder.starts_on is not None and act.effective_on < holder.starts_on:
        return ["before_start"]
    return []


def _begin_faults(act: Act, held: list[Period], place: Holder | None) -> list[tuple[str, str]]:
    if place is None:
        return [("address", "no_address")]
    if place.ends_on is not None and place.ends_on <= act.effective_on:
        return [("address", "address_gone")]
    kind = BEGINS[act.event]
    here = [one for one in held if one.kind == kind and one.address_id == act.address_id]
    if any(one.runs_on(act.effective_on) for one in here):
        return [("address", "already_here")]
    if any(one.starts_on is not None and one.starts_on > act.effective_on for one in here):
        return [("effective_on", "overlaps")]
    return []


def _end_faults(act: Act, held: list[Period]) -> list[tuple[str, str]]:
    ended = [
        one
        for one in held
        if one.kind in ENDS[act.event]
        and act.from_address_id in {None, one.address_id}
        and one.ends_on is None
    ]
    if not ended:
        return [("event", "not_here")]
    if not any(one.runs_on(act.effective_on) for one in ended):
        return [("effective_on", "before_period")]
    return []
