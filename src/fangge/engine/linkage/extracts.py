"""A full extract beside the one before it: which records say something else."""

from typing import NamedTuple

import numba
import numpy as np
import polars as pl

from fangge.engine.linkage.codes import Ints

NOWHERE = -1


class Difference(NamedTuple):
    """Records that are new or say something else, and record_id of those that are no more."""

    changed: pl.DataFrame
    removed: pl.Series


def find_changes(before: pl.DataFrame, after: pl.DataFrame) -> Difference:
    """Compare two states of the same table, column by column.

    Parameters
    ----------
    before, after : polars.DataFrame
        Of one schema, with record_id, which is unique; in any order.

    Returns
    -------
    Difference
        In the order of record_id.

    Notes
    -----
    Time O(n) for rows in the order of record_id: a pass over both, and a comparison of each value.
    """
    before, after = (
        each if each["record_id"].is_sorted() else each.sort("record_id")
        for each in (before, after)
    )
    old, new = (each["record_id"].to_numpy() for each in (before, after))
    at = _match_rows(old, new)
    stays = np.zeros(len(old), dtype=np.bool_)
    stays[at[at != NOWHERE]] = True
    known, held = after.filter(pl.Series(at != NOWHERE)), before.filter(pl.Series(stays))
    differs = at == NOWHERE
    differs[~differs] = _tell_differences(held, known)
    return Difference(
        after.filter(pl.Series(differs)), before["record_id"].filter(~pl.Series(stays))
    )


def _tell_differences(held: pl.DataFrame, known: pl.DataFrame) -> np.ndarray:
    """Tell the rows that differ in any column."""
    fields = [name for name in known.columns if name != "record_id"]
    differs = pl.any_horizontal(pl.col(name).ne_missing(held[name]) for name in fields)
    return np.asarray(known.select(differs.alias("differs"))["differs"].to_numpy())


@numba.njit(cache=True, nogil=True)
def _match_rows(old: Ints, new: Ints) -> Ints:
    """Give the row of each number of one sorted column in another."""
    found = np.full(len(new), NOWHERE, dtype=np.int64)
    row = 0
    for i in range(len(new)):
        while row < len(old) and old[row] < new[i]:
            row += 1
        if row < len(old) and old[row] == new[i]:
            found[i] = row
    return found
