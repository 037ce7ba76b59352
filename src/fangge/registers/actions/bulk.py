"""One way to write many entries: new ones by COPY, known ones by set where they differ."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection
from psycopg import sql

from fangge.kernel.bulk import copy_frame, next_ids, read_frame
from fangge.kernel.stage import copy_many
from fangge.registers.actions.comparing import Column, compare_entries
from fangge.registers.models.change import EntryKind
from fangge.registers.rules.history import CHANGING, origin_names

CODE_DIGITS = 10
CHANGED = "stage_changed"


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
class Trail:
    """When, by whom, in which run; and the date each record gives for what it says."""

    changed_at: datetime
    actor: str
    run_id: int | None
    said: pl.DataFrame | None = None  # record_id, said_on


def write_entries(
    *,
    entry_kind: EntryKind,
    table: str,
    columns: Mapping[str, Column],
    entries: pl.DataFrame,
    trail: Trail,
    ended: pl.Series | None = None,
) -> Written:
    """Bring a register to what `entries` say, touching only rows that differ, and else nothing.

    `entries` has `id` and every column, and `is_new` where the caller knows it. Entries whose
    identifiers are in `ended` end today; without `ended`, so does every entry that `entries` no
    longer name. One that they name again runs on. What changed entries held before is appended to
    the register's history.
    """
    is_new = entries["is_new"] if "is_new" in entries.columns else pl.lit(value=False)
    fresh, known = entries.filter(is_new), entries.filter(~is_new)
    found = compare_entries(known, table=table, columns=columns, is_whole=ended is None)
    if ended is None:
        ended = found.running.filter(~found.running.is_in(known["id"].implode()))
    writer = _Writer(entry_kind=entry_kind, table=table, columns=columns, trail=trail)
    with connection.cursor() as cursor:
        n_changed = writer.write_changed(cursor, found.differing)
        n_ended = writer.end(cursor, ended)
        n_new = writer.copy_new(cursor, found.absent.sort("id"))
        n_new += writer.copy_new(cursor, fresh)
    return Written(
        n_new=n_new, n_changed=n_changed, n_same=entries.height - n_new - n_changed, n_ended=n_ended
    )


def number_entries(entries: pl.DataFrame, *, table: str, letter: str) -> pl.DataFrame:
    """Give the entries without `id` a new one, and every entry its code; order is kept."""
    missing = entries["id"].is_null()
    with connection.cursor() as cursor:
        fresh = next_ids(cursor, f"{table}_id_seq", n_ids=int(missing.sum()))
    return entries.with_columns(
        _fill(entries["id"], fresh).alias("id"), is_new=missing
    ).with_columns(code=pl.lit(letter) + pl.col("id").cast(pl.String).str.zfill(CODE_DIGITS))


def _fill(ids: pl.Series, fresh: list[int]) -> pl.Series:
    """Put fresh identifiers where there are none, in order."""
    if not fresh:
        return ids
    place = (ids.is_null().cast(pl.Int64).cum_sum() - 1).clip(0)
    new = pl.Series(fresh, dtype=pl.Int64).gather(place)
    return ids.zip_with(ids.is_not_null(), new)


@dataclass(frozen=True, slots=True)
class _Writer:
    """The statements of one write to one register."""

    entry_kind: EntryKind
    table: str
    columns: Mapping[str, Column]
    trail: Trail

    def write_changed(self, cursor: Any, known: pl.DataFrame) -> int:
        """Append what differing rows held to the history, then bring them up to date."""
        if known.is_empty():
            return 0
        self._stage(cursor, known)
        n_changed = self._write_staged(cursor, known)
        self._run(cursor, "DROP TABLE {stage}, {changed}")
        return n_changed

    def _stage(self, cursor: Any, known: pl.DataFrame) -> None:
        definitions = [sql.SQL("id bigint PRIMARY KEY")] + [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(column.kind))
            for name, column in self.columns.items()
        ]
        self._run(
            cursor,
            "CREATE TEMP TABLE {stage} ({definitions}) ON COMMIT DROP",
            definitions=sql.SQL(", ").join(definitions),
        )
        copy_frame(cursor, f"stage_{self.table}", known.select("id", *self.columns))
        self._run(cursor, "ANALYZE {stage}")

    def _write_staged(self, cursor: Any, known: pl.DataFrame) -> int:
        n_changed = self._run(
            cursor,
            "CREATE TEMP TABLE {changed} ON COMMIT DROP AS SELECT held.id, '{{}}'::jsonb AS since "
            "FROM {table} held JOIN {stage} staged USING (id) WHERE {differs}",
            differs=self._differs(),
        )
        if not n_changed:
            return 0
        self._date_changes(cursor, known)
        self._keep_former(cursor)
        updates = sql.SQL(", ").join(
            sql.SQL("{name} = staged.{name}").format(name=sql.Identifier(name))
            for name in self.columns
        )
        return self._run(
            cursor,
            "UPDATE {table} held SET {updates}, changed_at = {changed_at} "
            "FROM {stage} staged JOIN {changed} changed USING (id) WHERE held.id = staged.id",
            updates=updates,
        )

    def _date_changes(self, cursor: Any, known: pl.DataFrame) -> None:
        """Find since when the new values hold, by the records they came from."""
        if self.trail.said is None:
            return
        ids = read_frame(f"SELECT id FROM {CHANGED}", schema={"id": pl.Int64})  # noqa: S608 - a constant
        dated = _since(known.join(ids, on="id"), self.columns, self.trail.said)
        cursor.execute("CREATE TEMP TABLE stage_since (id bigint, since jsonb) ON COMMIT DROP")
        copy_frame(cursor, "stage_since", dated)
        self._run(
            cursor,
            "UPDATE {changed} changed SET since = dated.since FROM stage_since dated "
            "WHERE dated.id = changed.id",
        )
        cursor.execute("DROP TABLE stage_since")

    def _keep_former(self, cursor: Any) -> None:
        former = sql.SQL(" || ").join(map(self._former, self._told()))
        told = sql.SQL(", ").join(
            sql.SQL("CASE WHEN {differs} THEN {name} END").format(
                differs=self._one_differs(name), name=sql.Literal(name)
            )
            for name in self._told()
        )
        self._run(
            cursor,
            "INSERT INTO registers_entrychange "
            "(kind, entry_id, changed_at, actor, run_id, former, since) "
            "SELECT {kind}, held.id, {changed_at}, {actor}, {run_id}, {former}, COALESCE((SELECT "
            "jsonb_object_agg(key, value) FROM jsonb_each(changed.since) "
            "WHERE key = ANY(ARRAY[{told}])), '{{}}') "
            "FROM {table} held JOIN {stage} staged USING (id) JOIN {changed} changed USING (id) "
            "ORDER BY held.id",
            former=former,
            told=told,
        )

    def _told(self) -> list[str]:
        """Name the columns the history tells; a hash says nothing that its text does not."""
        return [name for name, column in self.columns.items() if not name.endswith("_hash")]

    def _former(self, name: str) -> sql.Composable:
        held = sql.SQL("held.{}").format(self._compared(name))
        if self.columns[name].is_sealed:
            held = sql.SQL("encode({}, 'base64')").format(held)
        return sql.SQL("CASE WHEN {} THEN jsonb_build_object({}, {}) ELSE '{{}}' END").format(
            self._one_differs(name), sql.Literal(name), held
        )

    def copy_new(self, cursor: Any, fresh: pl.DataFrame) -> int:
        instant = pl.lit(self.trail.changed_at.isoformat())
        rows = fresh.select("id", *self.columns, changed_at=instant, recorded_at=instant)
        copy_many(cursor, self.table, rows)
        return rows.height

    def end(self, cursor: Any, ended: pl.Series) -> int:
        """End what no source speaks of any longer; nothing is removed."""
        if ended.is_empty():
            return 0
        return self._run(
            cursor,
            "WITH ended AS (UPDATE {table} held SET ends_on = {changed_at}::timestamptz::date, "
            "changed_at = {changed_at} WHERE ends_on IS NULL AND held.id = ANY({ids}::bigint[]) "
            "RETURNING held.id) "
            "INSERT INTO registers_entrychange (kind, entry_id, changed_at, actor, run_id, former) "
            "SELECT {kind}, id, {changed_at}, {actor}, {run_id}, '{{\"ends_on\": null}}' "
            "FROM ended ORDER BY id",
            ids=sql.Literal(ended.to_list()),
        )

    def _differs(self) -> sql.Composable:
        compared = [name for name, column in self.columns.items() if not column.is_sealed]
        left, right = (
            sql.SQL(", ").join(
                sql.SQL("{}.{}").format(sql.Identifier(side), self._compared(name))
                for name in compared
            )
            for side in ("held", "staged")
        )
        return sql.SQL("({}) IS DISTINCT FROM ({})").format(left, right)

    def _one_differs(self, name: str) -> sql.Composable:
        told_by = name.replace("_sealed", "_hash") if self.columns[name].is_sealed else name
        return sql.SQL("held.{name} IS DISTINCT FROM staged.{name}").format(
            name=self._compared(told_by)
        )

    def _compared(self, name: str) -> sql.Composable:
        # Points have no plain equality in PostgreSQL; their text does.
        cast = "::text" if self.columns[name].kind == "point" else ""
        return sql.SQL("{}{}").format(sql.Identifier(name), sql.SQL(cast))

    def _run(self, cursor: Any, statement: str, **parts: sql.Composable) -> int:
        cursor.execute(
            sql.SQL(statement).format(
                table=sql.Identifier(self.table),
                stage=sql.Identifier(f"stage_{self.table}"),
                changed=sql.Identifier(CHANGED),
                kind=sql.Literal(self.entry_kind.value),
                changed_at=sql.Literal(self.trail.changed_at),
                actor=sql.Literal(self.trail.actor),
                run_id=sql.Literal(self.trail.run_id),
                **parts,
            )
        )
        return int(cursor.rowcount)


def _since(
    entries: pl.DataFrame, columns: Mapping[str, Column], said: pl.DataFrame
) -> pl.DataFrame:
    """Give id and since: each changing field to the date that its record gives, as JSON."""
    fields = [name for name in columns if name in CHANGING and not name.endswith("_hash")]
    dated = entries.select("id", "origins")
    for field in fields:
        records = [
            pl.col("origins").str.json_path_match(f"$.{name}") for name in origin_names(field)
        ]
        dated = dated.with_columns(record_id=pl.coalesce(records).cast(pl.Int64)).join(
            said.select("record_id", pl.col("said_on").cast(pl.String).alias(field)),
            on="record_id",
            how="left",
        )
    told = [
        pl.when(pl.col(field).is_not_null()).then(pl.format('"{}":"{}"', pl.lit(field), field))
        for field in fields
    ]
    listed = pl.concat_str(told, separator=",", ignore_nulls=True)
    return dated.select("id", since=pl.concat_str(pl.lit("{"), listed, pl.lit("}")))
