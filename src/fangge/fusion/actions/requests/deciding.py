"""Approve, refuse, withdraw or take back a request; never one's own."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.actions.ingest import roll_back_batch
from fangge.fusion.actions.requests.applying import (
    apply_request,
    occurrence_of,
    stay_clear_of_link_run,
)
from fangge.fusion.actions.requests.asking import EventRefused
from fangge.fusion.actions.requests.records import keep_subject, open_row
from fangge.fusion.events import ChangeDecided
from fangge.fusion.models.request import ChangeRequest, RequestState
from fangge.fusion.models.source import BatchState, SourceRecord
from fangge.fusion.queries.requests import requests_visible_to
from fangge.fusion.rules.life import may_decide
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing, Refused
from fangge.kernel.wall import beyond_scope
from fangge.registers.actions.life.checking import check_life_event
from fangge.registers.actions.life.writing import take_back_life_event


class OwnRequest(Refused):
    """Somebody else decides on a request than who asked for it."""


class RequestDecided(Conflict):
    """Somebody decided on this request in the meantime."""


class ReasonMissing(Invalid):
    """Refusing or taking back needs a reason that the asker can read."""


@transaction.atomic
def approve_request(*, actor: Actor, request_id: int, now: datetime) -> ChangeRequest:
    """Approve a request: the register changes now, if it still can.

    Raises `OwnRequest`, `RequestDecided`, and `EventRefused` when the world has moved on.
    """
    request = _lock_waiting(actor, request_id)
    _require_other(actor, request)
    faults = check_life_event(
        actor=replace(actor, grid_ids=None), occurrence=occurrence_of(request), now=now
    )
    if faults:
        raise EventRefused(faults)
    request.decided_by, request.decided_at = actor.reference, now
    apply_request(request, actor=_as_writer(actor), now=now)
    _keep_act(actor, request, verb="requests.approve", reason="", now=now)
    return request


@transaction.atomic
def refuse_request(*, actor: Actor, request_id: int, reason: str, now: datetime) -> ChangeRequest:
    """Refuse a request, with a reason that the asker reads."""
    request = _lock_waiting(actor, request_id)
    _require_other(actor, request)
    return _close(
        actor, request, RequestState.REFUSED, verb="requests.refuse", reason=reason, now=now
    )


@transaction.atomic
def withdraw_request(*, actor: Actor, request_id: int, now: datetime) -> ChangeRequest:
    """Withdraw one's own request before anybody decided."""
    request = _lock_waiting(actor, request_id)
    if request.asked_by != actor.reference:
        raise Refused(f"{actor.reference} did not ask for request {request_id}")
    return _close(
        actor, request, RequestState.WITHDRAWN, verb="requests.withdraw", reason="-", now=now
    )


@transaction.atomic
@beyond_scope()
def take_back_request(
    *, actor: Actor, request_id: int, reason: str, now: datetime
) -> ChangeRequest:
    """Take an event back that did not happen: its record speaks no longer, the registers follow."""
    request = _lock(actor, request_id)
    if request.needs_approval or request.asked_by != actor.reference:
        actor.require("requests.decide", grid_id=request.grid_id)
    if request.state != RequestState.APPLIED or request.batch is None:
        raise RequestDecided("Only what is in the registers can be taken back.")
    stay_clear_of_link_run()
    record = SourceRecord.objects.get(batch=request.batch)
    take_back_life_event(
        actor=_as_writer(actor),
        occurrence=occurrence_of(request),
        record_id=record.pk,
        before=request.before,
        now=now,
    )
    _close(
        actor, request, RequestState.TAKEN_BACK, verb="requests.take_back", reason=reason, now=now
    )
    if request.batch.state == BatchState.LINKED:
        able = replace(actor, verbs=actor.verbs | {"batches.roll_back"})
        roll_back_batch(actor=able, batch_id=request.batch.pk, reason=reason, now=now)
    return request


@transaction.atomic
@beyond_scope()
def follow_roll_back(*, actor: Actor, batch_id: int, now: datetime) -> None:
    """Take back the request whose batch somebody took back, if it still stands."""
    request = ChangeRequest.objects.filter(batch=batch_id, state=RequestState.APPLIED).first()
    if request is None:
        return
    stay_clear_of_link_run()
    take_back_life_event(
        actor=_as_writer(actor),
        occurrence=occurrence_of(request),
        record_id=SourceRecord.objects.get(batch=batch_id).pk,
        before=request.before,
        now=now,
    )
    request.state, request.decided_by, request.decided_at = (
        RequestState.TAKEN_BACK,
        actor.reference,
        now,
    )
    request.save()


@transaction.atomic
def open_request(
    *, actor: Actor, request_id: int, now: datetime
) -> tuple[ChangeRequest, dict[str, str | None]]:
    """Open a request with the personal values it gives; that they were seen is kept."""
    request = _get(actor, request_id)
    if not request.fields or request.subject != "resident" or not actor.may("requests.decide"):
        return request, {}
    row = open_row(request)
    record_act(
        actor=actor,
        verb="requests.open",
        subject_kind="request",
        subject_id=str(request.pk),
        fields=request.fields,
        purpose="correction",
        now=now,
    )
    keep_subject(actor, request, verb="requests.open", now=now)
    return request, {name: row.get(name) for name in request.fields}


def _as_writer(actor: Actor) -> Actor:
    """Let the decider write what was asked for: whoever asked had the right to."""
    return replace(actor, verbs=actor.verbs | {"life.register"})


def _get(actor: Actor, request_id: int) -> ChangeRequest:
    request = requests_visible_to(actor).filter(pk=request_id).first()
    if request is None:
        raise Missing(f"There is no request {request_id}.")
    return request


def _lock(actor: Actor, request_id: int) -> ChangeRequest:
    _get(actor, request_id)
    return (
        ChangeRequest.objects.select_for_update(of=("self",))
        .select_related("source", "batch")
        .get(pk=request_id)
    )


def _lock_waiting(actor: Actor, request_id: int) -> ChangeRequest:
    request = _lock(actor, request_id)
    if request.state != RequestState.WAITING:
        raise RequestDecided(
            f"{request.decided_by or request.asked_by} decided on this request first. "
            "Nothing was changed."
        )
    return request


def _require_other(actor: Actor, request: ChangeRequest) -> None:
    actor.require("requests.decide", grid_id=request.grid_id)
    if not may_decide(asked_by=request.asked_by, decider=actor.reference):
        raise OwnRequest("Somebody else than who asked decides on a request.")


def _close(
    actor: Actor,
    request: ChangeRequest,
    state: RequestState,
    *,
    verb: str,
    reason: str,
    now: datetime,
) -> ChangeRequest:
    if not reason.strip():
        raise ReasonMissing("Say why, so that whoever asked can read it.")
    request.state, request.decision_reason = state, reason.strip().strip("-")
    request.decided_by, request.decided_at = actor.reference, now
    request.save()
    _keep_act(actor, request, verb=verb, reason=request.decision_reason, now=now)
    bus.publish(ChangeDecided(request_id=request.pk, state=state, decided_at=now))
    return request


def _keep_act(
    actor: Actor, request: ChangeRequest, *, verb: str, reason: str, now: datetime
) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="request",
        subject_id=str(request.pk),
        reason=reason,
        now=now,
    )
    keep_subject(actor, request, verb=verb, now=now)
