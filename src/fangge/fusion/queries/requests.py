"""Requests to change a register, within the actor's area."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from fangge.fusion.models.request import ChangeRequest, RequestState
from fangge.kernel.actor import Actor

PAGE_ROWS = 50
STATES = tuple(RequestState.values)


def requests_visible_to(actor: Actor) -> QuerySet[ChangeRequest]:
    """Give the requests about the actor's area, and those that the actor made."""
    actor.require("requests.see")
    requests = ChangeRequest.objects.select_related("source", "batch")
    if actor.grid_ids is None:
        return requests
    own = requests.filter(asked_by=actor.reference)
    return own | requests.filter(grid_id__in=actor.grid_ids)


def list_requests(
    *,
    actor: Actor,
    state: str,
    event: str,
    before: int = 0,
    about: tuple[int | None, int | None] = (None, None),
) -> tuple[list[ChangeRequest], int | None]:
    """List requests, of those that wait the oldest first, and give the next page's key.

    `about` names a resident or an organisation to whose requests the list keeps.
    """
    found = requests_visible_to(actor)
    for subject, entry_id in zip(("resident", "organisation"), about, strict=True):
        if entry_id is not None:
            found = found.filter(subject=subject, entry_id=entry_id)
    if event:
        found = found.filter(event=event)
    if state:
        found = found.filter(state=state)
    is_waiting = state == RequestState.WAITING
    if before:
        found = found.filter(pk__gt=before) if is_waiting else found.filter(pk__lt=before)
    rows = list(found.order_by("id" if is_waiting else "-id")[: PAGE_ROWS + 1])
    return rows[:PAGE_ROWS], rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None


def count_waiting(actor: Actor) -> int:
    """Count what waits for this person: requests in their area that others made."""
    if not actor.may("requests.decide"):
        return 0
    waiting = requests_visible_to(actor).filter(state=RequestState.WAITING)
    return waiting.exclude(asked_by=actor.reference).count()


@dataclass(frozen=True, slots=True)
class OutcomeOfRequest:
    """What became of a request, for who asked."""

    state: str
    state_told: str
    decided_at: datetime | None
    reason: str


def outcomes_of(request_ids: Collection[int]) -> dict[int, OutcomeOfRequest]:
    """Give what became of each of these requests."""
    return {
        one.pk: OutcomeOfRequest(
            one.state, str(one.get_state_display()), one.decided_at, one.decision_reason
        )
        for one in ChangeRequest.objects.filter(pk__in=request_ids)
    }


def open_requests_about(resident_ids: Collection[int]) -> set[int]:
    """Give those of these residents about whom a request waits."""
    waiting = ChangeRequest.objects.filter(
        subject="resident", entry_id__in=resident_ids, state=RequestState.WAITING
    )
    return {one for one in waiting.values_list("entry_id", flat=True) if one is not None}
