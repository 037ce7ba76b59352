"""Rights that residents claim: their own, and the office's queue with due dates."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from fangge.fusion.queries.requests import OutcomeOfRequest, outcomes_of
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.fields import open_vault
from fangge.portal.models.claim import ClaimKind, Ground, RightsClaim
from fangge.portal.queries.terms import claim_term, days_left
from fangge.portal.rules.columns import CLAIM, RULING

if TYPE_CHECKING:
    from fangge.portal.models.code import Visit

GROUNDS_TOLD = tuple(Ground.choices)
STATES = ("open", "overdue", "decided")
MOST = 100


@dataclass(frozen=True, slots=True)
class ToldClaim:
    """A claim with its clock and, where there is one, what was decided."""

    number: int
    kind: str
    kind_told: str
    resident_code: str
    resident_id: int
    text: str
    asked_at: datetime
    due_on: date
    n_left: int
    is_working: bool
    is_overdue: bool
    outcome: str
    outcome_told: str
    ground: str
    ruling: str
    ruled_at: datetime | None
    request_id: int | None


def tell_claim(
    claim: RightsClaim,
    request: OutcomeOfRequest | None,
    *,
    now: datetime,
    opened: bool = True,
) -> ToldClaim:
    """Tell a claim; a correction is decided where all changes of the registers are."""
    ruling = getattr(claim, "ruling", None)
    outcome, told, ground, text, ruled_at = "", "", "", "", None
    if ruling is not None:
        outcome, told = ruling.outcome, str(ruling.get_outcome_display())
        ground = str(ruling.get_ground_display()) if ruling.ground else ""
        text = _open(ruling.text_sealed, RULING, claim.pk) if opened else ""
        ruled_at = ruling.ruled_at
    elif request is not None and request.decided_at is not None:
        outcome = "granted" if request.state == "applied" else "refused"
        told, ruled_at = request.state_told, request.decided_at
        text = request.reason if opened else ""
    term = claim_term()
    return ToldClaim(
        number=claim.pk,
        kind=claim.kind,
        kind_told=str(claim.get_kind_display()),
        resident_code=claim.resident_code,
        resident_id=claim.resident_id,
        text=_open(claim.text_sealed, CLAIM, claim.token) if opened else "",
        asked_at=claim.asked_at,
        due_on=claim.due_on,
        n_left=abs(days_left(now, claim.due_on, term)),
        is_working=term.is_working,
        is_overdue=not outcome and timezone.localdate(now) > claim.due_on,
        outcome=outcome,
        outcome_told=told,
        ground=ground,
        ruling=text,
        ruled_at=ruled_at,
        request_id=claim.request_id,
    )


def _open(sealed: bytes | memoryview, column: str, row: object) -> str:
    return open_vault().open(bytes(sealed), column=column, row=row)


def _tell_all(claims: list[RightsClaim], *, now: datetime, opened: bool) -> list[ToldClaim]:
    outcomes = outcomes_of([one.request_id for one in claims if one.request_id is not None])
    return [
        tell_claim(one, outcomes.get(one.request_id or 0), now=now, opened=opened) for one in claims
    ]


def claims_of(visit: "Visit", *, now: datetime) -> list[ToldClaim]:
    """Give what the resident of this visit claimed, newest first."""
    own = RightsClaim.objects.filter(resident_id=visit.resident_id).select_related("ruling")
    return _tell_all(list(own.order_by("-id")[:MOST]), now=now, opened=True)


def claims_visible_to(actor: Actor) -> QuerySet[RightsClaim]:
    actor.require("claims.see")
    return RightsClaim.objects.select_related("ruling")


def list_claims(*, actor: Actor, state: str, now: datetime) -> list[ToldClaim]:
    """List claims, what is due first; their words stay sealed."""
    found = claims_visible_to(actor).exclude(kind=ClaimKind.COPY)
    unruled = found.filter(ruling=None).order_by("due_on", "id")
    if state == "decided":
        ruled = found.filter(Q(ruling__isnull=False) | Q(request_id__isnull=False))
        told = _tell_all(list(ruled.order_by("-id")[:MOST]), now=now, opened=False)
        return [one for one in told if one.outcome]
    told = _tell_all(list(unruled[:MOST]), now=now, opened=False)
    return [one for one in told if not one.outcome and (one.is_overdue or state != "overdue")]


def get_claim(*, actor: Actor, claim_id: int, now: datetime) -> ToldClaim:
    found = claims_visible_to(actor).filter(pk=claim_id).first()
    if found is None:
        raise Missing(f"There is no claim {claim_id}.")
    return _tell_all([found], now=now, opened=True)[0]
