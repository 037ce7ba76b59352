"""What was erased since a backup is erased again when it is restored, before the site opens."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from fangge.command.archive import read_erasures, restore_backup, write_backup

NAME = "retention_test"
ERASE = """
from fangge.command.setup import open_database
open_database()
from fangge.kernel import clock
from fangge.kernel.actor import system_actor
from fangge.retention.actions import erase_at_request
actor = system_actor("retention", verbs=("retention.run",))
erase_at_request(
    actor=actor, kind="resident_left", ids=[{resident}], reason="test", now=clock.now()
)
"""


@pytest.fixture
def url() -> Iterator[str]:
    given = conninfo_to_dict(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        row = admin.execute("SHOW unix_socket_directories").fetchone()
        place = f"host={row[0]}" if row and row[0] else f"host={given['host']}"
        admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {NAME}")
        yield (
            f"postgresql://{given['user']}:{given.get('password', '')}@/{NAME}"
            f"?{place}&port={given.get('port', 5432)}"
        )
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.mark.django_db
def test_an_older_backup_comes_back_without_what_was_erased_since(url: str, tmp_path: Path) -> None:
    name = connection.settings_dict["NAME"]
    whole = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    older, newer = tmp_path / "older.tar", tmp_path / "newer.tar"
    write_backup(older, url=whole, keys=None, tell=lambda _: None)
    restore_backup(older, url=url, replaces=True, keys=tmp_path, tell=lambda _: None)

    def fangge(data: str, *arguments: str) -> None:
        folder = tmp_path / data
        if not folder.exists():
            shutil.copytree(Path(os.environ["FANGGE_DATA"]) / "keys", folder / "keys")
        ran = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "DATABASE_URL": url, "FANGGE_DATA": str(folder)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr

    def names() -> dict[int, str]:
        with psycopg.connect(url) as held:
            return dict(held.execute("SELECT id, name FROM registers_resident").fetchall())

    before = names()
    resident = min(before)
    fangge("here", "-c", ERASE.format(resident=resident))
    journal = tmp_path / "here" / "erasures.jsonl"
    assert names()[resident] == ""
    write_backup(newer, url=url, keys=None, erasures=journal, tell=lambda _: None)
    assert read_erasures(newer) == journal.read_bytes()
    # On another machine, whose data folder knows nothing of what was erased.
    restore = ["-m", "fangge", "restore", str(older), "--replace", "--erasures", str(newer)]
    fangge("elsewhere", *restore)
    assert names() == before | {resident: ""}
    assert (tmp_path / "elsewhere" / "erasures.jsonl").read_bytes()
