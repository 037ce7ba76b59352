"""An unlogged stage beside a table: filled by several connections, taken over by one statement.

Only the owner of the tables sees what is in it, and it holds nothing before and after. What a
killed process left goes when the next run begins, when a worker starts, and every hour.
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connection
from psycopg import sql

from fangge.kernel.bulk import copy_frame, copy_plainly
from fangge.kernel.wall import current_reach

STAGE_LOCK = 7_306_107
"""Any number of our own: held by whoever uses a stage, until its transaction ends."""
SLICE_ROWS = 50_000
MAKE = (
    "CREATE SCHEMA IF NOT EXISTS fangge_stage",
    "REVOKE ALL ON SCHEMA fangge_stage FROM PUBLIC",
    # Nobody asks it twice: it needs no statistics.
    "CREATE UNLOGGED TABLE {stage} (LIKE {table} INCLUDING DEFAULTS) WITH (autovacuum_enabled = 0)",
    "REVOKE ALL ON {stage} FROM PUBLIC",
    # Without a policy none but the owner sees a row, whatever somebody grants by mistake.
    "ALTER TABLE {stage} ENABLE ROW LEVEL SECURITY",
)
LEFT = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = to_regnamespace('fangge_stage')"
)


def copy_many(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """Append the frame to the table as `copy_frame` does; by several connections if it is large.

    What the connections copied is taken over within the transaction under way: all, or nothing.
    """
    n_connections = min(settings.COPY_CONNECTIONS, frame.height // settings.COPY_ROWS)
    if n_connections <= 1 or current_reach() is not None:
        copy_frame(cursor, table, frame)
        return
    hold_stage(cursor)
    stage = open_stage(table)
    parts = deque(frame.iter_slices(SLICE_ROWS))
    fill_stage(stage, take_from(parts), n_connections=n_connections)
    take_over(cursor, stage, table, frame.columns)


def take_from(parts: deque[pl.DataFrame]) -> Callable[[], pl.DataFrame | None]:
    """Give the parts one after the other, each to one of those who ask."""

    def take() -> pl.DataFrame | None:
        try:
            return parts.popleft()
        except IndexError:
            return None

    return take


def hold_stage(cursor: Any) -> None:
    """Let nobody sweep until the transaction under way ends."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [STAGE_LOCK])


def open_stage(table: str) -> str:
    """Make an empty stage for a table, on a connection of its own; give its name."""
    stage = f"{table}_{secrets.token_hex(4)}"
    with _apart() as cursor:
        for statement in MAKE:
            cursor.execute(_name(statement, stage=stage, table=table))
    return stage


def fill_stage(stage: str, take: Callable[[], pl.DataFrame | None], *, n_connections: int) -> None:
    """Copy what `take` gives, until it gives nothing, each part by the connection that is free."""
    apart = [connection.copy() for _ in range(n_connections)]
    with ThreadPoolExecutor(max_workers=n_connections) as pool:
        for one in apart:
            one.inc_thread_sharing()
        for done in [pool.submit(_copy_some, one, stage, take) for one in apart]:
            done.result()


def take_over(cursor: Any, stage: str, table: str, columns: list[str]) -> int:
    """Insert the stage into its table and drop it, within the transaction under way."""
    named = {"columns": sql.SQL(", ").join(map(sql.Identifier, columns))}
    insert = "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage}"
    cursor.execute(_name(insert, stage=stage, table=table, **named))
    n_rows = int(cursor.rowcount)
    cursor.execute(_name("DROP TABLE {stage}", stage=stage))
    return n_rows


def sweep_stages() -> int:
    """Drop what nobody fills or takes over any longer; tell how many stages there were."""
    with _apart(in_one=True) as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [STAGE_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(LEFT)
        left = [name for (name,) in cursor.fetchall()]
        for stage in left:
            cursor.execute(_name("DROP TABLE {stage}", stage=stage))
    return len(left)


@contextmanager
def _apart(*, in_one: bool = False) -> Iterator[Any]:
    """Give a cursor of another connection: each statement by itself, or all in one transaction."""
    apart = connection.copy()
    try:
        apart.set_autocommit(not in_one)
        with apart.cursor() as cursor:
            yield cursor
        if in_one:
            apart.commit()
    finally:
        apart.close()


def _copy_some(apart: Any, stage: str, take: Callable[[], pl.DataFrame | None]) -> None:
    try:
        with apart.cursor() as cursor:
            # The stage is not logged: nothing is gained by waiting for the disk.
            cursor.execute("SET synchronous_commit = off")
            while (part := take()) is not None:
                copy_plainly(cursor, sql.Identifier("fangge_stage", stage), part)
    finally:
        apart.close()


def _name(statement: str, *, stage: str, table: str = "", **more: sql.Composable) -> sql.Composed:
    held = sql.Identifier("fangge_stage", stage)
    return sql.SQL(statement).format(stage=held, table=sql.Identifier(table or stage), **more)
