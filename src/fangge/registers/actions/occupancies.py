"""Write who lives or trades where, with periods, in bulk."""

from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction
from psycopg import sql

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame, read_frame
from fangge.registers.actions.bulk import Written
from fangge.registers.models.change import EntryKind

KEY = ["kind", "resident_id", "organisation_id", "address_id", "turn"]
SAID = ["grid_id", "starts_on", "ends_on", "record_id"]
SAME = sql.SQL(
    "held.kind = staged.kind AND held.address_id = staged.address_id AND "
    "held.turn = staged.turn AND "
    "COALESCE(held.resident_id, -held.organisation_id) "
    "= COALESCE(staged.resident_id, -staged.organisation_id)"
)
DIFFERS = sql.SQL(
    "(held.starts_on, held.ends_on, held.record_id, held.grid_id) IS DISTINCT FROM "
    "(staged.starts_on, staged.ends_on, staged.record_id, staged.grid_id)"
)


@transaction.atomic
def write_occupancies(
    *,
    actor: Actor,
    occupancies: pl.DataFrame,
    run_id: int | None = None,
    ended: pl.DataFrame | None = None,
    now: datetime,
) -> Written:
    """Bring the occupancies to what the sources say now.

    `occupancies` has kind, resident_id or organisation_id, address_id, turn, grid_id, starts_on,
    ends_on and record_id; one row for each holder, kind, address and turn. Those whose keys are in
    `ended` end today, or without it every one that is not named; none is removed. What changed
    ones held before is appended to the history; where nothing differs nothing is written.
    """
    actor.require("occupancies.write")
    trail = (now, actor.reference, run_id)
    due = occupancies.select(*KEY, *SAID)
    if ended is None:
        due, ended = _compare(due)
    with connection.cursor() as cursor:
        n_changed, n_new = _write(cursor, due, trail, now)
        n_ended = _end(cursor, ended, trail, now)
    return Written(
        n_new=n_new,
        n_changed=n_changed,
        n_same=occupancies.height - n_new - n_changed,
        n_ended=n_ended,
    )


def _compare(occupancies: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give those that are not held just so, and the keys of running ones that are not named."""
    kinds: dict[str, Any] = dict.fromkeys((*KEY, *SAID), pl.Int64)
    kinds |= {"kind": pl.String, "starts_on": pl.Date, "ends_on": pl.Date}
    held = read_frame(
        "SELECT kind, resident_id, organisation_id, address_id, turn, grid_id, starts_on, ends_on, "
        "record_id FROM registers_occupancy",
        schema=kinds,
    )
    told = occupancies.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())
    due = told.join(held, on=held.columns, how="anti", nulls_equal=True, maintain_order="left")
    running = held.filter(pl.col("ends_on").is_null())
    return due, running.select(KEY).join(told, on=KEY, how="anti", nulls_equal=True)


def _write(
    cursor: Any, due: pl.DataFrame, trail: tuple[object, ...], now: datetime
) -> tuple[int, int]:
    if due.is_empty():
        return 0, 0
    _stage(cursor, "stage_occupancy", due)
    n_changed = _write_changed(cursor, trail, now)
    n_new = _insert_new(cursor, now)
    cursor.execute("DROP TABLE stage_occupancy")
    return n_changed, n_new


def _stage(cursor: Any, table: str, rows: pl.DataFrame) -> None:
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} (kind varchar, resident_id bigint, organisation_id bigint, "
            "address_id bigint, turn smallint, grid_id bigint, starts_on date, ends_on date, "
            "record_id bigint) ON COMMIT DROP"
        ).format(sql.Identifier(table))
    )
    copy_frame(cursor, table, rows)
    cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _write_changed(cursor: Any, trail: tuple[object, ...], now: datetime) -> int:
    former = sql.SQL(" || ").join(
        sql.SQL(
            "CASE WHEN held.{name} IS DISTINCT FROM staged.{name} "
            "THEN jsonb_build_object({label}, held.{name}) ELSE '{{}}' END"
        ).format(name=sql.Identifier(name), label=sql.Literal(name))
        for name in SAID
    )
    cursor.execute(
        sql.SQL(
            "INSERT INTO registers_entrychange (kind, entry_id, changed_at, actor, run_id, former) "
            "SELECT {kind}, held.id, %s, %s, %s, {former} FROM registers_occupancy held "
            "JOIN stage_occupancy staged ON {same} WHERE {differs} ORDER BY held.id"
        ).format(
            kind=sql.Literal(EntryKind.OCCUPANCY.value), former=former, same=SAME, differs=DIFFERS
        ),
        trail,
    )
    if not cursor.rowcount:
        return 0
    cursor.execute(
        sql.SQL(
            "UPDATE registers_occupancy held SET starts_on = staged.starts_on, "
            "ends_on = staged.ends_on, record_id = staged.record_id, grid_id = staged.grid_id, "
            "changed_at = %s FROM stage_occupancy staged WHERE {same} AND {differs}"
        ).format(same=SAME, differs=DIFFERS),
        [now],
    )
    return int(cursor.rowcount)


def _insert_new(cursor: Any, now: datetime) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, [*KEY, *SAID]))
    cursor.execute(
        sql.SQL(
            "INSERT INTO registers_occupancy ({names}, changed_at, recorded_at) "
            "SELECT {names}, %s, %s FROM stage_occupancy staged "
            "WHERE NOT EXISTS (SELECT FROM registers_occupancy held WHERE {same}) "
            "ORDER BY kind, resident_id, organisation_id, address_id, turn"
        ).format(names=names, same=SAME),
        [now, now],
    )
    return int(cursor.rowcount)


def _end(cursor: Any, ended: pl.DataFrame, trail: tuple[object, ...], now: datetime) -> int:
    if ended.is_empty():
        return 0
    _stage(cursor, "stage_ended", ended.select(KEY))
    cursor.execute(
        sql.SQL(
            "WITH ended AS (UPDATE registers_occupancy held SET ends_on = %s, changed_at = %s "
            "WHERE ends_on IS NULL AND EXISTS (SELECT FROM stage_ended staged WHERE {same}) "
            "RETURNING held.id) "
            "INSERT INTO registers_entrychange (kind, entry_id, changed_at, actor, run_id, former) "
            "SELECT {kind}, id, %s, %s, %s, '{{\"ends_on\": null}}' FROM ended ORDER BY id"
        ).format(same=SAME, kind=sql.Literal(EntryKind.OCCUPANCY.value)),
        [now.date(), now, *trail],
    )
    n_ended = int(cursor.rowcount)
    cursor.execute("DROP TABLE stage_ended")
    return n_ended
