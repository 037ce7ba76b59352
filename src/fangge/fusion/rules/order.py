"""What a source says is ordered by the day of its extract, not by the day it came."""

import re
from contextlib import suppress
from datetime import date

DATED = re.compile(r"(?<!\d)(20\d{2})[-_.年]?(\d{2})[-_.月]?(\d{2})日?(?!\d)")


def extract_date(file_name: str) -> date | None:
    """Read the day of an extract from the name of its file: police_20260301.csv."""
    for found in DATED.finditer(file_name):
        with suppress(ValueError):
            return date(*map(int, found.groups()))
    return None


def is_too_many(*, n_missing: int, n_present: int, most_missing_share: float) -> bool:
    """Tell whether so many rows are gone that the extract itself may be broken off."""
    return n_missing > most_missing_share * (n_missing + n_present)
