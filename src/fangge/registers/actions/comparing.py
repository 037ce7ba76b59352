"""What a register holds beside what is to be written, read first: the same writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from fangge.kernel.bulk import read_frame

MOST_NAMED = 50_000
"""Up to here held entries are read by name; beyond it is quicker to read them all."""
POINT = r"\(([^,]+),([^)]+)\)"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a register and its type; a sealed one differs when its hash does."""

    kind: str
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Entries apart by what the register holds of them."""

    absent: pl.DataFrame
    differing: pl.DataFrame
    running: pl.Series  # held entries that have not ended


def compare_entries(
    entries: pl.DataFrame, *, table: str, columns: Mapping[str, Column], is_whole: bool
) -> Compared:
    """Tell which of these entries the register lacks or holds otherwise.

    With `is_whole` all that the register holds is read, else what is named. What may be the same
    in another spelling counts as differing: PostgreSQL, which compares again, has the last word.
    """
    told = [name for name, column in columns.items() if not column.is_sealed]
    held = _read_held(table, told, columns, None if is_whole else entries["id"])
    running = held.filter("is_running")["id"]
    both = entries.join(
        held.select("id", pl.struct(told).alias("held")), on="id", how="left", maintain_order="left"
    )
    is_absent = pl.col("held").is_null()
    differs = pl.any_horizontal(
        _comparable(pl.col(name), columns[name].kind).ne_missing(
            _comparable(pl.col("held").struct.field(name), columns[name].kind)
        )
        for name in told
    )
    return Compared(
        absent=both.filter(is_absent).drop("held"),
        differing=both.filter(~is_absent & differs).drop("held"),
        running=running,
    )


def _read_held(
    table: str, told: list[str], columns: Mapping[str, Column], ids: pl.Series | None
) -> pl.DataFrame:
    """Read the columns that are compared; a struct of them is never null, an absent row's is."""
    names = ", ".join(f'"{name}"' for name in told)
    query = f"SELECT id, ends_on IS NULL, {names} FROM {table}"  # noqa: S608 - names of our own
    bounds: tuple[object, ...] = ()
    if ids is not None:
        query += " WHERE id BETWEEN %s AND %s AND (%s OR id = ANY(%s::bigint[]))"
        named = ids.head(MOST_NAMED).to_list()
        bounds = (ids.min() or 0, ids.max() or 0, ids.len() > MOST_NAMED, named)
    schema: dict[str, Any] = {"id": pl.Int64, "is_running": pl.Boolean}
    schema |= {name: _type_of(columns[name].kind) for name in told}
    return read_frame(query, bounds, schema=schema)


def _type_of(kind: str) -> pl.DataType | type[pl.DataType]:
    if kind.startswith("numeric"):
        return pl.Float64
    return {"bigint": pl.Int64, "boolean": pl.Boolean, "date": pl.Date, "bytea": pl.Binary}.get(
        kind, pl.String
    )


def _comparable(value: pl.Expr, kind: str) -> pl.Expr:
    """Bring both sides to one form: points to their numbers, flat JSON to its sorted members."""
    if kind == "point":
        numbers = value.str.extract_groups(POINT)
        return pl.concat_list(
            numbers.struct.field(part).cast(pl.Float64, strict=False) for part in ("1", "2")
        )
    if kind == "jsonb":
        return value.str.replace_all(" ", "").str.strip_chars("{}").str.split(",").list.sort()
    return value.cast(_type_of(kind))
