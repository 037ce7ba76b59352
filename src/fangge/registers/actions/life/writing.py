"""Life events of residents and organisations, written with a trail, and taken back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import next_ids
from fangge.kernel.fields import open_vault
from fangge.registers.actions.bulk import CODE_DIGITS
from fangge.registers.actions.life.subjects import (
    Occurrence,
    Subject,
    as_act,
    kind_of,
    lock_subject,
    periods_of,
)
from fangge.registers.actions.life.trail import SEALED, keep_change, plain, uncorrect_resident
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.events import LifeEventTakenBack, LifeEventWritten
from fangge.registers.models.address import Address
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.rules.occupancy import BEGINS, ENDS_ENTRY, Period, settle_periods


@transaction.atomic
def write_life_event(
    *,
    actor: Actor,
    occurrence: Occurrence,
    record_id: int,
    values: Mapping[str, str | None],
    now: datetime,
) -> Subject:
    """Write what an event means to the registers at once: periods, the entry's end, its values.

    `values` are those of one who is new, or those that a correction mends.
    """
    actor.require("life.register")
    subject = lock_subject(occurrence)
    if subject is None:
        subject = _register_new(occurrence, values, record_id=record_id, now=now)
    elif values:
        _write_values(subject, values, record_id=record_id, actor=actor, now=now)
    place = Address.objects.filter(pk=occurrence.address_id or 0).first()
    act = as_act(occurrence, place, record_id=record_id)
    if occurrence.event in ENDS_ENTRY:
        _change(subject, {"ends_on": occurrence.effective_on}, record_id, actor=actor, now=now)
    if occurrence.event == "firm_moves" and place is not None:
        moved = {"address_id": place.pk, "grid_id": place.grid_id}
        _change(subject, moved, record_id, actor=actor, now=now, origins=("address_code",))
    _write_periods(subject, settle_periods(periods_of(subject), [act]), actor=actor, now=now)
    bus.publish(
        LifeEventWritten(
            event=occurrence.event,
            subject=occurrence.subject,
            entry_id=subject.pk,
            effective_on=occurrence.effective_on,
            written_at=now,
        )
    )
    return subject


@transaction.atomic
def take_back_life_event(
    *,
    actor: Actor,
    occurrence: Occurrence,
    record_id: int,
    before: Mapping[str, Any],
    now: datetime,
) -> None:
    """Put back what an event changed and nothing has changed since.

    What it began stays as a period of no length, and one who was new ends: nothing is removed.
    Values that a correction mended are what they were before it.
    """
    actor.require("life.register")
    subject = lock_subject(occurrence)
    if subject is None:
        return
    was = {(one["kind"], one["address_id"]): one for one in before["periods"]}
    periods = [
        _put_back(one, was.get((one.kind, one.address_id)), record_id)
        for one in periods_of(subject)
    ]
    _write_periods(subject, periods, actor=actor, now=now)
    is_new = occurrence.event in BEGINS and set(subject.origins.values()) == {record_id}
    _put_entry_back(subject, occurrence, before, record_id, is_new=is_new, actor=actor, now=now)
    bus.publish(
        LifeEventTakenBack(
            event=occurrence.event,
            subject=occurrence.subject,
            entry_id=subject.pk,
            taken_back_at=now,
        )
    )


def _put_back(period: Period, was: Mapping[str, Any] | None, record_id: int) -> Period:
    if period.record_id != record_id:
        return period
    if was is None:
        return replace(period, ends_on=period.starts_on)
    return replace(
        period,
        starts_on=_read_date(was["starts_on"]),
        ends_on=_read_date(was["ends_on"]),
        record_id=was["record_id"],
    )


def _put_entry_back(
    subject: Subject,
    occurrence: Occurrence,
    before: Mapping[str, Any],
    record_id: int,
    *,
    is_new: bool,
    actor: Actor,
    now: datetime,
) -> None:
    if occurrence.event == "correction" and isinstance(subject, Resident):
        uncorrect_resident(subject, record_id, actor=actor, now=now)
        return
    fields: dict[str, Any] = {}
    if is_new:
        fields["ends_on"] = occurrence.effective_on
    elif occurrence.event in ENDS_ENTRY:
        fields["ends_on"] = _read_date(before["ends_on"])
    elif occurrence.event == "firm_moves":
        place = Address.objects.filter(pk=before["address_id"]).first()
        fields["address_id"] = place.pk if place else None
        fields["grid_id"] = place.grid_id if place else None
    if fields:
        origins = ("address_code",) if occurrence.event == "firm_moves" else tuple(fields)
        _change(subject, fields, record_id, actor=actor, now=now, origins=origins)


def _read_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _register_new(
    occurrence: Occurrence, values: Mapping[str, str | None], *, record_id: int, now: datetime
) -> Subject:
    is_person = occurrence.subject == "resident"
    table = "registers_resident" if is_person else "registers_organisation"
    with connection.cursor() as cursor:
        number = next_ids(cursor, f"{table}_id_seq", n_ids=1)[0]
    code = f"{'R' if is_person else 'O'}{number:0{CODE_DIGITS}}"
    given = {name: value for name, value in values.items() if value}
    trail = {"origins": dict.fromkeys(given, record_id), "changed_at": now, "recorded_at": now}
    if is_person:
        return Resident.objects.create(
            id=number,
            code=code,
            **trail,
            **_as_columns(number, given),
        )
    place = Address.objects.filter(pk=occurrence.address_id or 0).first()
    return Organisation.objects.create(
        id=number,
        code=code,
        **trail,
        address=place,
        grid_id=place.grid_id if place else None,
        starts_on=occurrence.effective_on,
        **_as_columns(number, given, seals=False),
    )


def _as_columns(
    entry_id: int, values: Mapping[str, str | None], *, seals: bool = True
) -> dict[str, Any]:
    """Give the columns of a register that hold these values, sealed where they are."""
    columns: dict[str, Any] = {}
    vault = open_vault()
    for name, value in values.items():
        if seals and name in SEALED and value:
            column = f"registers_resident.{name}"
            columns[f"{name}_sealed"] = vault.seal(value, column=column, row=entry_id)
            columns[f"{name}_hash"] = vault.hash_text(value, column=column)
        elif name == "birth_on" and value:
            columns[name] = date.fromisoformat(value)
        elif name not in SEALED:
            columns[name] = value
    return columns


def _write_values(
    subject: Subject,
    values: Mapping[str, str | None],
    *,
    record_id: int,
    actor: Actor,
    now: datetime,
) -> None:
    given = {name: value for name, value in values.items() if value}
    _change(
        subject,
        _as_columns(subject.pk, given),
        record_id,
        actor=actor,
        now=now,
        origins=tuple(given),
    )


def _change(
    subject: Subject,
    fields: Mapping[str, Any],
    record_id: int,
    *,
    actor: Actor,
    now: datetime,
    origins: tuple[str, ...] = (),
) -> None:
    """Write fields of an entry, keeping what they were; sealed ones as ciphertext."""
    former: dict[str, Any] = {}
    for name, value in fields.items():
        was = getattr(subject, name)
        if not name.endswith("_hash") and was != value:
            former[name] = plain(was)
        setattr(subject, name, value)
    if not former:
        return
    former["origins"] = subject.origins
    subject.origins = subject.origins | dict.fromkeys(origins or tuple(fields), record_id)
    subject.changed_at = now
    subject.save()
    keep_change(kind_of(subject), subject.pk, former, actor=actor, now=now)


def _write_periods(subject: Subject, periods: list[Period], *, actor: Actor, now: datetime) -> None:
    """Bring a holder's occupancies to these periods, keeping what they were."""
    held = {(one.kind, one.address_id, one.turn): one for one in subject.occupancies.all()}
    touched: set[int] = set()
    for period in periods:
        one = held.get((period.kind, period.address_id, period.turn))
        if one is None:
            one = Occupancy(
                kind=period.kind,
                address_id=period.address_id,
                turn=period.turn,
                recorded_at=now,
            )
            setattr(one, kind_of(subject), subject)
        elif (one.starts_on, one.ends_on) == (period.starts_on, period.ends_on):
            continue
        else:
            former = {
                name: plain(getattr(one, name))
                for name in ("starts_on", "ends_on", "record_id", "grid_id")
                if getattr(one, name) != getattr(period, name)
            }
            keep_change("occupancy", one.pk, former, actor=actor, now=now)
        one.starts_on, one.ends_on = period.starts_on, period.ends_on
        one.record_id, one.grid_id, one.changed_at = period.record_id, period.grid_id, now
        one.save()
        touched.add(period.address_id)
    _count_again(touched)


def _count_again(address_ids: set[int]) -> None:
    buildings = Address.objects.filter(pk__in=address_ids, building__isnull=False)
    refresh_map_cells(building_ids=sorted(set(buildings.values_list("building_id", flat=True))))
