"""What is due, overdue and asked for, by desk."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from fangge.cases.queries.visible import cases_visible_to
from fangge.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A desk's open cases; a row without a desk is what the centre has not sent on yet."""

    code: str
    office: str
    name: str
    n_open: int
    n_overdue: int
    n_today: int
    n_still: int
    n_asked: int


def desk_rows(*, actor: Actor, today_ends: datetime, now: datetime) -> list[DeskRow]:
    """Count the open cases that the actor sees by desk, those with most overdue first."""
    actor.require("cases.sort")
    found = (
        cases_visible_to(actor, now=now)
        .filter(is_open=True)
        .values_list("desk__code", "desk__office", "desk__name")
        .annotate(
            n_open=Count("pk"),
            n_overdue=Count("pk", filter=Q(due_at__lt=now)),
            n_today=Count("pk", filter=Q(due_at__gte=now, due_at__lt=today_ends)),
            n_still=Count("pk", filter=Q(due_at=None)),
            n_asked=Count("pk", filter=Q(n_asked__gt=0)),
        )
    )
    rows = [
        DeskRow(code or "", office or "", name or "", *counts)
        for code, office, name, *counts in found
    ]
    return sorted(rows, key=lambda row: (-row.n_overdue, -row.n_open, row.code))
