"""Two values side by side: which characters differ."""

from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple


class Mark(NamedTuple):
    """A run of characters that all differ from the other side, or all do not."""

    text: str
    differs: bool


def mark_differences(left: str, right: str) -> tuple[list[bool], list[bool]]:
    """Tell of each character on either side whether it differs.

    Texts of one length are compared place by place, as numbers and names are; others by the
    longest parts they share.
    """
    if len(left) == len(right):
        differs = [one != other for one, other in zip(left, right, strict=True)]
        return differs, list(differs)
    marks = [True] * len(left), [True] * len(right)
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        marks[0][block.a : block.a + block.size] = [False] * block.size
        marks[1][block.b : block.b + block.size] = [False] * block.size
    return marks


def as_marks(shown: str, differs: list[bool]) -> list[Mark]:
    """Put the marks on what is shown, which may be the masked form of what was compared."""
    padded = [*differs, *[False] * (len(shown) - len(differs))]
    pairs = zip(shown, padded[: len(shown)], strict=True)
    return [
        Mark("".join(character for character, _ in run), is_different)
        for is_different, run in groupby(pairs, key=lambda pair: pair[1])
    ]
