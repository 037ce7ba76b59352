"""`fangge bench load`: a register into PostgreSQL beside a raw COPY; a load that changes nothing.

`fangge bench fusion --database` measures the same.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import polars as pl

from fangge.command.bench.database import open_own_database, watch_alone

CHANGED_SHARE = 0.01
NAMED_BYTES = 64
"""Log of a kind below this is not told by name."""
MOST_TAKEN_IN_AGAIN = 20_000
"""Residents whose extract is taken in again: what that writes does not grow with their number."""
SEALED = ("identifier", "phone")
FIGURES = ("copy_seconds", "seal_seconds", "load_seconds", "change_seconds", "same_seconds")
LOGGED = ("wal_bytes_load", "wal_bytes_change", "wal_bytes_same", "wal_bytes_same_again")
BY_KIND = """
    SELECT COALESCE(resource_manager || ' ' || record_type, 'other'), sum(record_length)::bigint
    FROM pg_get_wal_records_info(%s, %s) GROUP BY 1 HAVING sum(record_length) >= %s ORDER BY 2 DESC
"""


@click.command("load")
@click.option(
    "--residents", default=100_000, show_default=True, type=click.IntRange(500, 5_000_000)
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50))
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True,
              help="JSON is what it prints in any case; with this, nothing else.")  # fmt: skip
def command(*, residents: int, rounds: int, seed: int, as_json: bool) -> None:
    """Load a register into PostgreSQL beside a raw COPY, and an extract that changes nothing."""
    from fangge.command.bench.measuring import describe_machine, run_contender
    from fangge.command.output import print_json

    def say(text: str) -> None:
        if not as_json:
            click.echo(text, err=True)

    with tempfile.TemporaryDirectory(prefix="fangge-bench-") as name:
        folder = Path(name)
        say(f"generating {residents:,} residents")
        made = (str(folder), str(residents), "usual", str(seed))
        run_contender("fangge.command.bench.records", *made)
        figures = measure_database(folder / "subjects.parquet", rounds=rounds, say=say)
    machine = describe_machine(("fangge", "polars", "psycopg"))
    print_json({"residents": residents, "seed": seed, "machine": machine} | figures)


def measure_database(
    subjects: Path, *, rounds: int, say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Measure a load beside a raw COPY, and what taking in the same again writes to the log."""
    from fangge.command.bench.measuring import call_program

    say("taking in an extract in which nothing changed")
    n_residents = pl.scan_parquet(subjects).filter(pl.col("kind") == "residents").select(pl.len())
    again = min(MOST_TAKEN_IN_AGAIN, n_residents.collect().item())
    unchanged, _ = call_program("fangge.command.bench.unchanged", str(again))
    say("loading the residents into PostgreSQL")
    return {"unchanged": unchanged, "database": measure_load(subjects, rounds=rounds)}


def measure_load(subjects: Path, *, rounds: int) -> dict[str, Any]:
    """Load the true residents, change one in a hundred, and load the same again.

    The database is one of the bench's own, in a folder beside the data.
    """
    open_own_database("bench")
    from fangge.kernel import clock

    rows = list_entries(subjects)
    watch_alone(is_alone=True)
    try:
        ran = [_load_once(rows, now=clock.now()) for _ in range(rounds)]
    finally:
        watch_alone(is_alone=False)
    told: dict[str, Any] = {
        name: round(statistics.median(one[name] for one in ran), 3) for name in FIGURES
    }
    told["load_over_copy"] = _median(ran, lambda one: one["load_seconds"] / one["copy_seconds"])
    told["load_without_sealing_over_copy"] = _median(
        ran, lambda one: (one["load_seconds"] - one["seal_seconds"]) / one["copy_seconds"]
    )
    for name in LOGGED:
        told[name] = int(statistics.median(one[name] for one in ran))
    told["wal_kinds_same"] = ran[-1]["wal_kinds_same"]
    return {"entries": rows.height, "rounds": rounds} | told


def list_entries(subjects: Path) -> pl.DataFrame:
    """Give the residents as entries that no register holds yet, each field with its record."""
    people = pl.read_parquet(subjects).filter(pl.col("kind") == "residents")
    told = ("name", "sex", "birth_on", *SEALED)
    record = pl.int_range(1, pl.len() + 1)
    return people.select(
        pl.lit(None, pl.Int64).alias("id"),
        *told,
        origins=pl.struct(record.alias(field) for field in told).struct.json_encode(),
    )


def _load_once(rows: pl.DataFrame, *, now: datetime) -> dict[str, Any]:
    from django.db import connection

    told: dict[str, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE registers_resident, registers_entrychange CASCADE")
    sealed, told["seal_seconds"] = _timed(lambda: _seal(rows))
    _, told["copy_seconds"] = _timed(lambda: _copy_raw(sealed))
    registered, told["load_seconds"], told["wal_bytes_load"] = _register(rows, now)
    step = round(1 / CHANGED_SHARE)
    moved = pl.int_range(pl.len()) % step == 0
    fresh = registered.with_columns(
        name=pl.when(moved).then(pl.col("name") + "伟").otherwise("name")
    ).select("id", *rows.columns[1:])
    registered, told["change_seconds"], told["wal_bytes_change"] = _register(fresh, now)
    again = registered.select("id", *rows.columns[1:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        start = cursor.fetchone()[0]
        _, told["same_seconds"], told["wal_bytes_same"] = _register(again, now)
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        end = cursor.fetchone()[0]
        # The log is read from the disk: a commit behind what is asked for brings it there.
        cursor.execute("SELECT pg_logical_emit_message(true, 'bench', '')")
        told["wal_kinds_same"] = {}
        if end != start:
            cursor.execute(BY_KIND, [start, end, NAMED_BYTES])
            told["wal_kinds_same"] = dict(cursor.fetchall())
    _, _, told["wal_bytes_same_again"] = _register(again, now)
    return told


def _register(rows: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, float, float]:
    """Register the residents as a link run does; give seconds and bytes written to the log."""
    from fangge.kernel.actor import system_actor
    from fangge.registers.actions.residents import register_residents

    actor = system_actor("bench", verbs=("residents.register",))
    before = _log_position()
    (registered, _), seconds = _timed(
        lambda: register_residents(actor=actor, residents=rows, run_id=None, now=now)
    )
    return registered, seconds, _log_position() - before


def _log_position() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return float(cursor.fetchone()[0])


def _seal(rows: pl.DataFrame) -> pl.DataFrame:
    """Hash and seal what the register seals, so that the raw COPY writes the same bytes."""
    from fangge.kernel.fields import open_vault

    vault, ids = open_vault(), pl.Series(range(1, rows.height + 1))
    return rows.select(
        pl.int_range(1, pl.len() + 1).alias("id"), "name", "sex", "birth_on", "origins"
    ).with_columns(
        column
        for field in SEALED
        for column in (
            vault.seal_column(rows[field], column=f"bench.{field}", rows=ids).alias(
                f"{field}_sealed"
            ),
            vault.hash_column(rows[field], column=f"bench.{field}").alias(f"{field}_hash"),
        )
    )


def _copy_raw(rows: pl.DataFrame) -> None:
    from django.db import connection, transaction

    from fangge.kernel.bulk import copy_frame

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")
        cursor.execute(
            "CREATE TABLE bench_bare (id bigint, name varchar, sex varchar, birth_on date, "
            "origins jsonb, identifier_sealed bytea, identifier_hash bytea, phone_sealed bytea, "
            "phone_hash bytea)"
        )
        copy_frame(cursor, "bench_bare", rows)


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = act()
    return found, time.perf_counter() - started


def _median(ran: list[dict[str, Any]], ratio: Callable[[dict[str, Any]], float]) -> float:
    return round(statistics.median(ratio(one) for one in ran), 3)
