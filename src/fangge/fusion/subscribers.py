"""Reactions to what fusion announces: jobs, started when the transaction commits."""

import contextlib

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from fangge.fieldwork.events import FieldTaskAccepted
from fangge.fusion.actions.erasing import ERASERS, hold_for_requests
from fangge.fusion.actions.errands import call_off_closed, follow_answer
from fangge.fusion.actions.requests.deciding import follow_roll_back
from fangge.fusion.actions.review.reopen import ask_again
from fangge.fusion.events import (
    BatchRolledBack,
    FileOffered,
    FindingsChanged,
    MissingAnswered,
    RegistersLinked,
    RowMended,
    RunAsked,
)
from fangge.fusion.jobs import check_registers, link_sources, stage_upload
from fangge.fusion.queries.lineage import name_sources
from fangge.fusion.queries.matters import connect_matters
from fangge.kernel import bus
from fangge.kernel.actor import system_actor
from fangge.registers.events import AddressesChanged, AddressesCorrected
from fangge.registers.queries.origins import name_records_by
from fangge.retention.queries.erasers import erase_by, hold_by


def read_offered_file(event: FileOffered) -> None:
    stage_upload.defer(
        source_code=event.source_code,
        path=event.path,
        file_name=event.file_name,
        staff=event.offered_by,
    )


def link_soon(
    _event: BatchRolledBack | RowMended | MissingAnswered | AddressesCorrected | AddressesChanged,
) -> None:
    # One run that waits is enough for any number of changes before it.
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        link_sources.configure(queueing_lock="link").defer()


def ask_changed_pairs_again(event: RegistersLinked) -> None:
    ask_again(run_id=event.run_id)


def close_request_of_batch(event: BatchRolledBack) -> None:
    follow_roll_back(
        actor=system_actor("requests", verbs=()),
        batch_id=event.batch_id,
        now=event.rolled_back_at,
    )


def check_soon(_event: RegistersLinked) -> None:
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        check_registers.configure(queueing_lock="quality").defer()


def run_as_asked(event: RunAsked) -> None:
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        link_sources.configure(queueing_lock="link").defer(is_full=event.is_full)


def connect() -> None:
    bus.subscribe(RegistersLinked, ask_changed_pairs_again)
    bus.subscribe(FileOffered, read_offered_file)
    bus.subscribe(BatchRolledBack, link_soon)
    bus.subscribe(BatchRolledBack, close_request_of_batch)
    bus.subscribe(RowMended, link_soon)
    bus.subscribe(AddressesCorrected, link_soon)
    bus.subscribe(AddressesChanged, link_soon)
    bus.subscribe(MissingAnswered, link_soon)
    bus.subscribe(RegistersLinked, check_soon)
    bus.subscribe(RunAsked, run_as_asked)
    bus.subscribe(FieldTaskAccepted, follow_answer)
    bus.subscribe(FindingsChanged, call_off_closed)
    name_records_by(name_sources)
    connect_matters()
    for eraser in ERASERS:
        erase_by(eraser)
    hold_by(hold_for_requests)
