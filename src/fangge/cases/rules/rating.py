"""When a reporter may say how it went, and until when they may think again."""

from datetime import datetime, timedelta

SCORES = (1, 2, 3, 4, 5)
"""1 is not at all satisfied, 5 wholly."""
RATED_WITHIN = timedelta(days=30)
CHANGED_WITHIN = timedelta(days=7)


def rating_ends_at(*, closed_at: datetime, first_rated_at: datetime | None) -> datetime:
    """Give until when a closing may be rated, or its rating changed."""
    if first_rated_at is None:
        return closed_at + RATED_WITHIN
    return first_rated_at + CHANGED_WITHIN
