"""What the portal tells retention: how its records are erased, and what is still owed."""

from fangge.portal.actions.erasing import ERASERS, hold_for_claims, hold_for_questions
from fangge.retention.queries.erasers import erase_by, hold_by


def connect() -> None:
    for eraser in ERASERS:
        erase_by(eraser)
    hold_by(hold_for_questions)
    hold_by(hold_for_claims)
