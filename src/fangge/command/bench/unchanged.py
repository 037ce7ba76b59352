"""What a full extract in which nothing changed writes to PostgreSQL's log: a program of its own.

`python -m fangge.command.bench.unchanged RESIDENTS` takes the population register in again, every
row the same, links by what changed and then everything anew, and tells the bytes by kind of table.
"""

import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fangge.command.bench.database import open_own_database, watch_alone
from fangge.command.setup import data_folder

SOURCE, EXTRACT = "police_population", "police_population.csv"
NEXT_DAY = datetime(2026, 7, 1, tzinfo=UTC)
SEED = 1
# Tables by what they are for, by how their names begin; any other is counted as a register's.
KINDS = {
    "catalogue": ("pg_", "dropped since"),
    "bookkeeping": ("fusion_batch", "fusion_run", "fusion_source_", "audit_", "procrastinate_"),
    "rows_in_quarantine": ("fusion_quarantinedrow",),
}
WRITTEN = """
    SELECT COALESCE(owner.relname, class.relname) AS name, sum(piece.n_bytes)::bigint
    FROM (SELECT reltablespace, relfilenode,
              block_data_length + COALESCE(block_fpi_length, 0) AS n_bytes
          FROM pg_get_wal_block_info(%s, %s)
          WHERE reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
        piece
    LEFT JOIN pg_class class
        ON class.oid = pg_filenode_relation(piece.reltablespace, piece.relfilenode)
    LEFT JOIN pg_index held ON held.indexrelid = class.oid
    LEFT JOIN pg_class owner ON owner.oid = held.indrelid
    GROUP BY 1 ORDER BY 2 DESC
"""


def measure_unchanged(*, residents: int) -> dict[str, Any]:
    """Take a full extract in again with every row the same, by what changed and all anew.

    Each step is measured twice: as the first after a checkpoint, where PostgreSQL logs whole pages
    it touches, and again. The database is one of the bench's own, in a folder beside the data.
    """
    open_own_database("unchanged")
    shutil.rmtree(data_folder() / "link-state", ignore_errors=True)
    watch_alone(is_alone=True)
    try:
        district = _run_main_job(residents)
        return {
            "residents": residents,
            "after_a_checkpoint": _take_in_again(district, day=1),
            "at_once_again": _take_in_again(district, day=2),
        }
    finally:
        watch_alone(is_alone=False)


def _run_main_job(residents: int) -> Path:
    from django.db import connection

    from fangge.command.demo import run_main_job
    from fangge.command.output import Teller
    from fangge.fusion.actions.generate import write_district

    district = data_folder() / "district"
    tell = Teller(is_quiet=True)
    write_district(folder=district, n_residents=residents, seed=SEED, noise="usual", tell=tell)
    run_main_job(district, tell)
    with connection.cursor() as cursor:
        # A page's first reader logs that its rows are committed; the load did not write that.
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("VACUUM")  # and what ANALYZE wrote is read too
        cursor.execute("CHECKPOINT")
    return district


def _take_in_again(district: Path, *, day: int) -> dict[str, Any]:
    from fangge.command.output import Teller
    from fangge.fusion.actions.ingest import stage_file
    from fangge.fusion.actions.link import link_registers, linking_actor
    from fangge.kernel.actor import system_actor

    now = NEXT_DAY + timedelta(days=day)
    actor = system_actor("bench", verbs=("batches.ingest",))
    quiet = Teller(is_quiet=True)
    again = _write_again(district, day)

    def stage() -> None:
        batch = stage_file(
            actor=actor, source_code=SOURCE, path=again, tell=quiet.count, now=now, extracted_at=now
        )
        if batch.n_accepted:
            raise RuntimeError(f"{batch.n_accepted} rows were taken for new ones.")

    def link(*, is_full: bool) -> None:
        link_registers(actor=linking_actor(), tell=quiet, now=now, is_full=is_full)

    return {
        "stage": _read_log(stage),
        "link_changes": _read_log(lambda: link(is_full=False)),
        "link_everything": _read_log(lambda: link(is_full=True)),
    }


def _write_again(district: Path, day: int) -> Path:
    """Write the same rows as another file: a line's end more, so that it is not the same bytes."""
    path = data_folder() / f"again-{day}.csv"
    path.write_bytes((district / EXTRACT).read_bytes() + b"\r\n" * day)
    return path


def _read_log(act: Callable[[], None]) -> dict[str, Any]:
    """Give the bytes that an act writes to the log, by kind of table, and the tables written."""
    from django.db import connection

    with connection.cursor() as cursor:
        start = _log_position(cursor)
        act()
        end = _log_position(cursor)
        cursor.execute("SELECT pg_wal_lsn_diff(%s, %s)::bigint", [end, start])
        whole = cursor.fetchone()[0]
        cursor.execute(WRITTEN, [start, end])
        tables = {name or "dropped since": n_bytes for name, n_bytes in cursor.fetchall()}
    told: dict[str, Any] = {"wal_bytes": whole, "registers_and_records": 0}
    told |= dict.fromkeys(KINDS, 0)
    for name, n_bytes in tables.items():
        told[_kind_of(name)] += n_bytes
    return told | {"tables": {name: n_bytes for name, n_bytes in tables.items() if n_bytes}}


def _kind_of(table: str) -> str:
    found = (kind for kind, starts in KINDS.items() if f"{table}_".startswith(starts))
    return next(found, "registers_and_records")


def _log_position(cursor: Any) -> str:
    cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
    return str(cursor.fetchone()[0])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure_unchanged(residents=int(sys.argv[1]))) + "\n")
