"""Rows that no reader may accept."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

IN_VALUES = ("required_missing", "date_impossible")
IN_LINES = ("columns_missing", "bytes_undecodable")
IMPOSSIBLE_DATES = ("1985-02-30", "1990-13-05", "2001-04-31", "0000-00-00")


@dataclass(frozen=True, slots=True)
class Extract:
    """Rows as a department sends them, with a column it must fill and one of dates.

    `damage` names, by row number from 1, what breaks a row; what is in `IN_LINES` is left to the
    writer of the file.
    """

    source: str
    rows: pl.DataFrame
    required: str
    dated: str
    damage: dict[int, str] = field(default_factory=dict)


def break_rows(
    extract: Extract, rate: float, rng: np.random.Generator, *, in_lines: tuple[str, ...] = ()
) -> tuple[Extract, dict[str, pl.Series]]:
    """Break some rows: a required value gone, a date that is none, a line cut or spoilt.

    Returns
    -------
    Extract
        The rows with their damage.
    dict of str to boolean series
        The rows that each kind of damage broke.
    """
    rows, required, dated = extract.rows, extract.required, extract.dated
    chosen = np.flatnonzero(rng.random(rows.height) < rate)
    kinds = IN_VALUES + in_lines
    kind = rng.integers(0, len(kinds), chosen.size)
    value = pl.Series(IMPOSSIBLE_DATES).gather(rng.integers(0, len(IMPOSSIBLE_DATES), chosen.size))
    missing, impossible = (chosen[kind == at] for at in range(len(IN_VALUES)))
    broken = rows.with_columns(
        rows[required].scatter(missing, None),
        rows[dated].scatter(impossible, value.filter(pl.Series(kind == 1))),
    )
    damage = {int(row) + 1: kinds[at] for row, at in zip(chosen, kind, strict=True)}
    flags = {name: np.zeros(rows.height, dtype=bool) for name in kinds}
    for at, name in enumerate(kinds):
        flags[name][chosen[kind == at]] = True
    return replace(extract, rows=broken, damage=damage), {
        name: pl.Series(rows) for name, rows in flags.items()
    }


def swap_values(
    rows: pl.DataFrame, left: str, right: str, rate: float, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.Series]:
    """Exchange two columns' values in some rows that have both; tell which."""
    swapped = (
        pl.Series(rng.random(rows.height) < rate)
        & rows[left].is_not_null()
        & rows[right].is_not_null()
    )
    both = rows.with_columns(
        rows[left].zip_with(~swapped, rows[right]).alias(left),
        rows[right].zip_with(~swapped, rows[left]).alias(right),
    )
    return both, swapped
