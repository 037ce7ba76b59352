"""The terms and the calendar of this installation."""

from datetime import date, datetime

from django.conf import settings
from django.utils import timezone

from fangge.portal.rules.deadlines import Calendar, Term, add_term, count_left


def answer_term() -> Term:
    """How long a supervisor has to answer a question: in working days."""
    return Term(settings.ANSWER_DAYS)


def claim_term() -> Term:
    """How long the office has to decide on a claim."""
    return Term(settings.CLAIM_DAYS, is_working=settings.CLAIM_DAYS_ARE != "calendar")


def calendar() -> Calendar:
    return Calendar(off=_days(settings.DAYS_OFF), on=_days(settings.DAYS_ON))


def _days(texts: list[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)


def due_on(now: datetime, term: Term) -> date:
    return add_term(timezone.localdate(now), term, calendar())


def days_left(now: datetime, due: date, term: Term) -> int:
    return count_left(timezone.localdate(now), due, term, calendar())
