"""Kill, cut off and starve link runs: what the registers hold is what it was, or all of it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.faults.starving import offer_ways

N_KILLS, SEED = 50, 7
# After so many kills in a row the next run is let through: what they left behind must not matter.
KILLS_BETWEEN = 10
RESIDENTS = 500
BASE, DATABASE = "fangge_faults_base", "fangge_faults"
# Numbers that a killed run took are not given out again, so new entries are told by what they say.
DIGESTS = (
    (
        "SELECT CASE WHEN id <= {known} THEN code END, name, sex, birth_on, identifier_hash, "
        "phone_hash, ends_on, origins, changed_at FROM registers_resident"
    ),
    (
        "SELECT occupancy.kind, resident.name, resident.birth_on, resident.phone_hash, "
        "organisation_id, address_id, occupancy.starts_on, occupancy.ends_on, record_id "
        "FROM registers_occupancy occupancy LEFT JOIN registers_resident resident "
        "ON resident.id = resident_id"
    ),
    (
        "SELECT record_id, part, decision.kind, method, is_current, decided_at, resident.name, "
        "CASE WHEN decision.kind <> 'resident' THEN entry_id END FROM fusion_linkdecision decision "
        "LEFT JOIN registers_resident resident ON resident.id = entry_id "
        "AND decision.kind = 'resident'"
    ),
    (
        "SELECT kind, CASE WHEN kind <> 'occupancy' AND entry_id <= {known} THEN entry_id END, "
        "former - 'phone_sealed' - 'identifier_sealed', since, changed_at "
        "FROM registers_entrychange"
    ),
    "SELECT * FROM registers_organisation",
    "SELECT * FROM registers_dwelling",
    "SELECT * FROM registers_address",
    "SELECT building_id, layer, n_entries FROM registers_buildingcount",
    "SELECT left_id, left_part, right_id, right_part, kind FROM fusion_pair",
    "SELECT id, state FROM fusion_batch",
)


@dataclass
class Victim:
    """The process whose children are killed, with the database they work on."""

    process: "subprocess.Popen[str]"
    url: str
    folder: Path
    admin: "psycopg.Connection[tuple[object, ...]]"
    known: int = 0

    def ask(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def start(self, line: str) -> int:
        self.ask(line)
        while not (told := self.read()).startswith("child "):
            assert told, "the process that is to be killed is gone"
        return int(told.split()[1])

    def wait(self) -> tuple[int, str]:
        """Wait for the child; give its status and the last thing it told."""
        last = ""
        while not (told := self.read()).startswith("ended "):
            last = told
        self._wait_for_server()
        return int(told.split()[1]), last

    def do(self, line: str) -> str:
        self.start(line)
        status, last = self.wait()
        assert status == 0, last
        return last

    def _wait_for_server(self) -> None:
        """The server notices only at the end of a statement that its client is gone."""
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            row = self.admin.execute(asked, [DATABASE]).fetchone()
            if row == (0,):
                return
            time.sleep(0.02)

    def stages(self) -> list[str]:
        """Name what is staged beside the registers."""
        query = (
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = to_regnamespace('fangge_stage')"
        )
        with psycopg.connect(self.url) as held:
            return [str(name) for (name,) in held.execute(query).fetchall()]

    def digest(self) -> tuple[object, ...]:
        """Give a fingerprint of all that a run writes, without ciphertext and new numbers."""
        parts = ", ".join(
            f"(SELECT md5(string_agg(told::text, '|' ORDER BY told::text)) FROM ({query}) told)"  # noqa: S608 - ours
            for query in DIGESTS
        )
        with psycopg.connect(self.url) as held:
            found = held.execute(f"SELECT {parts.format(known=self.known)}".encode()).fetchone()
        assert found
        return found

    def start_over(self, *, tablespace: str = "pg_default") -> None:
        """Put the database and the data folder back to where the run has not begun."""
        self.admin.execute(f"DROP DATABASE IF EXISTS {DATABASE}".encode())
        self.admin.execute(
            f"CREATE DATABASE {DATABASE} TEMPLATE {BASE} TABLESPACE {tablespace}".encode()
        )
        for name in ("address-index", "link-state"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self.folder / "begun" / name, self.folder / name)

    def cut_off(self) -> None:
        self.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [DATABASE]
        )


def change_some(folder: Path) -> Path:
    """Write a later extract: phones changed, people moved, newcomers, and some no longer in it."""
    source = (folder / "district" / "police_population.csv").read_bytes()
    lines = source.decode("gb18030", "replace").splitlines()
    cells = [line.split(",") for line in lines[1:]]
    for row in cells[10:20]:
        row[6] = "13912345678"
    for row in cells[30:40]:
        row[8] = cells[100][8]
    new = [[f"N{n}", f"欧阳震{n}", *row[2:4], f"198{n}-02-1{n}", "", f"1371111000{n}", *row[7:]]
           for n, row in enumerate(cells[50:54])]  # fmt: skip
    path = folder / "later.csv"
    told = [lines[0], *(",".join(row) for row in cells[5:] + new), ""]
    path.write_bytes("\r\n".join(told).encode("gb18030"))
    return path


def _let_tidy(admin: psycopg.Connection[Any], state: str) -> None:
    admin.execute(f"ALTER SYSTEM SET autovacuum = {state}".encode())
    admin.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("faults")
    server = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    admin = psycopg.connect(f"{server}/postgres", autocommit=True)
    # What the server tidies by itself, and when, decides how much room a run needs.
    _let_tidy(admin, "off")
    for name in (BASE, DATABASE):
        admin.execute(f"DROP DATABASE IF EXISTS {name}".encode())
    admin.execute(f"CREATE DATABASE {BASE}".encode())
    environment = {
        **os.environ,
        "FANGGE_DATA": str(folder),
        "DATABASE_URL": f"{server}/{BASE}",
        "DJANGO_SETTINGS_MODULE": "fangge.config.settings",
        # One thread each: on few cores the killed and the killer would be in each other's way.
        "POLARS_MAX_THREADS": "1",
        # However few rows are new, two connections fill a stage beside the registers.
        "FANGGE_COPY_CONNECTIONS": "2",
        "FANGGE_COPY_ROWS": "1",
    }
    demo = [sys.executable, "-m", "fangge", "demo", "--check", "--residents", str(RESIDENTS)]
    subprocess.run(demo, env=environment, check=True, stdout=subprocess.DEVNULL)
    url = f"{server}/{DATABASE}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.victim"],
        env={**environment, "DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = Victim(process=process, url=url, folder=folder, admin=admin)
    (folder / "begun").mkdir()
    for name in ("address-index", "link-state"):
        shutil.copytree(folder / name, folder / "begun" / name)
    found.start_over()
    assert found.do(f"stage police_population {change_some(folder)} 0").startswith("staged staged")
    admin.execute(f"DROP DATABASE {BASE}".encode())
    admin.execute(f"CREATE DATABASE {BASE} TEMPLATE {DATABASE}".encode())
    with psycopg.connect(url) as held:
        row = held.execute("SELECT max(id) FROM registers_resident").fetchone()
        found.known = int(row[0]) if row else 0
    yield found
    process.communicate(timeout=30)
    for name in (BASE, DATABASE):
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
    _let_tidy(admin, "on")
    admin.close()


@dataclass(frozen=True)
class Uninterrupted:
    before: tuple[object, ...]
    after: tuple[object, ...]
    took_s: float


@pytest.fixture(scope="module")
def uninterrupted(victim: Victim) -> Uninterrupted:
    """What a run that nobody disturbs makes of the registers, and how long it takes."""
    victim.start_over()
    before = victim.digest()
    started = time.monotonic()
    assert victim.do("run") == "done changes"
    took_s = time.monotonic() - started
    after = victim.digest()
    assert before != after
    victim.start_over()
    return Uninterrupted(before, after, took_s)


def test_runs_killed_at_any_moment_leave_all_or_nothing(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    moments = random.Random(SEED)  # noqa: S311 - moments to kill at, no secrets
    n_killed, within_s = 0, uninterrupted.took_s
    for number in range(N_KILLS):
        child = victim.start("run")
        time.sleep(moments.uniform(0, within_s))
        # A child that has ended waits for its parent no longer: then there is nobody to kill.
        if victim.process.poll() is None:
            try:
                os.kill(child, signal.SIGKILL)
                n_killed += 1
            except ProcessLookupError:
                within_s *= 0.8  # others work less on this machine now: runs end sooner
        victim.wait()
        found = victim.digest()
        assert found in {uninterrupted.before, uninterrupted.after}, number
        if found == uninterrupted.after:
            victim.start_over()
        elif number % KILLS_BETWEEN == KILLS_BETWEEN - 1:
            assert victim.do("run").startswith("done")
            assert victim.digest() == uninterrupted.after, number
            victim.start_over()
    assert n_killed > N_KILLS // 4
    assert victim.do("run").startswith("done")
    assert victim.digest() == uninterrupted.after
    assert not victim.stages()


def test_a_run_killed_beside_a_filled_stage_leaves_nothing_of_it_to_the_next(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    victim.start_over()
    child = victim.start("run")
    while not (left := victim.stages()):
        time.sleep(0.001)
    while victim.read() != "register_residents":
        pass
    os.kill(child, signal.SIGKILL)
    victim.wait()
    assert victim.stages() == left
    with psycopg.connect(victim.url) as held:
        stage = sql.Identifier("fangge_stage", left[0])
        counted = held.execute(sql.SQL("SELECT count(*) FROM {}").format(stage)).fetchone()
    assert counted
    assert counted[0]
    assert victim.digest() == uninterrupted.before
    assert victim.do("run").startswith("done")
    assert not victim.stages()
    assert victim.digest() == uninterrupted.after
    victim.start_over()


def test_a_run_whose_database_goes_away_says_so_and_the_next_one_does_it(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    victim.start_over()
    victim.start("run")
    while victim.read() != "register_residents":
        pass
    victim.cut_off()
    status, told = victim.wait()
    assert status == 3
    assert "The database went away" in told
    assert "start the run again" in told
    assert victim.digest() == uninterrupted.before
    assert victim.do("run").startswith("done")
    assert victim.digest() == uninterrupted.after


def test_a_run_that_finds_no_room_for_its_files_says_so(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    victim.start_over()
    shutil.rmtree(victim.folder / "address-index")
    victim.ask("limit 4096")
    victim.start("run")
    status, told = victim.wait()
    victim.ask("limit 0")
    assert status == 3
    assert "A disk is full" in told
    assert victim.digest() == uninterrupted.before
    assert victim.do("run").startswith("done")
    assert victim.digest() == uninterrupted.after


def test_a_run_without_room_for_the_next_one_is_kept(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    victim.start_over()
    victim.ask("limit 4096")
    assert victim.do("run") == "done changes"
    victim.ask("limit 0")
    assert victim.digest() == uninterrupted.after
    assert victim.do("run") == "done everything"
    assert victim.digest() == uninterrupted.after


def test_a_run_whose_database_has_no_more_room_says_what_to_do(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    with offer_ways(victim.admin) as ways:
        for way in ways:
            victim.start_over(tablespace=way.tablespace)
            victim.digest()  # the first to connect writes a file, for which there will be no room
            with way.starve(victim.admin, DATABASE):
                victim.start("run")
                status, told = victim.wait()
                assert status == 3, told
                assert way.says in told
                assert "then start the run again" in told
            assert victim.digest() == uninterrupted.before
            assert victim.do("run") == "done changes"
            assert victim.digest() == uninterrupted.after
            victim.start_over()


def test_an_extract_that_breaks_off_between_rows_ends_nobody(
    victim: Victim, uninterrupted: Uninterrupted
) -> None:
    victim.start_over()
    assert victim.do("run") == "done changes"
    with psycopg.connect(victim.url) as held:
        query = "SELECT count(*) FROM registers_resident WHERE ends_on IS NULL"
        running = held.execute(query).fetchone()
    lines = (victim.folder / "later.csv").read_bytes().split(b"\r\n")
    path = victim.folder / "cut.csv"
    path.write_bytes(b"\r\n".join(lines[: len(lines) // 2]) + b"\r\n")
    _, state, n_missing, is_asked = victim.do(f"stage police_population {path} 1").split()
    assert (state, is_asked) == ("staged", "True")
    assert int(n_missing) > RESIDENTS / 4
    assert victim.do("run") == "done changes"
    with psycopg.connect(victim.url) as held:
        assert held.execute(query).fetchone() == running
