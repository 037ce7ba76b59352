"""Give counts of persons, or refuse them where an earlier answer would tell the difference."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangge.audit.actions import record_act
from fangge.disclosure.models.release import CountRelease
from fangge.disclosure.queries.counts import least_shown
from fangge.disclosure.queries.releases import earlier_answers, is_refused_already
from fangge.disclosure.rules.differencing import Sketch, leaves_few, sketch_of, tells_of_few
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict

RELEASE_LOCK = 7_306_104  # any number of our own: one answer at a time is compared and kept


class TooNear(Conflict):
    """Beside what is known already these counts would tell of a few people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for in counts: of whom, and which public totals hold all of them."""

    key: str
    register: str
    person_ids: Collection[int]
    n_counted: int
    public_totals: Collection[int]
    object_reference: str = ""


def key_of(*parts: object) -> str:
    """Give what two questions have in common if and only if they are the same."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def release_counts(*, actor: Actor, asked: Asked, table: Any, now: datetime) -> Any:
    """Give a table that was not given before, and keep what later answers are compared with.

    Raises `TooNear`, and keeps that it did: nothing of the answer. Call it outside of a
    transaction that the refusal would undo.
    """
    sketch = sketch_of(np.unique(list(asked.person_ids)).tolist(), key=_key())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RELEASE_LOCK])
        held = CountRelease.objects.filter(key=asked.key, is_refused=False).first()
        if held is not None:
            return held.table
        near, against = _find_near(asked, sketch, now)
        if not near:
            _keep(actor, asked, now, sketch=sketch.astype("<u8").tobytes(), table=table)
            return table
        if not is_refused_already(asked.key, actor.reference, now=now):
            _keep(actor, asked, now, against=against)
    raise TooNear(_say_why(against))


def _key() -> bytes:
    return hashlib.sha256(b"disclosure" + bytes.fromhex(settings.FINDING_KEY)).digest()


def _find_near(asked: Asked, sketch: Sketch, now: datetime) -> tuple[bool, CountRelease | None]:
    """Find an earlier answer, or a public total, that this one differs from by a few people."""
    least = least_shown()
    for earlier, known in earlier_answers(asked.register, now=now):
        if tells_of_few(sketch, known, least=least):
            return True, earlier
    if any(leaves_few(asked.n_counted, total, least=least) for total in asked.public_totals):
        return True, None
    return False, None


def _say_why(against: CountRelease | None) -> str:
    if against is None:
        return _("A few people of a total that all can see are left out. Ask for the whole area.")
    told = _("Fewer than %(least)s people differ from %(earlier)s of %(day)s, which was given.")
    then = _("Use that one, ask for another area, or wait until %(days)s days after it.")
    return f"{told} {then}" % {
        "least": least_shown(),
        "earlier": against.object_reference or str(against),
        "day": against.asked_at.date().isoformat(),
        "days": settings.DIFFERENCE_DAYS,
    }


def _keep(actor: Actor, asked: Asked, now: datetime, **answer: Any) -> CountRelease:
    kept = CountRelease.objects.create(
        key=asked.key,
        register=asked.register,
        object_reference=asked.object_reference,
        asked_at=now,
        asked_by=actor.reference,
        is_refused="table" not in answer,
        **answer,
    )
    verb = "counts.refuse" if kept.is_refused else "counts.give"
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="counts",
        subject_id=str(kept.pk),
        reason=asked.object_reference,
        now=now,
    )
    return kept
