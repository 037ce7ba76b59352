"""What a steward does with a finding: take it, hand it over, dismiss it, open it again."""

from datetime import datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.events import FindingAssigned
from fangge.fusion.models.finding import Finding, FindingState
from fangge.fusion.queries.findings import findings_visible_to
from fangge.fusion.rules.quality.shape import Remedy
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing


class FindingClosed(Conflict):
    """The finding was closed in the meantime."""


class ReasonMissing(Invalid):
    """Dismissing a finding needs a reason."""


@transaction.atomic
def take_finding(*, actor: Actor, finding_id: int, now: datetime) -> Finding:
    """Take a finding on: it is this person's until it is closed."""
    finding = _lock_open(actor, finding_id)
    finding.assigned_to, finding.assigned_at = actor.reference, now
    return _keep(actor, finding, verb="findings.take", reason="", now=now)


@transaction.atomic
def hand_over_finding(*, actor: Actor, finding_id: int, remedy: str, now: datetime) -> Finding:
    """Say that somebody should go and look, or that it is the data that needs mending.

    What is to be looked at waits here until somebody is sent: `errands.look_into_finding`.
    """
    finding = _lock_open(actor, finding_id)
    if remedy not in list(Remedy):
        raise Invalid(f"There is no remedy {remedy}.")
    finding.remedy = remedy
    bus.publish(
        FindingAssigned(
            finding_id=finding.pk,
            remedy=remedy,
            subject=finding.subject,
            subject_id=finding.subject_id,
            grid_id=finding.grid_id,
            assigned_at=now,
        )
    )
    return _keep(actor, finding, verb=f"findings.{remedy}", reason="", now=now)


@transaction.atomic
def dismiss_finding(*, actor: Actor, finding_id: int, reason: str, now: datetime) -> Finding:
    """Close a finding that is right as it is, with the reason; it opens if the facts change."""
    finding = _lock_open(actor, finding_id)
    if not reason.strip():
        raise ReasonMissing("Say why this is right as it is.")
    finding.state, finding.reason = FindingState.DISMISSED, reason.strip()
    finding.closed_at, finding.closed_by = now, actor.reference
    return _keep(actor, finding, verb="findings.dismiss", reason=finding.reason, now=now)


@transaction.atomic
def close_by_answer(
    *, finding_id: int, is_right: bool, told: str, closed_by: str, now: datetime
) -> None:
    """Follow what somebody saw on the ground: right as it is, or for the data to be mended.

    Whoever accepted the answer answers for this. A finding closed in the meantime stays closed.
    """
    finding = Finding.objects.select_for_update().filter(pk=finding_id).first()
    if finding is None or finding.state != FindingState.OPEN:
        return
    finding.reason = told
    if is_right:
        finding.state = FindingState.DISMISSED
        finding.closed_at, finding.closed_by = now, closed_by
    else:
        finding.remedy = Remedy.MEND
    finding.save()


@transaction.atomic
def reopen_finding(*, actor: Actor, finding_id: int, now: datetime) -> Finding:
    """Take a dismissal back."""
    finding = _lock(actor, finding_id)
    if finding.state != FindingState.DISMISSED or not finding.is_current:
        raise FindingClosed("Only a finding that was dismissed and still holds can be opened.")
    finding.state, finding.reason = FindingState.OPEN, ""
    finding.closed_at, finding.closed_by = None, ""
    return _keep(actor, finding, verb="findings.reopen", reason="", now=now)


def _lock(actor: Actor, finding_id: int) -> Finding:
    if not findings_visible_to(actor).filter(pk=finding_id).exists():
        raise Missing(f"There is no finding {finding_id}.")
    finding = Finding.objects.select_for_update().get(pk=finding_id)
    actor.require("findings.decide", grid_id=finding.grid_id)
    return finding


def _lock_open(actor: Actor, finding_id: int) -> Finding:
    finding = _lock(actor, finding_id)
    if finding.state != FindingState.OPEN:
        raise FindingClosed(f"{finding.closed_by} closed this finding first. Nothing was changed.")
    return finding


def _keep(actor: Actor, finding: Finding, *, verb: str, reason: str, now: datetime) -> Finding:
    finding.save()
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="finding",
        subject_id=str(finding.pk),
        reason=reason,
        now=now,
    )
    return finding
