"""Ratings, and what of them may still be changed."""

from dataclasses import dataclass
from datetime import datetime

from fangge.cases.models.case import Case, CaseStep
from fangge.cases.models.rating import CaseRating
from fangge.cases.rules.rating import rating_ends_at


@dataclass(frozen=True, slots=True)
class Rateable:
    """A closing that may be rated until an instant, and the rating it has, if any."""

    closing: CaseStep
    ends_at: datetime
    rating: CaseRating | None


def rateable_of(case: Case) -> Rateable | None:
    """Give the closing that stands: the case's own, or that of the case it was joined to."""
    closed = case.joined_to or case
    if closed.state != "closed":
        return None
    closing = closed.steps.filter(verb="close").order_by("-place").first()
    if closing is None:
        return None
    held = list(CaseRating.objects.filter(case=case, closing=closing).order_by("pk"))
    first = held[0].rated_at if held else None
    ends_at = rating_ends_at(closed_at=closing.at, first_rated_at=first)
    return Rateable(closing, ends_at, held[-1] if held else None)
