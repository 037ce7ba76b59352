"""Bring a request into the registers: its record first, then what it means."""

from datetime import datetime

from django.db import connection

from fangge.fusion.actions.requests.records import decide_subject, open_row, stage_request
from fangge.fusion.events import ChangeDecided
from fangge.fusion.models.request import ChangeRequest, RequestState
from fangge.fusion.rules.life import FIRM_FIELDS, PERSON
from fangge.fusion.rules.linking import LINK_LOCK
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict
from fangge.kernel.wall import beyond_scope
from fangge.registers.actions.life.subjects import Occurrence
from fangge.registers.actions.life.writing import write_life_event


class RegistersBusy(Conflict):
    """A link run holds the registers."""


def occurrence_of(request: ChangeRequest) -> Occurrence:
    return Occurrence(
        event=request.event,
        subject=request.subject,
        entry_id=request.entry_id,
        effective_on=request.effective_on,
        until_on=request.until_on,
        address_id=request.address_id,
        from_address_id=request.from_address_id,
    )


@beyond_scope()
def apply_request(request: ChangeRequest, *, actor: Actor, now: datetime) -> None:
    """Stage the request as a source record and write it to the registers, in one transaction.

    Raises `RegistersBusy` while a link run holds the registers: it would overwrite the event.
    """
    stay_clear_of_link_run()
    record = stage_request(request, actor=actor, now=now)
    row = open_row(request)
    names = PERSON if request.subject == "resident" else FIRM_FIELDS
    speaks = request.is_new or request.event == "correction"
    subject = write_life_event(
        actor=actor,
        occurrence=occurrence_of(request),
        record_id=record.pk,
        values={name: row.get(name) for name in names} if speaks else {},
        now=now,
    )
    request.entry_id = subject.pk
    decide_subject(request, record, subject.pk, actor=actor, now=now)
    request.state = RequestState.APPLIED
    request.save()
    bus.publish(ChangeDecided(request_id=request.pk, state=request.state, decided_at=now))


def stay_clear_of_link_run() -> None:
    """Let any number of events be written at once, but none during a link run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [LINK_LOCK])
        if not cursor.fetchone()[0]:
            raise RegistersBusy(
                "The registers are being brought up to date. Send the form again in a minute."
            )
