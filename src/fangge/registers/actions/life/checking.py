"""Whether a life event can be, and what it would change: nothing is written."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope
from fangge.registers.actions.life.subjects import (
    Occurrence,
    as_act,
    get_subject,
    periods_of,
    place_of,
)
from fangge.registers.models.address import Address
from fangge.registers.models.resident import Resident
from fangge.registers.rules.occupancy import (
    ENDS_ENTRY,
    Holder,
    Period,
    find_faults,
    settle_periods,
)


@beyond_scope()
def check_life_event(
    *, actor: Actor, occurrence: Occurrence, now: datetime
) -> list[tuple[str, str]]:
    """Say what makes a life event impossible, as fields and rules; nothing where it can be."""
    place = place_of(actor, occurrence)
    holder, periods = Holder(), list[Period]()
    if occurrence.entry_id is not None:
        subject = get_subject(actor=actor, occurrence=occurrence)
        starts_on = subject.birth_on if isinstance(subject, Resident) else subject.starts_on
        holder, periods = Holder(starts_on, subject.ends_on), periods_of(subject)
    return find_faults(
        as_act(occurrence, place, record_id=0),
        periods,
        holder=holder,
        place=Holder(place.starts_on, place.ends_on) if place else None,
        today=now.date(),
    )


@beyond_scope()
def foresee_life_event(
    *, actor: Actor, occurrence: Occurrence
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give how an entry stands before and after an event: its periods with their places, its end.

    What is given holds no personal value; it is kept with the request and undoes the event.
    """
    place = place_of(actor, occurrence)
    act = as_act(occurrence, place, record_id=0)
    if occurrence.entry_id is None:
        return _tell_state([], None, None), _tell_state(settle_periods([], [act]), None, None)
    subject = get_subject(actor=actor, occurrence=occurrence)
    periods = periods_of(subject)
    stands_at = None if isinstance(subject, Resident) else subject.address_id
    ends_on = occurrence.effective_on if occurrence.event in ENDS_ENTRY else subject.ends_on
    moves_to = place.pk if place and occurrence.event == "firm_moves" else stands_at
    before = _tell_state(periods, subject.ends_on, stands_at)
    return before, _tell_state(settle_periods(periods, [act]), ends_on, moves_to)


def _tell_state(
    periods: list[Period], ends_on: date | None, address_id: int | None
) -> dict[str, Any]:
    named = dict(
        Address.objects.filter(
            pk__in=[period.address_id for period in periods] + [address_id or 0]
        ).values_list("pk", "full_name")
    )
    return {
        "ends_on": ends_on.isoformat() if ends_on else None,
        "address_id": address_id,
        "place": named.get(address_id or 0, ""),
        "periods": [
            asdict(period)
            | {
                "place": named.get(period.address_id, ""),
                "starts_on": period.starts_on.isoformat() if period.starts_on else None,
                "ends_on": period.ends_on.isoformat() if period.ends_on else None,
            }
            for period in periods
        ],
    }
