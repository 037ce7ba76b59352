"""Erase what residents asked and were answered, when its clock has run out; hold what is open."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Q

from fangge.kernel.actor import Actor
from fangge.portal.models.claim import ClaimKind, ClaimRuling, RightsClaim
from fangge.portal.models.code import AccessCode
from fangge.portal.models.question import LookAnswer, LookQuestion
from fangge.retention.queries.erasers import Eraser


def _erase_codes(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    AccessCode.objects.filter(pk__in=ids).delete()


def _erase_questions(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    LookAnswer.objects.filter(question__in=ids).delete()
    LookQuestion.objects.filter(pk__in=ids).delete()


def _erase_claims(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    ClaimRuling.objects.filter(claim__in=ids).delete()
    RightsClaim.objects.filter(pk__in=ids).delete()


def hold_for_questions(codes: Collection[str]) -> dict[str, str]:
    """Hold back residents to whom an answer is owed."""
    asked = LookQuestion.objects.filter(resident_code__in=codes, answer=None)
    return dict.fromkeys(asked.values_list("resident_code", flat=True), "an answer is owed")


def hold_for_claims(codes: Collection[str]) -> dict[str, str]:
    """Hold back residents whose claim of deletion waits: the decision erases, or refuses."""
    open_claims = RightsClaim.objects.filter(
        Q(kind=ClaimKind.DELETION), resident_code__in=codes, ruling=None
    )
    return dict.fromkeys(open_claims.values_list("resident_code", flat=True), "a claim waits")


ERASERS = (
    Eraser(
        kind="access_code",
        holding=AccessCode.objects.all,
        clock="issued_at",
        born="issued_at",
        erase=_erase_codes,
    ),
    Eraser(
        kind="look_question",
        holding=LookQuestion.objects.all,
        clock="answer__answered_at",
        born="asked_at",
        erase=_erase_questions,
    ),
    Eraser(
        kind="rights_claim",
        holding=RightsClaim.objects.all,
        clock="ruling__ruled_at",
        born="asked_at",
        erase=_erase_claims,
    ),
)
