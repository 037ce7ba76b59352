"""One-time codes: how they look, how long they open, how often one may try."""

from datetime import timedelta

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without characters that are taken for one another on paper."""
LENGTH, GROUP = 10, 5
GOOD_FOR = timedelta(minutes=30)
MOST_TRIES = 5
STAY = timedelta(minutes=15)
SPELL = timedelta(minutes=15)
"""The time in which wrong codes of one network are counted."""
N_LAST = 4


def write_code(picked: str) -> str:
    """Give a code as it is printed: in groups."""
    return "-".join(picked[i : i + GROUP] for i in range(0, len(picked), GROUP))


def read_code(typed: str) -> str:
    """Give the characters of a code that somebody typed, however they grouped them."""
    return "".join(one for one in typed.upper() if one.isalnum())[: LENGTH * 2]


def read_last(typed: str) -> str:
    """Give the last characters of an identity number as somebody typed them."""
    return "".join(one for one in typed.upper() if one.isalnum())[-N_LAST:]


COOKIE = "fangge_resident"
"""The cookie of a visit: the staff's sessions have another."""
