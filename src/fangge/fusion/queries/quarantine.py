"""Rows that broke a rule, as the steward's queue shows them."""

from django.db.models import QuerySet

from fangge.fusion.models.source import QuarantinedRow, QuarantineState
from fangge.kernel.actor import Actor

PAGE_ROWS = 50


def quarantined_rows(actor: Actor) -> QuerySet[QuarantinedRow]:
    """Give the rows of all sources to who sees the whole district, and none to others.

    Nobody knows yet where a row belongs that broke a rule.
    """
    actor.require("quarantine.see")
    return (
        QuarantinedRow.objects.filter() if actor.grid_ids is None else QuarantinedRow.objects.none()
    )


def quarantine_visible_to(
    actor: Actor, *, source: str = "", rule: str = "", state: str = "open", after: int = 0
) -> list[QuarantinedRow]:
    """List quarantined rows, oldest first, one more than a page to tell whether there is a next."""
    rows = quarantined_rows(actor).select_related("batch__source").filter(pk__gt=after)
    if state:
        rows = rows.filter(state=state)
    if source:
        rows = rows.filter(batch__source__code=source)
    if rule:
        rows = rows.filter(faults__contains=[{"rule": rule}])
    return list(rows.order_by("id")[: PAGE_ROWS + 1])


def next_waiting_row(row: QuarantinedRow) -> QuarantinedRow | None:
    """Give the row that waits behind this one, or the first that waits."""
    waiting = QuarantinedRow.objects.filter(state=QuarantineState.OPEN).order_by("id")
    return waiting.filter(pk__gt=row.pk).first() or waiting.exclude(pk=row.pk).first()
