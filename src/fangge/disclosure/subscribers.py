"""What disclosure tells others: how what it keeps is erased."""

from fangge.disclosure.actions.erasing import ERASERS
from fangge.retention.queries.erasers import erase_by


def connect() -> None:
    for eraser in ERASERS:
        erase_by(eraser)
