"""Erase what sources sent of residents, with the entries it stands behind, and what waits on it."""

import json
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.actions.requests.applying import stay_clear_of_link_run
from fangge.fusion.actions.requests.records import seal_row
from fangge.fusion.adapters.kept import forget_kept
from fangge.fusion.adapters.staging import SEALED_ROW
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.models.finding import Finding
from fangge.fusion.models.request import ChangeRequest, RequestState
from fangge.fusion.models.review import PairDecision
from fangge.fusion.models.run import Pair
from fangge.fusion.models.source import QuarantinedRow, QuarantineState, SourceRecord
from fangge.fusion.queries.records import SEALED_RECORD
from fangge.fusion.queries.requests import open_requests_about
from fangge.fusion.rules.linking import SPEAKERS
from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.registers.actions.erasing import empty_residents
from fangge.registers.queries.own import ids_of_codes, standing_residents
from fangge.retention.queries.erasers import Eraser

HASH_BYTES = 32
NO_PART = frozenset({"address_code"})
"""Of a shared row the place stays: it is not the person's."""


def erase_residents(_actor: Actor, ids: Sequence[int], now: datetime) -> None:
    """Erase residents everywhere: entry, addresses, history, the rows that speak of them."""
    stay_clear_of_link_run()
    everyone = empty_residents(resident_ids=ids, now=now)
    named = LinkDecision.objects.filter(kind="resident", entry_id__in=everyone)
    parts: dict[int, set[str]] = {}
    for record_id, part in named.values_list("record_id", "part"):
        parts.setdefault(record_id, set()).add(part)
    for record in SourceRecord.objects.filter(pk__in=parts).select_related("source"):
        _blank_record(record, parts[record.pk])
    named.delete()
    _drop_pairs(parts)
    Finding.objects.filter(subject="resident", subject_id__in=everyone).delete()
    about = ChangeRequest.objects.filter(subject="resident", entry_id__in=everyone)
    _empty_requests(list(about.values_list("pk", flat=True)))
    # What a link run kept in files for the next one holds names too.
    transaction.on_commit(forget_kept)


def _drop_pairs(record_ids: Collection[int]) -> None:
    touched = Q(left_id__in=record_ids) | Q(right_id__in=record_ids)
    Pair.objects.filter(touched, kind="resident").delete()
    decided = PairDecision.objects.filter(touched, judgement__kind="resident")
    PairDecision.objects.filter(supersedes__in=decided).update(supersedes=None)
    decided.update(supersedes=None)
    decided.delete()


def _blank_record(record: SourceRecord, parts: Collection[str]) -> None:
    """Empty a row of what it says of a person: all of a row about one, a part of a shared row."""
    contract = contract_of(record.source)
    is_whole = contract.subject == "resident"
    fields = {
        column
        for speaker in SPEAKERS
        if speaker.source == record.source.code and speaker.part in parts
        for name, column in speaker.fields.items()
        if name not in NO_PART
    }
    fields |= {field.name for field in contract.fields} if is_whole else set()
    vault = open_vault()
    record.payload = {
        name: None if name in fields else value for name, value in record.payload.items()
    }
    if record.sealed is not None:
        place = f"{record.batch_id}:{record.row_no}"
        held = json.loads(vault.open(bytes(record.sealed), column=SEALED_RECORD, row=place))
        left = {name: None if name in fields else value for name, value in held.items()}
        text = json.dumps(left, ensure_ascii=False)
        record.sealed = vault.seal(text, column=SEALED_RECORD, row=place)
    record.row_hash = secrets.token_bytes(HASH_BYTES)
    if is_whole:
        record.key_hash = secrets.token_bytes(HASH_BYTES)
        # A row that took its own place speaks no more.
        record.replaced_by_batch_id = record.replaced_by_batch_id or record.batch_id
    record.save()
    _empty_quarantined(QuarantinedRow.objects.filter(record=record))


def _erase_replaced(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    for record in SourceRecord.objects.filter(pk__in=ids).select_related("source"):
        spoken = LinkDecision.objects.filter(record=record, kind="resident")
        parts = {speaker.part for speaker in SPEAKERS if speaker.source == record.source.code}
        _blank_record(record, parts)
        spoken.delete()
    _drop_pairs(ids)


def _erase_quarantined(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    _empty_quarantined(QuarantinedRow.objects.filter(pk__in=ids))


def _empty_quarantined(rows: QuerySet[QuarantinedRow]) -> None:
    vault, held = open_vault(), list(rows)
    for row in held:
        place = f"{row.batch_id}:{row.row_no}"
        row.row_sealed, row.faults = vault.seal("{}", column=SEALED_ROW, row=place), []
    QuarantinedRow.objects.bulk_update(held, ["row_sealed", "faults"], batch_size=1000)


def _erase_requests(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    _empty_requests(ids)


def _empty_findings(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    """Take why it was closed, in which an answer from the field may be told again."""
    Finding.objects.filter(pk__in=ids).update(reason="")


def _empty_requests(ids: Sequence[int]) -> None:
    held = list(ChangeRequest.objects.filter(pk__in=ids))
    for request in held:
        request.row_sealed = seal_row({}, token=request.token)
    ChangeRequest.objects.bulk_update(held, ["row_sealed"], batch_size=1000)
    ChangeRequest.objects.filter(pk__in=ids).update(
        reason="", evidence="", fields=[], before={}, after={}
    )


def hold_for_requests(codes: Collection[str]) -> dict[str, str]:
    """Hold back residents about whom a request waits."""
    ids = ids_of_codes(codes)
    waiting = open_requests_about(list(ids.values()))
    return {code: "a change request waits" for code, one in ids.items() if one in waiting}


ERASERS = (
    Eraser(
        kind="resident_left",
        holding=standing_residents,
        clock="ends_on",
        born="recorded_at",
        erase=erase_residents,
        owner="code",
    ),
    Eraser(
        kind="source_row_replaced",
        holding=lambda: (
            SourceRecord.objects.filter(source__code__in={speaker.source for speaker in SPEAKERS})
            .exclude(replaced_by_batch=None)
            .exclude(replaced_by_batch=F("batch"))
        ),
        clock="replaced_by_batch__extracted_at",
        born="batch__started_at",
        erase=_erase_replaced,
    ),
    Eraser(
        kind="quarantined_row",
        holding=lambda: QuarantinedRow.objects.exclude(faults=[]).exclude(
            state=QuarantineState.OPEN
        ),
        clock="decided_at",
        born="batch__started_at",
        erase=_erase_quarantined,
    ),
    Eraser(
        kind="change_request",
        holding=lambda: ChangeRequest.objects.exclude(fields=[], reason="").exclude(
            state=RequestState.WAITING
        ),
        clock="decided_at",
        born="asked_at",
        erase=_erase_requests,
    ),
    Eraser(
        kind="finding_closed",
        holding=lambda: Finding.objects.exclude(reason="").exclude(closed_at=None),
        clock="closed_at",
        born="opened_at",
        erase=_empty_findings,
    ),
)
