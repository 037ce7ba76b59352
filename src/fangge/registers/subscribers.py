"""What the registers tell retention: how their histories are erased."""

from fangge.registers.actions.erasing import HISTORY
from fangge.retention.queries.erasers import erase_by


def connect() -> None:
    erase_by(HISTORY)
