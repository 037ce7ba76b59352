"""Which pair is worth a person's time first, who must look twice, and which entry survives."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

import polars as pl

MOST_RECORDS_ALONE = 6
"""An entry of more records than this is made by two persons, not by one."""
DUE_AFTER = timedelta(days=14)
"""A pair that waits longer comes before all others."""
MOST_IN_BULK = 200
"""More pairs than this are not decided at once: nobody can have looked at them."""


class Move(NamedTuple):
    """A record part that speaks of another entry from now on."""

    record: int
    part: str
    start: int
    end: int


def chance_of(weight_bits: float) -> float:
    """Give the chance (0 to 1) that a pair of this weight is one subject."""
    return float(1 / (1 + 2.0 ** -max(-60.0, min(60.0, weight_bits))))


def worth_of(weight: pl.Expr, n_records: pl.Expr) -> pl.Expr:
    """Say what a decision is expected to settle: how open it is, times the records it touches.

    At even odds a pair is as open as can be (1), at either end it is settled (0).
    """
    chance = 1 / (1 + (-weight.clip(-60, 60) * 0.6931471805599453).exp())
    return 4 * chance * (1 - chance) * n_records


def join_entries(joined: Iterable[tuple[int, int]], sizes: Mapping[int, int]) -> dict[int, int]:
    """Say where each entry leads when these pairs of entries are one.

    Of those that join, the one with the most records survives, the older of equals; entries that
    stay as they are are not named.
    """
    groups: dict[int, set[int]] = {}
    for left, right in joined:
        whole = groups.get(left, {left}) | groups.get(right, {right})
        for entry in whole:
            groups[entry] = whole
    ends = {}
    for entry, whole in groups.items():
        survivor = min(whole, key=lambda one: (-sizes.get(one, 0), one))
        if survivor != entry:
            ends[entry] = survivor
    return ends


def changed_levels(
    then: Mapping[str, int | None], now: Mapping[str, int | None]
) -> dict[str, list[int | None]]:
    """Give the fields whose agreement is not what it was: [level then, level now]."""
    return {
        field: [then.get(field), level]
        for field, level in now.items()
        if field in then and then[field] != level
    }
