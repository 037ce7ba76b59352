"""Counts of persons as they may be shown: every count of persons on a screen comes through here."""

from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext as _

from fangge.disclosure.rules import suppression

Cell = suppression.Cell
Tables = suppression.Tables
Path = suppression.Path
ALL = suppression.ALL
cells_covering = suppression.cells_covering


def least_shown() -> int:
    """Give the least count of persons that is shown."""
    return int(settings.SMALLEST_COUNT)


def protect_counts(leaves: Mapping[Cell, int]) -> Tables:
    """Give every table that sums up these counts, with what is hidden in each.

    The same counts hide the same cells, whoever asks for whichever of the tables.
    """
    return _protect(tuple(sorted(leaves.items(), key=repr)), least_shown())


@lru_cache(maxsize=8)
def _protect(leaves: tuple[tuple[Cell, int], ...], least: int) -> Tables:
    return suppression.protect(dict(leaves), least=least)


def tell_count(count: int | None) -> str:
    """Tell a count of a table, or that it is hidden."""
    return _("hidden") if count is None else str(count)


def tell_alone(count: int) -> str:
    """Tell a count that is part of no table, or that it is too small to be told."""
    if 0 < count < least_shown():
        return _("<%(least)s") % {"least": least_shown()}
    return str(count)
