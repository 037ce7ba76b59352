"""Claim a right: a correction or a deletion; and decide on it, with the ground of a refusal."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from fangge.audit.actions import record_looks
from fangge.fusion.actions.requests.asking import ask_correction
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid
from fangge.kernel.fields import open_vault
from fangge.portal.models.claim import ClaimKind, ClaimRuling, Outcome, RightsClaim
from fangge.portal.models.code import Visit
from fangge.portal.queries.claims import ToldClaim, claims_visible_to, get_claim
from fangge.portal.queries.terms import claim_term, due_on
from fangge.portal.queries.visits import visitor_of
from fangge.portal.rules.asking import GROUNDS
from fangge.portal.rules.columns import CLAIM, RULING
from fangge.retention.actions import erase_at_request

LONGEST = 2000


class ClaimUnclear(Invalid):
    """The claim or the ruling lacks something; the message says what."""


class ClaimDecided(Conflict):
    """Somebody decided on this claim in the meantime."""


@transaction.atomic
def claim_correction(
    *, visit: Visit, values: Mapping[str, str], text: str, token: UUID, now: datetime
) -> RightsClaim:
    """Ask for one's own record to be corrected: the way of every change of the registers.

    Raises fusion's `EventRefused` with the faults of the form.
    """
    held = RightsClaim.objects.filter(token=token, resident_id=visit.resident_id).first()
    if held is not None:
        return held
    request = ask_correction(
        actor=visitor_of(visit),
        resident_id=visit.resident_id,
        values={**values, "reason": text.strip()[:LONGEST]},
        token=token,
        now=now,
    )
    return _ask(visit, ClaimKind.CORRECTION, text, token, request_id=request.pk, now=now)


@transaction.atomic
def claim_deletion(*, visit: Visit, text: str, token: UUID, now: datetime) -> RightsClaim:
    """Ask for what is held to be deleted: the office decides."""
    held = RightsClaim.objects.filter(token=token, resident_id=visit.resident_id).first()
    if held is not None:
        return held
    if not text.strip():
        raise ClaimUnclear("Say what is to be deleted and why.")
    waits = RightsClaim.objects.filter(
        kind=ClaimKind.DELETION, resident_id=visit.resident_id, ruling=None
    ).first()
    return waits or _ask(visit, ClaimKind.DELETION, text, token, request_id=None, now=now)


def _ask(
    visit: Visit, kind: ClaimKind, text: str, token: UUID, *, request_id: int | None, now: datetime
) -> RightsClaim:
    claim = RightsClaim.objects.create(
        token=token,
        kind=kind,
        resident_id=visit.resident_id,
        resident_code=visit.resident_code,
        text_sealed=open_vault().seal(text.strip()[:LONGEST], column=CLAIM, row=token),
        request_id=request_id,
        asked_at=now,
        due_on=due_on(now, claim_term()),
    )
    keep_claim(visitor_of(visit), claim, verb="claims.ask", now=now)
    return claim


@transaction.atomic
def open_claim(*, actor: Actor, claim_id: int, now: datetime) -> ToldClaim:
    """Open a claim with its words; that it was read is kept."""
    told = get_claim(actor=actor, claim_id=claim_id, now=now)
    claim = RightsClaim.objects.get(pk=claim_id)
    keep_claim(actor, claim, verb="claims.open", now=now)
    return told


@transaction.atomic
def rule_claim(
    *, actor: Actor, claim_id: int, outcome: str, ground: str, text: str, now: datetime
) -> ClaimRuling:
    """Decide on a deletion: what is granted is erased now; a refusal names its ground.

    Raises `ClaimUnclear`, and `ClaimDecided` when somebody was first.
    """
    claims_visible_to(actor)
    claim = RightsClaim.objects.select_for_update().filter(pk=claim_id).first()
    actor.require("claims.decide")
    if claim is None or claim.kind != ClaimKind.DELETION:
        raise ClaimUnclear("A correction is decided on where changes of the registers are.")
    if ClaimRuling.objects.filter(claim=claim).exists():
        raise ClaimDecided("Somebody decided on this claim first. Nothing was changed.")
    _check_ruling(outcome, ground, text)
    ruling = ClaimRuling.objects.create(
        claim=claim,
        outcome=outcome,
        ground=ground if outcome == Outcome.REFUSED else "",
        text_sealed=open_vault().seal(text.strip()[:LONGEST], column=RULING, row=claim.pk),
        ruled_at=now,
        ruled_by=actor.reference,
    )
    keep_claim(actor, claim, verb="claims.rule", now=now)
    if outcome == Outcome.GRANTED:
        erase_at_request(
            actor=actor,
            kind="resident_left",
            ids=[claim.resident_id],
            reason=f"claim:{claim.pk}",
            now=now,
        )
    return ruling


def _check_ruling(outcome: str, ground: str, text: str) -> None:
    if outcome not in Outcome.values or not text.strip():
        raise ClaimUnclear("Decide, and tell the resident in plain words.")
    if outcome == Outcome.REFUSED and ground not in GROUNDS:
        raise ClaimUnclear("A refusal names the ground in law on which it stands.")


def keep_claim(actor: Actor, claim: RightsClaim, *, verb: str, now: datetime) -> None:
    """Keep in the ledger what was done with a claim."""
    record_looks(
        actor=actor,
        verb=verb,
        subject_kind="resident",
        subject_ids=[claim.resident_code],
        fields=(),
        purpose="claim",
        object_reference=f"claim:{claim.pk}",
        now=now,
    )
