"""A text as counted runs of characters, the same for learning and for proposing."""

import re
from collections import Counter

LONGEST = 3
NOT_SAID = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+")
DIGITS = re.compile(r"\d+")


def tidy_text(text: str) -> str:
    """Keep what is said: no punctuation, and every number the same."""
    return DIGITS.sub("0", NOT_SAID.sub("", text)).lower()


def count_runs(text: str) -> Counter[str]:
    """Count the runs of one to three characters of a text."""
    said = tidy_text(text)
    return Counter(
        said[start : start + length]
        for length in range(1, LONGEST + 1)
        for start in range(len(said) - length + 1)
    )


def likeness(one: str, other: str) -> float:
    """Say from 0 to 1 how alike two texts are: the share of pairs of characters they share."""
    ours, theirs = _pairs(one), _pairs(other)
    if not ours or not theirs:
        return 0.0
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def _pairs(text: str) -> set[str]:
    said = tidy_text(text)
    return {said[start : start + 2] for start in range(len(said) - 1)}
