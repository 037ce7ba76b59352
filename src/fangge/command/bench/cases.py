"""`fangge bench cases`: whole lives of cases, beside few stored cases and beside many."""

import os
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import uuid4

import click

from fangge.command.output import print_json
from fangge.command.setup import forget_address, open_database, setup_django

FEW = 10_000
PROCESSES = 2
MOVES = 6
OPEN_SHARE = 10
"""Of the stored cases one in this many is open."""
CENTRE = ("cases.see", "cases_here.see", "cases.sort", "cases.verify", "cases.report")


@click.command("cases")
@click.option("--stored", default=1_000_000, show_default=True, type=click.IntRange(min=FEW))
@click.option("--seconds", default=15.0, show_default=True, help="How long each turn takes.")
@click.option("--rounds", default=2, show_default=True)
@click.option(
    "--json", is_flag=True, expose_value=False, help="JSON is what it prints in any case."
)
def command(*, stored: int, seconds: float, rounds: int) -> None:
    """Bring cases from report to close, beside 10,000 stored cases and beside STORED.

    DIGIT reports 37 lives a second beside 10,000 cases and 6 beside a million, on 16 cores.
    """
    os.environ["FANGGE_DATA"] = os.environ.get("FANGGE_DATA", ".fangge") + "/bench"
    forget_address()
    open_database()
    turns: dict[int, list[float]] = {}
    for n_stored in dict.fromkeys((FEW, stored)):
        _fill(n_stored)
        turns[n_stored] = [_run_lives(seconds) for _ in range(rounds)]
    print_json(
        {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "processes": PROCESSES,
            "moves_a_life": MOVES,
            "lives_a_second": {
                str(n): {"median": round(statistics.median(held), 1), "turns": held}
                for n, held in turns.items()
            },
            "reported_by_digit": {"10000": 37, "1000000": 6, "cores": 16},
        }
    )


def _run_lives(seconds: float) -> float:
    """Let each process bring cases to their close for some seconds; give lives a second."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(live_for, [seconds] * PROCESSES))
    return round(sum(n / took for n, took in found), 1)


def live_for(seconds: float) -> tuple[int, float]:
    """Bring one case after another from report to close; give how many, and in which time."""
    setup_django()
    from fangge.kernel import clock

    _live(clock.now())  # what is read once is read
    started, n_lives = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        _live(clock.now())
        n_lives += 1
    return n_lives, time.perf_counter() - started


def _live(now: datetime) -> None:
    from fangge.cases.actions.report import Report, report_case
    from fangge.cases.actions.transition import Doing, move_case
    from fangge.kernel.actor import Actor, system_actor

    centre = system_actor("bench", verbs=CENTRE)
    worker = Actor("staff:bench", "bench", ("handler",), frozenset({"cases.see", "cases.work"}))
    case, _ = report_case(
        actor=centre, report=Report(told="楼道灯不亮", place="平江路1号"), token=uuid4(), now=now
    )
    steps = (
        (centre, Doing("accept", category="fire_door")),
        (centre, Doing("dispatch", desk="fire")),
        (worker, Doing("start")),
        (worker, Doing("report_result", note="已修好")),
        (centre, Doing("verify", note="已核实")),
        (centre, Doing("close")),
    )
    for actor, doing in steps:
        move_case(actor=actor, number=case.number, doing=doing, seen=None, now=now)


def _fill(n_stored: int) -> None:
    """Store copies of an ended and of an open case, with all their steps."""
    from django.db import connection, transaction

    from fangge.kernel import clock

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE cases_case, cases_casestep, cases_alarm CASCADE")
        _seat()
        _live(clock.now() - timedelta(days=30))
        cursor.execute("SELECT max(id) FROM cases_case")
        first = cursor.fetchone()[0]
        for table, column in (("cases_case", "id"), ("cases_casestep", "case_id")):
            _copy_rows(cursor, table, column, first, n_stored)
        cursor.execute(
            "UPDATE cases_case SET is_open = true, state = 'in_progress', closed_at = NULL, "
            "clock_name = 'handle', clock_owner = 'desk', due_at = now() + id %% 900 * "
            "interval '1 hour' WHERE id > %s AND id %% %s = 0",
            [first, OPEN_SHARE],
        )
        for table in ("cases_case", "cases_casestep"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608 - our own names
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cases_case, cases_casestep, cases_alarm")


def _copy_rows(cursor: Any, table: str, column: str, first: int, n_stored: int) -> None:
    """Copy the rows of the first case for each further one, each with numbers of its own."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s",
        [table],
    )
    columns = [row[0] for row in cursor.fetchall()]
    own = {
        "cases_case": {
            "id": "copied.id + n",
            "number": "copied.number || '-' || n",
            "token": "gen_random_uuid()",
            "tracking_hash": "sha256(n::text::bytea)",
            "reported_at": "copied.reported_at - n * interval '1 second'",
        },
        "cases_casestep": {"id": "copied.id + n * 10", "case_id": "copied.case_id + n"},
    }[table]
    chosen = ", ".join(own.get(name, f'copied."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {chosen} "  # noqa: S608 - our own names
        f"FROM {table} copied, generate_series(1, %s) n WHERE copied.{column} = %s",
        [n_stored - 1, first],
    )


def _seat() -> None:
    """Give the bench's worker a place at the desk."""
    from fangge.access.actions.staff import register_staff
    from fangge.access.queries import find_by_username
    from fangge.cases.actions.seating import seat_member
    from fangge.kernel import clock
    from fangge.kernel.actor import system_actor

    long_ago = clock.now() - timedelta(days=400)
    actor = system_actor("bench", verbs=("staff.assign",))
    staff = find_by_username("bench") or register_staff(
        actor=actor, username="bench", name="bench", password=uuid4().hex, now=long_ago
    )
    seat_member(actor=actor, staff=staff, desk="fire", now=long_ago)
