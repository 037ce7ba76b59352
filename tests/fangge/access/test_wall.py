"""The second wall: what the site's role reaches in the database, whatever is asked of it."""

import os
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import psycopg
import pytest
from django.db import ProgrammingError, connection, connections
from tests.makers import make_staff

from fangge.access.rules import VERBS, Role
from fangge.config.settings import WALL_KEY, read_database
from fangge.config.walled.base import DatabaseWrapper
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame
from fangge.kernel.wall import EVERYTHING, Reach, beyond_scope, reach_of, reaching, write_pass

pytestmark = pytest.mark.django_db
PERSONAL = {
    "residents": "SELECT count(*) FROM registers_resident",
    "occupancies": "SELECT count(*) FROM registers_occupancy WHERE resident_id IS NOT NULL",
    "changes": "SELECT count(*) FROM registers_entrychange WHERE kind IN ('resident', 'occupancy')",
    "records": "SELECT count(*) FROM fusion_sourcerecord",
    "decisions": "SELECT count(*) FROM fusion_linkdecision",
    "pairs": "SELECT count(*) FROM fusion_pair",
    "requests": "SELECT count(*) FROM fusion_changerequest",
    "findings": "SELECT count(*) FROM fusion_finding",
    "rows": "SELECT count(*) FROM fusion_quarantinedrow",
}
COUNT_PEOPLE = "SELECT count(*) FROM registers_resident"


@pytest.fixture
def site() -> Iterator[DatabaseWrapper]:
    """A connection as the site has it, to the tests' database."""
    settings = {
        **connections.settings["default"],
        **read_database(os.environ["FANGGE_SITE_DATABASE_URL"]),
        "NAME": connection.settings_dict["NAME"],
    }
    wrapper = DatabaseWrapper(settings, "default")
    wrapper.inc_thread_sharing()
    yield wrapper
    wrapper.close()


def ask(wrapper: Any, query: str, *parameters: object) -> Any:
    with wrapper.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def worker_of(grid: int, role: Role = Role.GRID_WORKER) -> Actor:
    return Actor("staff:walled", "walled", (role,), VERBS[role], frozenset({grid}))


@pytest.fixture
def grids() -> tuple[int, int]:
    """Two grids with people in them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grid_id FROM registers_occupancy WHERE resident_id IS NOT NULL "
            "AND grid_id IS NOT NULL GROUP BY grid_id ORDER BY count(*) DESC LIMIT 2"
        )
        (first,), (second,) = cursor.fetchall()
    return first, second


def count_all(wrapper: Any) -> dict[str, int]:
    return {name: ask(wrapper, query) for name, query in PERSONAL.items()}


def test_without_a_reach_there_is_nothing_of_persons(site: DatabaseWrapper) -> None:
    with reaching(Reach()):
        assert count_all(site) == dict.fromkeys(PERSONAL, 0)
    there = {name for name, n_rows in count_all(connection).items() if n_rows}
    assert there >= {"residents", "occupancies", "records", "decisions", "rows"}


def test_a_query_that_forgot_its_scope_shows_the_scope_still(
    site: DatabaseWrapper, grids: tuple[int, int]
) -> None:
    own, other = grids
    with reaching(reach_of(worker_of(own))):
        n_seen = ask(site, COUNT_PEOPLE)
        n_others = ask(
            site, "SELECT count(*) FROM registers_occupancy WHERE grid_id = %s "
            "AND resident_id IS NOT NULL", other,
        )  # fmt: skip
    n_own = ask(
        connection,
        "SELECT count(DISTINCT resident_id) FROM registers_occupancy WHERE grid_id = %s",
        own,
    )
    assert 0 < n_seen == n_own < ask(connection, COUNT_PEOPLE)
    assert n_others == 0


def test_a_role_that_may_not_see_residents_gets_none_in_its_whole_district(
    site: DatabaseWrapper,
) -> None:
    for role in (Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR, Role.DISPATCHER, Role.ANALYST):
        actor = Actor("staff:walled", "walled", (role,), VERBS[role])
        with reaching(reach_of(actor)):
            assert ask(site, COUNT_PEOPLE) == 0
            assert ask(site, "SELECT count(*) FROM fusion_sourcerecord") == 0


def test_who_sees_residents_may_see_dwellings() -> None:
    """The wall asks for the dwelling's verb where somebody lives."""
    assert all("dwellings.see" in verbs for verbs in VERBS.values() if "residents.see" in verbs)


def test_nothing_is_reached_after_the_block_that_reached_it(
    site: DatabaseWrapper, grids: tuple[int, int]
) -> None:
    with reaching(EVERYTHING):
        n_all = ask(site, COUNT_PEOPLE)
    assert n_all == ask(connection, COUNT_PEOPLE) > 0
    assert ask(site, COUNT_PEOPLE) == 0
    with reaching(reach_of(worker_of(grids[0]))):
        with beyond_scope():
            assert ask(site, COUNT_PEOPLE) == n_all
        assert ask(site, COUNT_PEOPLE) < n_all


def test_a_rollback_brings_no_reach_back(site: DatabaseWrapper, grids: tuple[int, int]) -> None:
    site.set_autocommit(True)
    with reaching(reach_of(worker_of(grids[0]))):
        n_own = ask(site, COUNT_PEOPLE)
        with beyond_scope():
            assert ask(site, COUNT_PEOPLE) > n_own
            site.set_autocommit(False)
            ask(site, "SELECT 1")
        assert ask(site, COUNT_PEOPLE) == n_own
        site.rollback()
        assert ask(site, COUNT_PEOPLE) == n_own
        site.rollback()
        site.set_autocommit(True)
    assert ask(site, COUNT_PEOPLE) == 0


def test_two_threads_on_one_connection_reach_each_their_own(
    site: DatabaseWrapper, grids: tuple[int, int]
) -> None:
    found: dict[int, list[int]] = {grid: [] for grid in grids}
    turn = threading.Lock()

    def look(grid: int) -> None:
        with reaching(reach_of(worker_of(grid))):
            for _ in range(5):
                with turn:
                    found[grid].append(ask(site, COUNT_PEOPLE))

    threads = [threading.Thread(target=look, args=(grid,)) for grid in grids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {
        grid: ask(
            connection,
            "SELECT count(DISTINCT resident_id) FROM registers_occupancy WHERE grid_id = %s",
            grid,
        )
        for grid in grids
    }
    assert found == {grid: [expected[grid]] * 5 for grid in grids}


@pytest.mark.parametrize(
    "attempt",
    [
        "ALTER TABLE registers_resident DISABLE ROW LEVEL SECURITY",
        "DROP POLICY wall ON registers_resident",
        "CREATE POLICY all_of_it ON registers_resident USING (true)",
        "SET ROLE fangge",
        "SET SESSION AUTHORIZATION fangge",
        "ALTER ROLE fangge_site BYPASSRLS",
        "SET row_security = off; SELECT count(*) FROM registers_resident",
        "SELECT * FROM fangge_wall.pass_key",
        "DROP FUNCTION fangge_wall.is_whole(text) CASCADE",
        "CREATE FUNCTION fangge_wall.mine() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE TABLE public.kept AS SELECT 1",
        "TRUNCATE registers_resident",
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_sites_role_cannot_take_the_wall_down(site: DatabaseWrapper, attempt: str) -> None:
    site.ensure_connection()
    with pytest.raises(psycopg.Error):
        site.connection.execute(attempt)


@pytest.mark.parametrize(
    "told",
    [
        "*",
        "0" * 64 + "1|9999999999|*|*||staff:me",
        "{backend}|9999999999|*|*||staff:me",
    ],
)
def test_sql_alone_cannot_widen_the_reach(
    site: DatabaseWrapper, grids: tuple[int, int], told: str
) -> None:
    with reaching(reach_of(worker_of(grids[0]))):
        n_own = ask(site, COUNT_PEOPLE)
        forged = told.replace("{backend}", str(site.connection.info.backend_pid))
        site.connection.execute("SELECT set_config('fangge.pass', %s, false)", (forged,))
        assert site.connection.execute(COUNT_PEOPLE).fetchone() == (0,)
    assert n_own > 0


def test_a_pass_counts_for_one_process_of_the_server_and_an_hour(
    site: DatabaseWrapper, noon: datetime
) -> None:
    site.ensure_connection()
    backend = site.connection.info.backend_pid
    at = site.connection.execute("SELECT now()").fetchone()[0]
    key = bytes.fromhex(WALL_KEY)

    def count(**chosen: Any) -> int:
        told = write_pass(EVERYTHING, key=key, **({"backend": backend, "now": at} | chosen))
        site.connection.execute("SELECT set_config('fangge.pass', %s, false)", (told,))
        return int(site.connection.execute(COUNT_PEOPLE).fetchone()[0])

    assert count() > 0
    assert count(backend=backend + 1) == 0
    assert count(now=at - timedelta(hours=2)) == 0


def test_rows_are_brought_in_whole_columns_behind_the_wall_too(site: DatabaseWrapper) -> None:
    rows = pl.DataFrame(
        {"kind": ["resident"], "entry_id": [7], "changed_at": ["2026-11-23 04:00+00"],
         "actor": ["staff:walled"], "former": ["{}"], "since": ["{}"]}
    )  # fmt: skip
    site.set_autocommit(autocommit=False)
    with reaching(EVERYTHING), site.cursor() as cursor:
        copy_frame(cursor, "registers_entrychange", rows)
        cursor.execute("SELECT count(*) FROM registers_entrychange WHERE actor = 'staff:walled'")
        assert cursor.fetchone()[0] == 1
    site.rollback()
    with pytest.raises(ProgrammingError), reaching(Reach()), site.cursor() as cursor:
        copy_frame(cursor, "registers_entrychange", rows)
    site.rollback()


def test_a_resident_reaches_their_own_entry(site: DatabaseWrapper) -> None:
    own = ask(connection, "SELECT min(resident_id) FROM registers_occupancy")
    with reaching(Reach(actor="resident", resident_id=own)):
        assert ask(site, "SELECT array_agg(id) FROM registers_resident") == [own]
        assert ask(site, "SELECT array_agg(DISTINCT resident_id) FROM registers_occupancy "
                   "WHERE resident_id IS NOT NULL") == [own]  # fmt: skip


def test_the_next_request_on_a_connection_starts_with_nothing(client: Any) -> None:
    from django.contrib.auth import get_user_model

    make_staff(Role.STEWARD, username="walled-steward")
    client.force_login(
        get_user_model().objects.get(username="walled-steward"),
        "django.contrib.auth.backends.ModelBackend",
    )
    resident = ask(connection, "SELECT min(resident_id) FROM registers_occupancy")
    assert client.get(f"/registers/residents/{resident}").status_code == 200
    client.logout()
    client.get("/access/sign-in")
    with reaching(Reach()):
        assert ask(connection, COUNT_PEOPLE) == 0
    assert ask(connection, "SELECT current_setting('role')") == "none"


def test_where_somebody_lives_is_found_by_an_index(
    site: DatabaseWrapper, grids: tuple[int, int]
) -> None:
    """The policy must not make the database read the register to show one person."""
    person = ask(connection, "SELECT max(resident_id) FROM registers_occupancy")
    with reaching(reach_of(worker_of(grids[0]))), site.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM registers_resident WHERE id = %s", [person])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Seq Scan" not in plan
