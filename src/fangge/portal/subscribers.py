"""What the portal tells others: how its records are erased, what is owed, what a look is for."""

from fangge.portal.actions.erasing import ERASERS, hold_for_claims, hold_for_questions
from fangge.portal.queries.matters import connect_matters
from fangge.retention.queries.erasers import erase_by, hold_by


def connect() -> None:
    for eraser in ERASERS:
        erase_by(eraser)
    hold_by(hold_for_questions)
    hold_by(hold_for_claims)
    connect_matters()
