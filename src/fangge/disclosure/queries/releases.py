"""Answers in counts: what was given, what it may not come too near to, what was refused."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings

from fangge.disclosure.models.release import CountRelease
from fangge.disclosure.rules.differencing import Sketch
from fangge.kernel.actor import Actor

MOST = 50


def given_table(key: str) -> Any:
    """Give the table that was given to whoever asked the same before, or None."""
    held = CountRelease.objects.filter(key=key, is_refused=False).first()
    return None if held is None else held.table


def earlier_answers(register: str, *, now: datetime) -> list[tuple[CountRelease, Sketch]]:
    """Give what was told of a register within the window, by whomever it was asked."""
    since = now - timedelta(days=settings.DIFFERENCE_DAYS)
    held = CountRelease.objects.filter(register=register, is_refused=False, asked_at__gte=since)
    return [
        (one, np.frombuffer(bytes(one.sketch or b""), dtype="<u8"))
        for one in held.defer("table").order_by("-id")
    ]


def is_refused_already(key: str, by: str, *, now: datetime) -> bool:
    """Tell whether the same was refused to the same person today."""
    day_ago = now - timedelta(days=1)
    refused = CountRelease.objects.filter(key=key, asked_by=by, is_refused=True)
    return refused.filter(asked_at__gte=day_ago).exists()


def list_refusals(*, actor: Actor) -> list[CountRelease]:
    """List the counts that were refused, the newest first; the auditor's alone."""
    actor.require("audit.see")
    refused = CountRelease.objects.filter(is_refused=True).select_related("against")
    return list(refused.order_by("-id")[:MOST])
