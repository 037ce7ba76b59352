"""Backups are whole whoever writes meanwhile, and databases are found however they are named."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fangge.command.archive import ArchiveRefused, count_rows, restore_backup, write_backup

NAME = "archive_test"


@pytest.fixture
def url() -> Iterator[str]:
    """A small database of its own, by a socket, as a server on the same machine is often named."""
    given = conninfo_to_dict(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        row = admin.execute("SHOW unix_socket_directories").fetchone()
        folder = row[0] if row else ""
        place = f"host={folder}" if folder else f"host={given['host']}"
        admin.execute(f"DROP DATABASE IF EXISTS {NAME}")
        admin.execute(f"CREATE DATABASE {NAME}")
        address = (
            f"postgresql://{given['user']}:{given.get('password', '')}@/{NAME}"
            f"?{place}&port={given.get('port', 5432)}"
        )
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE registers_thing AS SELECT generate_series(1, 5)")
        yield address
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def add_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO registers_thing VALUES (6)")


def test_a_backup_taken_while_others_write_can_be_restored(url: str, tmp_path: Path) -> None:
    file = tmp_path / "busy.tar"
    manifest = write_backup(
        file, url=url, keys=None, tell=lambda stage: add_row(url) if stage == "dump" else None
    )
    assert manifest["rows"] == {"registers_thing": 5}
    assert count_rows(url) == {"registers_thing": 6}
    with pytest.raises(ArchiveRefused, match="--replace"):
        restore_backup(file, url=url, replaces=False, keys=tmp_path, tell=lambda _: None)
    restore_backup(file, url=url, replaces=True, keys=tmp_path, tell=lambda _: None)
    assert count_rows(url) == {"registers_thing": 5}


def test_keys_come_back_only_when_they_were_asked_for(url: str, tmp_path: Path) -> None:
    keys, elsewhere = tmp_path / "keys", tmp_path / "elsewhere"
    keys.mkdir()
    (keys / "sealing_key").write_text("0" * 64)
    for given, there in ((None, False), (keys, True)):
        file = tmp_path / "kept.tar"
        manifest = write_backup(file, url=url, keys=given, tell=lambda _: None)
        assert ("keys/sealing_key" in manifest["sha256"]) is there
        restore_backup(file, url=url, replaces=True, keys=elsewhere, tell=lambda _: None)
        assert (elsewhere / "sealing_key").exists() is there
    assert (elsewhere / "sealing_key").stat().st_mode & 0o077 == 0


def test_a_file_that_leads_out_of_its_folder_is_refused(url: str, tmp_path: Path) -> None:
    file = tmp_path / "crafted.tar"
    manifest = write_backup(file, url=url, keys=None, tell=lambda _: None)
    for member in ("keys/../../out", "../out", str(tmp_path / "out"), "keys/.."):
        listing = {**manifest, "sha256": {**manifest["sha256"], member: "0" * 64}}
        with tarfile.open(file, "w") as archive:
            for name, text in (("manifest.json", json.dumps(listing)), (member, "x")):
                added = tarfile.TarInfo(name)
                added.size = len(text)
                archive.addfile(added, io.BytesIO(text.encode()))
        with pytest.raises(ArchiveRefused):
            restore_backup(file, url=url, replaces=True, keys=tmp_path, tell=lambda _: None)
    assert not (tmp_path / "out").exists()
    assert count_rows(url) == {"registers_thing": 5}
