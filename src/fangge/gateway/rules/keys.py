"""Partners' keys: how they look, what they open, how often one may call."""

import re
from datetime import timedelta
from enum import StrEnum


class Scope(StrEnum):
    """What a key opens."""

    REPORT = "report"
    FOLLOW = "follow"


BEGINNING = "fgk_"
KEY = re.compile(r"fgk_[A-Za-z0-9_-]{43}")
N_SHOWN = 10
SPELL = timedelta(minutes=1)
MOST_A_MINUTE = 6000
USUAL_A_MINUTE = 60
STRANGERS_A_MINUTE = 120
"""Calls that one address may make in a minute without a key."""
SAME_WITHIN = timedelta(minutes=10)
"""The same words at the same place with the same key are one report for this long."""
