"""Give a file away: marked with who took it, when and for what, under a code in the ledger."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangge.audit.actions import record_act
from fangge.disclosure.models.export import ExportMade
from fangge.disclosure.rules.codes import write_code
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid
from fangge.kernel.web import Download

LONGEST_REASON = 200
CODE_BYTES = 8


class ReasonMissing(Invalid):
    """Whoever takes a file along says what for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is taken along, in which form, and what for."""

    what: str
    form: str
    purpose: str
    reason: str
    name: str
    kind: str
    n_rows: int
    object_reference: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file bears: the code stands in every row, the sentence once."""

    code: str
    sentence: str


@transaction.atomic
def make_export(
    *, actor: Actor, wanted: Wanted, write: Callable[[Mark], bytes], now: datetime
) -> Download:
    """Let a file be written with its mark, and keep in the ledger that it was taken.

    Raises `ReasonMissing` where nobody said what for.
    """
    reason = wanted.reason.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonMissing(_("Say what the file is for: it stands in the file and in the ledger."))
    code = write_code(secrets.token_bytes(CODE_BYTES))
    body = write(Mark(code, _say(actor, reason, code, now)))
    hashed = hashlib.sha256(body)
    ExportMade.objects.create(
        code=code,
        what=wanted.what,
        form=wanted.form,
        purpose=wanted.purpose,
        reason=reason,
        object_reference=wanted.object_reference,
        n_rows=wanted.n_rows,
        file_hash=hashed.digest(),
        made_at=now,
        made_by=actor.reference,
    )
    record_act(
        actor=actor,
        verb="export.make",
        subject_kind="export",
        subject_id=code,
        purpose=wanted.purpose,
        reason=f"{wanted.what} {wanted.form} n={wanted.n_rows} sha256={hashed.hexdigest()}",
        now=now,
    )
    return Download(body, wanted.kind, wanted.name, code)


def _say(actor: Actor, reason: str, code: str, now: datetime) -> str:
    at = timezone.localtime(now).strftime("%Y-%m-%d %H:%M")
    return _("%(code)s: %(who)s took this on %(at)s for: %(reason)s. For no other use.") % {
        "code": code,
        "who": actor.name or actor.reference,
        "at": at,
        "reason": reason,
    }
