"""A copy of everything that is held about a resident, with its sources, for that resident alone."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from fangge.audit.actions import prove_entry, seal_ledger
from fangge.disclosure.actions.exports import Mark, Wanted, make_export
from fangge.fusion.actions.own import OwnRecord, own_records
from fangge.kernel.errors import Missing
from fangge.kernel.fields import open_vault
from fangge.kernel.web import Download
from fangge.portal.actions.claims import keep_claim
from fangge.portal.models.claim import ClaimKind, ClaimRuling, Outcome, RightsClaim
from fangge.portal.models.code import Visit
from fangge.portal.queries.claims import claims_of
from fangge.portal.queries.looks import Look, look_of, looks_at
from fangge.portal.queries.questions import questions_of
from fangge.portal.queries.visits import visitor_of
from fangge.portal.queries.wording import FIELDS
from fangge.portal.rules.columns import CLAIM, RULING
from fangge.registers.queries.own import OwnEntry, own_entry

FORMS = {"json": "application/json; charset=utf-8", "html": "text/html; charset=utf-8"}
MOST_LOOKS = 5_000


@transaction.atomic
def take_copy(*, visit: Visit, form: str, now: datetime) -> Download:
    """Give the copy in a form that machines read, or one that people read; that it went is kept."""
    if form not in FORMS:
        raise Missing(f"There is no form {form}.")
    entry = own_entry(visit.resident_id)
    if entry is None:
        raise Missing("The register holds nothing about you any more.")
    records = own_records(resident_id=visit.resident_id)
    claim = _keep(visit, form, now)

    def write(mark: Mark) -> bytes:
        told = f"{_mark(visit, claim, now)} · {mark.code}"
        looks = list(_all_looks(visit))
        if form == "json":
            return _write_json(visit, entry, records, looks, mark=told, now=now)
        return _write_page(entry, records, looks, mark=told)

    wanted = Wanted(
        what="own_copy",
        form=form,
        purpose="claims.copy",
        reason="PIPL art. 45",
        name=f"{visit.resident_code}.{form}",
        kind=FORMS[form],
        n_rows=1,
        object_reference=f"claim:{claim.pk}",
    )
    return make_export(actor=visitor_of(visit), wanted=wanted, write=write, now=now)


def take_proof(*, visit: Visit, entry_id: int, now: datetime) -> Download:
    """Give the proof that the ledger holds a look at the visitor."""
    look, entry = look_of(visit, entry_id=entry_id)
    if entry.place is None:
        seal_ledger(now=now)
        look, entry = look_of(visit, entry_id=entry_id)
    proof = prove_entry(place=entry.place if entry.place is not None else -1)
    wanted = Wanted(
        what="own_proof",
        form="json",
        purpose="claims.copy",
        reason="PIPL art. 45",
        name=f"{look.reference}.json",
        kind=FORMS["json"],
        n_rows=1,
        object_reference=look.reference,
    )
    return make_export(
        actor=visitor_of(visit),
        wanted=wanted,
        write=lambda mark: _write_lines(proof | {"export": mark.code}),
        now=now,
    )


def _write_lines(told: dict[str, object]) -> bytes:
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()


def _mark(visit: Visit, claim: RightsClaim, now: datetime) -> str:
    return f"{visit.resident_code} · {timezone.localtime(now):%Y-%m-%d %H:%M} · {claim.pk}"


def _write_page(
    entry: OwnEntry, records: list[OwnRecord], looks: list[Look], *, mark: str
) -> bytes:
    context = {
        "entry": entry,
        "facts": [(FIELDS.get(one.field, one.field), one) for one in entry.facts],
        "records": [
            (record, [(FIELDS.get(name, name), text) for name, text in record.says.items()])
            for record in records
        ],
        "looks": looks,
        "mark": mark,
    }
    return render_to_string("portal/copy.html", context).encode()


def _keep(visit: Visit, form: str, now: datetime) -> RightsClaim:
    token = uuid4()
    claim = RightsClaim.objects.create(
        token=token,
        kind=ClaimKind.COPY,
        resident_id=visit.resident_id,
        resident_code=visit.resident_code,
        text_sealed=open_vault().seal(form, column=CLAIM, row=token),
        asked_at=now,
        due_on=timezone.localdate(now),
    )
    ClaimRuling.objects.create(
        claim=claim,
        outcome=Outcome.GRANTED,
        text_sealed=open_vault().seal("", column=RULING, row=claim.pk),
        ruled_at=now,
        ruled_by="system:portal",
    )
    keep_claim(visitor_of(visit), claim, verb="claims.copy", now=now)
    return claim


def _all_looks(visit: Visit) -> Iterator[Look]:
    before: int | None = None
    n_told = 0
    while n_told < MOST_LOOKS:
        looks, before = looks_at(visit, before=before, n_most=500)
        n_told += len(looks)
        yield from looks
        if before is None:
            return


def _write_json(
    visit: Visit,
    entry: OwnEntry,
    records: list[OwnRecord],
    looks: list[Look],
    *,
    mark: str,
    now: datetime,
) -> bytes:
    told: dict[str, Any] = {
        "format": "fangge-own-copy-1",
        "made_for": mark,
        "code": entry.code,
        "facts": [
            {"field": one.field, "value": one.value, "source": one.source} for one in entry.facts
        ],
        "places": [
            {
                "kind": one.kind,
                "address": one.address,
                "starts_on": _day(one.starts_on),
                "ends_on": _day(one.ends_on),
                "source": one.source,
            }
            for one in entry.places
        ],
        "history": [
            {
                "at": change.changed_at.isoformat(),
                "fields": [
                    {"field": str(one.field), "was": one.value, "became": one.became}
                    for one in change.former
                ],
            }
            for change in entry.changes
        ],
        "records": [
            {"source": one.source, "part": one.part, "said_on": _day(one.said_on), "says": one.says}
            for one in records
        ],
        "looks": [
            {
                "reference": one.reference,
                "at": one.at.isoformat(),
                "who": one.who,
                "act": one.act,
                "fields": one.fields,
                "purpose": one.purpose,
            }
            for one in looks
        ],
        "questions": [
            {"number": one.number, "asked_at": one.asked_at.isoformat(), "text": one.text,
             "answer": one.answer}
            for one in questions_of(visit, now=now)
        ],
        "claims": [
            {"number": one.number, "kind": one.kind, "asked_at": one.asked_at.isoformat(),
             "text": one.text, "outcome": one.outcome, "ruling": one.ruling}
            for one in claims_of(visit, now=now)
        ],
    }  # fmt: skip
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
