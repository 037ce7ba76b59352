"""Let a resident in: a one-time code from a counter, and the short visit that it opens."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from fangge.audit.actions import record_looks
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid, Refused
from fangge.kernel.fields import open_vault
from fangge.portal.models.code import AccessCode, Visit
from fangge.portal.rules.codes import (
    ALPHABET,
    GOOD_FOR,
    LENGTH,
    MOST_TRIES,
    N_LAST,
    STAY,
    read_code,
    read_last,
    write_code,
)
from fangge.portal.rules.columns import CODE, LAST, TOKEN
from fangge.registers.queries.entries import get_resident
from fangge.registers.queries.own import has_identifier, is_identified_by


class DocumentDiffers(Invalid):
    """The number on the document shown is not the one in the register."""


class CodeRefused(Refused):
    """The code does not open anything, or not with these characters."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code as it is handed over: shown once, kept nowhere."""

    text: str
    resident_code: str
    expires_at: datetime


@transaction.atomic
def issue_code(
    *, actor: Actor, resident_id: int, document: str, is_present: bool, now: datetime
) -> IssuedCode:
    """Issue a code to a resident who is present and has shown the identity document.

    Raises `DocumentDiffers` unless the number typed from the document is the registered one.
    An earlier code that is still open ends.
    """
    resident = get_resident(actor=actor, resident_id=resident_id)
    actor.require("codes.issue")
    if not is_present:
        raise DocumentDiffers("Confirm that the resident is here and showed the document.")
    number = "".join(document.upper().split())
    if not has_identifier(resident):
        raise DocumentDiffers(
            "The register knows no identity number of this resident: let it be corrected first."
        )
    if not is_identified_by(resident, number):
        raise DocumentDiffers("This is not the number in the register. Nothing was issued.")
    open_codes = AccessCode.objects.filter(resident_id=resident.pk, used_at=None, revoked_at=None)
    open_codes.update(revoked_at=now)
    picked = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    AccessCode.objects.create(
        resident_id=resident.pk,
        resident_code=resident.code,
        code_hash=open_vault().hash_text(picked, column=CODE),
        last_hash=open_vault().hash_text(f"{picked}{number[-N_LAST:]}", column=LAST),
        issued_at=now,
        issued_by=actor.reference,
        expires_at=now + GOOD_FOR,
    )
    _keep(actor, resident.code, verb="codes.issue", fields=["identifier"], now=now)
    return IssuedCode(write_code(picked), resident.code, now + GOOD_FOR)


def enter(*, code: str, last: str, now: datetime) -> str:
    """Open a visit with a code and the last characters of the identity number; give its token.

    Raises `CodeRefused`; a try that fails counts, and the last one ends the code.
    """
    token = _try_to_enter(read_code(code), read_last(last), now)
    if token is None:
        raise CodeRefused("This code and these characters do not open anything.")
    return token


@transaction.atomic
def _try_to_enter(picked: str, last: str, now: datetime) -> str | None:
    """Give a token, or None; what was tried is kept either way."""
    held = (
        AccessCode.objects.select_for_update()
        .filter(
            code_hash=open_vault().hash_text(picked, column=CODE), used_at=None, revoked_at=None
        )
        .filter(expires_at__gt=now, n_tries__lt=MOST_TRIES)
        .first()
    )
    if held is None:
        return None
    expected = bytes(held.last_hash)
    if not secrets.compare_digest(expected, open_vault().hash_text(f"{picked}{last}", column=LAST)):
        AccessCode.objects.filter(pk=held.pk).update(n_tries=F("n_tries") + 1)
        return None
    token = secrets.token_urlsafe(32)
    held.used_at = now
    held.save(update_fields=["used_at"])
    Visit.objects.create(
        code=held,
        resident_id=held.resident_id,
        resident_code=held.resident_code,
        token_hash=open_vault().hash_text(token, column=TOKEN),
        starts_at=now,
        ends_at=now + STAY,
    )
    own = Actor(f"resident:{held.resident_code}", "", (), frozenset())
    _keep(own, held.resident_code, verb="visits.start", fields=[], now=now)
    return token


def leave(*, token: str, now: datetime) -> None:
    """End a visit before its time."""
    held = Visit.objects.filter(
        token_hash=open_vault().hash_text(token, column=TOKEN), ends_at__gt=now
    )
    held.update(ends_at=now)


def _keep(actor: Actor, code: str, *, verb: str, fields: list[str], now: datetime) -> None:
    record_looks(
        actor=actor,
        verb=verb,
        subject_kind="resident",
        subject_ids=[code],
        fields=fields,
        purpose="own_request",
        object_reference="",
        now=now,
    )
