"""Polars frames into and out of PostgreSQL by COPY, whole columns at a time."""

import io
from typing import Any, LiteralString

import numpy as np
import polars as pl
from django.db import connection
from psycopg import sql

from fangge.kernel.wall import current_reach

NULL = "\\N"


def copy_frame(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """Append the frame to the table, columns by name.

    Binary columns become bytea; booleans, dates and numbers go as text PostgreSQL reads;
    arrays, points and JSON are text in PostgreSQL's own form, made by the caller.
    """
    if frame.is_empty():
        return
    if current_reach() is None or not _is_walled(cursor, table):
        copy_plainly(cursor, sql.Identifier(table), frame)
        return
    # COPY does not go behind the second wall; INSERT does.
    named = {
        "stage": sql.Identifier(f"copied_{table}"),
        "table": sql.Identifier(table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, frame.columns)),
    }
    for statement in (
        "CREATE TEMP TABLE {stage} AS SELECT {columns} FROM {table} WITH NO DATA",
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage}",
        "DROP TABLE {stage}",
    ):
        cursor.execute(sql.SQL(statement).format(**named))
        if statement.startswith("CREATE"):
            copy_plainly(cursor, sql.Identifier(f"copied_{table}"), frame)


def _is_walled(cursor: Any, table: str) -> bool:
    cursor.execute("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(%s)", [table])
    return bool(cursor.fetchone()[0])


def copy_plainly(cursor: Any, table: sql.Identifier, frame: pl.DataFrame) -> None:
    """COPY the frame into the table as it is, whatever guards its rows."""
    text = frame.with_columns(
        (pl.lit("\\x") + pl.col(name).bin.encode("hex")).alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.Binary
    )
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL '\\N')").format(
        table, sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    )
    # A COPY passes Django's cursor by: its errors become Django's here, as any statement's do.
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for part in text.iter_slices(50_000):
            buffer = io.BytesIO()
            part.write_csv(buffer, include_header=False, null_value=NULL)
            copy.write(buffer.getvalue())


def read_frame(
    query: LiteralString, parameters: tuple[object, ...] = (), *, schema: dict[str, Any]
) -> pl.DataFrame:
    """Run a query and give its rows as a frame of this schema, columns in its order."""
    with connection.cursor() as cursor:
        # Django's cursor wraps psycopg's; COPY takes no parameters, so they are bound by psycopg.
        bound = sql.SQL(query) if not parameters else bind(query, parameters)
        buffer = io.BytesIO()
        copying = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, NULL '\\N')").format(bound)
        with connection.wrap_database_errors, cursor.copy(copying) as copy:
            for part in copy:
                buffer.write(part)
    if not buffer.tell():
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    as_sent = {
        name: pl.String if kind in (pl.Binary, pl.Boolean) else kind
        for name, kind in schema.items()
    }
    frame = pl.read_csv(
        buffer,
        has_header=False,
        new_columns=list(schema),
        schema_overrides=dict(as_sent),
        null_values=[NULL],
        empty_string_is_null=False,
    )
    return frame.with_columns(
        pl.col(name).str.slice(2).str.decode("hex") if kind == pl.Binary else pl.col(name) == "t"
        for name, kind in schema.items()
        if kind in (pl.Binary, pl.Boolean)
    )


def read_ids(query: LiteralString, parameters: tuple[object, ...] = ()) -> pl.Series:
    """Run a query that gives one column of identifiers, and give them in order.

    They come as one value: a row of its own for each takes ten times as long to receive.
    """
    packed = sql.SQL(
        "SELECT string_agg(int8send(listed.id), ''::bytea ORDER BY listed.id) FROM ({}) listed (id)"
    )
    with connection.cursor() as cursor:
        cursor.execute(packed.format(bind(query, parameters)))
        (body,) = cursor.fetchone()
    return pl.Series("id", np.frombuffer(body or b"", dtype=">i8").astype(np.int64))


def bind(query: LiteralString, parameters: tuple[object, ...]) -> sql.Composed:
    """Put the parameters into the query as literals, quoted by psycopg."""
    parts = query.split("%s")
    literals = [sql.Literal(value) for value in parameters]
    return sql.Composed(
        [sql.SQL(parts[0])]
        + [
            piece
            for literal, rest in zip(literals, parts[1:], strict=True)
            for piece in (literal, sql.SQL(rest))
        ]
    )


def next_ids(cursor: Any, sequence: str, *, n_ids: int) -> list[int]:
    """Take this many identifiers from a sequence in one go."""
    # As one value: a row of its own for each takes ten times as long to receive.
    cursor.execute(
        "SELECT string_agg(int8send(nextval(%s)), ''::bytea) FROM generate_series(1, %s)",
        [sequence, n_ids],
    )
    (body,) = cursor.fetchone()
    ids: list[int] = np.frombuffer(body or b"", dtype=">i8").tolist()
    return ids
