"""The table of clocks, what is due, what was erased, and the holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope
from fangge.retention.models import Hold, RetentionRun
from fangge.retention.queries.erasers import all_erasers, due_rows
from fangge.retention.rules import KINDS, Kind

MOST = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A kind with what is due and what its last run did."""

    code: str
    kind: Kind
    n_due: int
    last: RetentionRun | None


def show_clocks(*, now: datetime) -> list[Line]:
    """Give every kind with its clock, how many are due, and the last run."""
    due = {one.kind: due_rows(one, now=now).count() for one in all_erasers()}
    last = {run.kind: run for run in RetentionRun.objects.order_by("id")}
    return [Line(code, kind, due.get(code, 0), last.get(code)) for code, kind in KINDS.items()]


def read_retention(
    *, actor: Actor, now: datetime
) -> tuple[list[Line], list[Hold], list[RetentionRun]]:
    """Give the clocks, the holds in force and the last runs."""
    actor.require("retention.see")
    holds = Hold.objects.filter(ends_at=None).order_by("-id")
    runs = RetentionRun.objects.exclude(n_erased=0, n_held=0).order_by("-id")
    with beyond_scope():  # how many are due, whoever asks: a count says nothing of a person
        lines = show_clocks(now=now)
    return lines, list(holds[:MOST]), list(runs[:MOST])


def clock_table() -> Mapping[str, Kind]:
    """Give the table of kinds, as the reference shows it."""
    return KINDS
