"""Ask for a change of a register: applied at once, or left to somebody else to approve."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import polars as pl
from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.actions.requests.applying import apply_request, occurrence_of
from fangge.fusion.actions.requests.records import as_frame, keep_subject, seal_row
from fangge.fusion.events import ChangeAsked
from fangge.fusion.models.request import ChangeRequest
from fangge.fusion.models.source import Source
from fangge.fusion.rules.contracts import Contract
from fangge.fusion.rules.life import NEWCOMERS, PERSON, SHAPES, Shape, missing_fields
from fangge.fusion.rules.rows import check_rows, read_dates
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid, Missing
from fangge.registers.actions.life.checking import check_life_event, foresee_life_event
from fangge.registers.actions.life.subjects import (
    address_of,
    find_resident_by_identifier,
    grid_of,
    is_credit_code_taken,
)


class EventUnknown(Invalid):
    """There is no such life event."""


class EventRefused(Invalid):
    """The event cannot be as told; `faults` names the form's fields and the rules."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("The event cannot have happened like this.")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Telling:
    """What a form tells: the event, whom it is about, where, and the texts of its fields."""

    event: str
    values: Mapping[str, str]
    entry_id: int | None = None
    address_id: int | None = None
    from_address_id: int | None = None


@transaction.atomic
def ask_life_event(*, actor: Actor, telling: Telling, token: UUID, now: datetime) -> ChangeRequest:
    """Register a life event, or ask for it where the contract wants a second person.

    The same token asks once, however often it is sent. Raises `EventRefused` with every fault.
    """
    actor.require("life.register")
    asked = ChangeRequest.objects.filter(token=token, asked_by=actor.reference).first()
    return asked or _ask(actor, telling, token, now=now)


@transaction.atomic
def ask_correction(
    *, actor: Actor, resident_id: int, values: Mapping[str, str], token: UUID, now: datetime
) -> ChangeRequest:
    """Ask for a resident's fields to be corrected, as the resident or for them.

    It waits in the same queue as every other change, and never decides itself.
    """
    actor.require("corrections.ask")
    asked = ChangeRequest.objects.filter(token=token, asked_by=actor.reference).first()
    today = {"effective_on": now.date().isoformat()}
    telling = Telling("correction", {**values, **today}, entry_id=resident_id)
    return asked or _ask(actor, telling, token, now=now)


def _ask(actor: Actor, telling: Telling, token: UUID, *, now: datetime) -> ChangeRequest:
    if telling.event not in SHAPES:
        raise EventUnknown(f"There is no life event {telling.event}.")
    shape = SHAPES[telling.event]
    if shape.starts_from == "entry" and telling.entry_id is None:
        raise Missing("Open the entry first: the event is about it.")
    source = Source.objects.filter(code=shape.source).first()
    if source is None:
        raise Missing(f"There is no contract {shape.source}: run `fangge ingest` once.")
    contract = contract_of(source)
    row = _as_row(telling, shape, contract, actor)
    faults = missing_fields(telling.event, telling.values) + _row_faults(row, contract)
    if faults:
        raise EventRefused(faults)
    request = _as_request(telling, shape, row, token, source=source, actor=actor)
    request.asked_at = now
    request.needs_approval = shape.needs_approval or telling.event in contract.approval
    faults = check_life_event(actor=actor, occurrence=occurrence_of(request), now=now)
    if faults:
        raise EventRefused(faults)
    request.grid_id = grid_of(actor=actor, occurrence=occurrence_of(request))
    request.before, request.after = foresee_life_event(
        actor=actor, occurrence=occurrence_of(request)
    )
    request.save()
    record_act(
        actor=actor,
        verb="life.register",
        subject_kind="request",
        subject_id=str(request.pk),
        fields=request.fields,
        reason=request.reason,
        now=now,
    )
    if request.needs_approval:
        bus.publish(ChangeAsked(request_id=request.pk, asked_at=now))
    else:
        apply_request(request, actor=actor, now=now)
    keep_subject(actor, request, verb="life.register", now=now)
    return request


def _as_row(
    telling: Telling, shape: Shape, contract: Contract, actor: Actor
) -> dict[str, str | None]:
    """Write what a form tells as a row of the contract; nothing that the form does not ask for."""
    names = {*shape.asks, "effective_on", "reason", "evidence", "legal_basis"}
    row: dict[str, str | None] = {
        field.name: telling.values.get(field.name, "").strip() or None if field.name in names
        else None
        for field in contract.fields
    }  # fmt: skip
    row |= {"event_no": "-", "event": telling.event}
    row["legal_basis"] = row["legal_basis"] or contract.legal_basis
    place = "address" if shape.subject == "resident" else "trading_address"
    row[place] = address_of(actor=actor, address_id=telling.address_id)
    if telling.from_address_id is not None:
        row["from_address"] = address_of(actor=actor, address_id=telling.from_address_id)
    if telling.event == "birth":
        row["birth_on"] = row["effective_on"]
    if telling.event == "firm_opens":
        row["founded_on"] = row["effective_on"]
    if row.get("identifier"):
        row["identifier"] = str(row["identifier"]).upper()
    return row


def _row_faults(row: dict[str, str | None], contract: Contract) -> list[tuple[str, str]]:
    """Put the row through its contract; on a screen a warning can be mended, so it counts."""
    found = check_rows(as_frame(row, contract, row_no=1), contract)
    faults = [(str(fault["field"]), str(fault["rule"])) for fault in found.to_dicts()]
    if row["event"] == "firm_opens" and is_credit_code_taken(row.get("credit_code")):
        faults.append(("credit_code", "taken"))
    return faults


def _as_request(
    telling: Telling,
    shape: Shape,
    row: dict[str, str | None],
    token: UUID,
    *,
    source: Source,
    actor: Actor,
) -> ChangeRequest:
    # Who comes is found by identifier alone: a form cannot name somebody of another area.
    entry_id = telling.entry_id if shape.starts_from == "entry" else None
    identifier = row.get("identifier")
    if entry_id is None and telling.event in NEWCOMERS and identifier:
        entry_id = find_resident_by_identifier(actor=actor, identifier=identifier)
        if entry_id is not None:
            # Somebody the register knows: the event is about them, and says nothing else of them.
            row = row | dict.fromkeys(PERSON)
    return ChangeRequest(
        token=token,
        source=source,
        contract_version=source.version,
        event=telling.event,
        subject=shape.subject,
        entry_id=entry_id,
        is_new=entry_id is None,
        address_id=telling.address_id,
        from_address_id=telling.from_address_id,
        effective_on=_read_date(row["effective_on"]) or date.min,
        until_on=_read_date(row.get("until_on")),
        row_sealed=seal_row(row, token=token),
        fields=[name for name in shape.asks if row.get(name) and name != "address"],
        reason=row["reason"] or "",
        evidence=row["evidence"] or "",
        legal_basis=row["legal_basis"] or "",
        asked_by=actor.reference,
    )


def _read_date(text: str | None) -> date | None:
    found: date | None = pl.select(read_dates(pl.lit(text, pl.String))).item()
    return found
