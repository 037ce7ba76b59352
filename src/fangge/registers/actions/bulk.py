"""One way to write many entries: stage by COPY, keep what was, then insert and update by set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
from django.db import connection
from psycopg import sql

from fangge.kernel.bulk import copy_frame, next_ids
from fangge.registers.models.change import EntryKind

CODE_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Written:
    """How many entries a write touched."""

    n_new: int
    n_changed: int
    n_same: int
    n_ended: int = 0

    def as_figures(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a register: its type, and where it differs from its name, the stage's text."""

    kind: str
    is_sealed: bool = False


def write_entries(
    *,
    entry_kind: EntryKind,
    table: str,
    columns: Mapping[str, Column],
    entries: pl.DataFrame,
    trail: Mapping[str, object],
) -> Written:
    """Bring a register to what `entries` say, touching only rows that differ.

    `entries` has `id` and every column; `trail` has `changed_at`, `actor` and `run_id`.
    An entry that `entries` no longer name ends today; one that they name again runs on.
    The former values of changed entries are appended to the register's history.
    """
    with connection.cursor() as cursor:
        stage = f"stage_{table}"
        _make_stage(cursor, stage=stage, columns=columns)
        copy_frame(cursor, stage, entries.select("id", *columns))
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(stage)))
        n_changed = _keep_former(
            cursor, entry_kind=entry_kind, table=table, stage=stage, columns=columns, trail=trail
        )
        n_new = _upsert(cursor, table=table, stage=stage, columns=columns, trail=trail) - n_changed
        n_ended = _end_missing(cursor, entry_kind=entry_kind, table=table, stage=stage, trail=trail)
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(stage)))
    return Written(
        n_new=n_new, n_changed=n_changed, n_same=entries.height - n_new - n_changed, n_ended=n_ended
    )


def number_entries(entries: pl.DataFrame, *, table: str, letter: str) -> pl.DataFrame:
    """Give the entries without `id` a new one, and every entry its code; order is kept."""
    missing = entries["id"].is_null()
    with connection.cursor() as cursor:
        fresh = next_ids(cursor, f"{table}_id_seq", n_ids=int(missing.sum()))
    return entries.with_columns(_fill(entries["id"], fresh).alias("id")).with_columns(
        code=pl.lit(letter) + pl.col("id").cast(pl.String).str.zfill(CODE_DIGITS)
    )


def _fill(ids: pl.Series, fresh: list[int]) -> pl.Series:
    """Put fresh identifiers where there are none, in order."""
    if not fresh:
        return ids
    place = (ids.is_null().cast(pl.Int64).cum_sum() - 1).clip(0)
    new = pl.Series(fresh, dtype=pl.Int64).gather(place)
    return ids.zip_with(ids.is_not_null(), new)


def _make_stage(cursor: Any, *, stage: str, columns: Mapping[str, Column]) -> None:
    definitions = [sql.SQL("id bigint PRIMARY KEY")] + [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(column.kind))
        for name, column in columns.items()
    ]
    cursor.execute(
        sql.SQL("CREATE TEMP TABLE {} ({}) ON COMMIT DROP").format(
            sql.Identifier(stage), sql.SQL(", ").join(definitions)
        )
    )


def _differs(columns: Mapping[str, Column]) -> sql.Composable:
    """Say that a stored row is not what the stage says; sealed text differs when its hash does."""
    compared = [name for name, column in columns.items() if not column.is_sealed]
    left, right = (
        sql.SQL(", ").join(
            sql.SQL("{}.{}").format(sql.Identifier(side), _compared(name, columns))
            for name in compared
        )
        for side in ("held", "staged")
    )
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(left, right)


def _compared(name: str, columns: Mapping[str, Column]) -> sql.Composable:
    # Points have no plain equality in PostgreSQL; their text does.
    cast = "::text" if columns[name].kind == "point" else ""
    return sql.SQL("{}{}").format(sql.Identifier(name), sql.SQL(cast))


def _keep_former(
    cursor: Any,
    *,
    entry_kind: EntryKind,
    table: str,
    stage: str,
    columns: Mapping[str, Column],
    trail: Mapping[str, object],
) -> int:
    told = [name for name, column in columns.items() if column.kind != "bytea"]
    former = sql.SQL(" || ").join(
        sql.SQL(
            "CASE WHEN {held} IS DISTINCT FROM {staged} "
            "THEN jsonb_build_object({name}, {held}) ELSE '{{}}' END"
        ).format(
            held=sql.SQL("held.{}").format(_compared(name, columns)),
            staged=sql.SQL("staged.{}").format(_compared(name, columns)),
            name=sql.Literal(name),
        )
        for name in told
    )
    cursor.execute(
        sql.SQL(
            "INSERT INTO registers_entrychange (kind, entry_id, changed_at, actor, run_id, former) "
            "SELECT {kind}, held.id, {changed_at}, {actor}, {run_id}, {former} "
            "FROM {table} held JOIN {stage} staged USING (id) WHERE {differs}"
        ).format(
            kind=sql.Literal(entry_kind.value),
            changed_at=sql.Literal(trail["changed_at"]),
            actor=sql.Literal(trail["actor"]),
            run_id=sql.Literal(trail["run_id"]),
            former=former,
            table=sql.Identifier(table),
            stage=sql.Identifier(stage),
            differs=_differs(columns),
        )
    )
    return int(cursor.rowcount)


def _upsert(
    cursor: Any,
    *,
    table: str,
    stage: str,
    columns: Mapping[str, Column],
    trail: Mapping[str, object],
) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    updates = sql.SQL(", ").join(
        sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name)) for name in columns
    )
    # Rows that say nothing new are left out before the insert, so that they write no log.
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} (id, {names}, changed_at) "
            "SELECT id, {names}, {changed_at} FROM {stage} staged WHERE NOT EXISTS "
            "(SELECT FROM {table} held WHERE held.id = staged.id AND NOT {differs}) ORDER BY id "
            "ON CONFLICT (id) DO UPDATE SET {updates}, changed_at = excluded.changed_at"
        ).format(
            table=sql.Identifier(table),
            names=names,
            changed_at=sql.Literal(trail["changed_at"]),
            stage=sql.Identifier(stage),
            differs=_differs(columns),
            updates=updates,
        )
    )
    return int(cursor.rowcount)


def _end_missing(
    cursor: Any, *, entry_kind: EntryKind, table: str, stage: str, trail: Mapping[str, object]
) -> int:
    """End what no source speaks of any longer; nothing is removed."""
    cursor.execute(
        sql.SQL(
            "WITH ended AS (UPDATE {table} held SET ends_on = {today}, changed_at = {changed_at} "
            "WHERE ends_on IS NULL AND NOT EXISTS "
            "(SELECT FROM {stage} staged WHERE staged.id = held.id) RETURNING held.id) "
            "INSERT INTO registers_entrychange (kind, entry_id, changed_at, actor, run_id, former) "
            "SELECT {kind}, id, {changed_at}, {actor}, {run_id}, '{{\"ends_on\": null}}' FROM ended"
        ).format(
            table=sql.Identifier(table),
            stage=sql.Identifier(stage),
            today=sql.SQL("{}::timestamptz::date").format(sql.Literal(trail["changed_at"])),
            changed_at=sql.Literal(trail["changed_at"]),
            kind=sql.Literal(entry_kind.value),
            actor=sql.Literal(trail["actor"]),
            run_id=sql.Literal(trail["run_id"]),
        )
    )
    return int(cursor.rowcount)
