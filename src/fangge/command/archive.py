"""A backup as one file: a dump of the database and a manifest that says what it should hold."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fangge.config.embedded import DatabaseUnavailable, find_program

FORMAT = 2
DUMP, MANIFEST, KEYS = "database.dump", "manifest.json", "keys"
ERASURES = "erasures.jsonl"


class ArchiveRefused(Exception):
    """The backup cannot be made or taken; the message says what to do."""


def write_backup(
    path: Path,
    *,
    url: str,
    keys: Path | None,
    erasures: Path | None = None,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Write a backup beside its place and rename it there; give its manifest.

    The journal of erasures goes beside the dump, so that an older backup can be restored by it.

    The rows are counted in the dump's own snapshot, so that others may go on writing.
    """
    with TemporaryDirectory(dir=path.resolve().parent, prefix=".backup-") as folder:
        dump = Path(folder) / DUMP
        with psycopg.connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            snapshot = row[0] if row else ""
            _run(
                "pg_dump",
                "--format=custom",
                "--compress=gzip:1",
                f"--file={dump}",
                f"--snapshot={snapshot}",
                url=url,
            )
            tell("dump")
            rows = _count_rows(connection)
        journal = Path(folder) / ERASURES
        journal.write_bytes(erasures.read_bytes() if erasures and erasures.exists() else b"")
        kept = sorted(path for path in keys.iterdir() if path.is_file()) if keys else []
        manifest = {
            "format": FORMAT,
            "rows": rows,
            "sha256": {
                DUMP: hash_file(dump),
                ERASURES: hash_file(journal),
                **{f"{KEYS}/{path.name}": hash_file(path) for path in kept},
            },
            "has_keys": keys is not None,
        }
        fresh = Path(folder) / "backup.tar"
        with tarfile.open(fresh, "w") as archive:
            text = json.dumps(manifest, indent=2).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
            archive.add(dump, DUMP)
            archive.add(journal, ERASURES)
            for path_of_key in kept:
                archive.add(path_of_key, f"{KEYS}/{path_of_key.name}")
        fresh.chmod(0o600)
        with fresh.open("rb") as whole:
            os.fsync(whole.fileno())  # the name must not be there before the bytes are
        fresh.replace(path)
    tell("write")
    return manifest


def restore_backup(
    path: Path,
    *,
    url: str,
    replaces: bool,
    keys: Path,
    tell: Callable[[str], None],
    mend: Callable[[str, Path], None] = lambda *_: None,
) -> dict[str, Any]:
    """Restore into a database of its own, compare it with the manifest, then swap the names.

    `mend` is given its address and the folder of what was unpacked, before anybody else sees it.

    Raises `ArchiveRefused` when the file is damaged, or the database holds something and
    `replaces` is false. A kill in the middle leaves the old database as it was.
    """
    with TemporaryDirectory(dir=path.resolve().parent, prefix=".restore-") as folder:
        manifest = _unpack(path, Path(folder))
        tell("check")
        held = count_rows(url)
        if sum(held.values()) and not replaces:
            raise ArchiveRefused(
                "The database holds entries. Say --replace to put the backup in their place."
            )
        name = _name_of(url)
        fresh = f"{name}_restoring"
        with psycopg.connect(_with_name(url, "postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
            target = _with_name(url, fresh)
            _run(
                "pg_restore",
                "--no-owner",
                "--no-privileges",  # whom the site is here is said when the wall is raised
                "--exit-on-error",
                str(Path(folder) / DUMP),
                url=target,
            )
            tell("restore")
            if count_rows(target) != manifest["rows"]:
                raise ArchiveRefused(
                    "The restored rows are not those of the manifest; nothing was changed."
                )
            mend(target, Path(folder))
            tell("erase again")
            _swap(admin, name, fresh)
        if manifest["has_keys"]:
            _restore_keys(Path(folder) / KEYS, keys)
    tell("swap")
    return manifest


def _unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Take out the members that the manifest names, and nothing else a file may hold."""
    (folder / KEYS).mkdir(mode=0o700)
    try:
        with tarfile.open(path) as archive:
            _take_out(archive, MANIFEST, folder)
            manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
            if manifest["format"] != FORMAT or not _is_listing(manifest["sha256"]):
                raise ArchiveRefused(f"{path} is of another version; nothing was changed.")
            for member in manifest["sha256"]:
                _take_out(archive, member, folder)
        digests = {member: hash_file(folder / member) for member in manifest["sha256"]}
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise ArchiveRefused(f"{path} is no whole backup: {error}") from error
    if manifest["sha256"] != digests:
        raise ArchiveRefused(f"{path} is damaged; nothing was changed.")
    return manifest


def _is_listing(digests: Mapping[str, str]) -> bool:
    """Tell whether the members are a dump and keys, so that none leads out of the folder."""
    keys = [Path(member) for member in digests if member not in {DUMP, ERASURES}]
    return DUMP in digests and all(
        key.parts == (KEYS, key.name) and key.name != ".." for key in keys
    )


def _take_out(archive: tarfile.TarFile, member: str, folder: Path) -> None:
    # Python 3.11's first releases cannot filter what `extractall` writes, and where to.
    source = archive.extractfile(member)
    if source is None:
        raise KeyError(member)
    with source, (folder / member).open("wb") as target:
        shutil.copyfileobj(source, target)


def _swap(admin: psycopg.Connection[Any], name: str, fresh: str) -> None:
    """Give the restored database the name; the one before is dropped last."""
    former = f"{name}_before"
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(former)))
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND pid <> pg_backend_pid()",
        [name],
    )
    try:
        with admin.transaction():  # both names change, or neither
            for old, new in ((name, former), (fresh, name)):
                admin.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(old), sql.Identifier(new)
                    )
                )
    except psycopg.errors.ObjectInUse as error:
        raise ArchiveRefused(
            "Somebody is at work in the database: stop `fangge serve` first. Nothing was changed."
        ) from error
    admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(former)))


def _restore_keys(kept: Path, keys: Path) -> None:
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for key in kept.iterdir():
        fresh = keys / f".{key.name}.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_bytes(key.read_bytes())
        fresh.replace(keys / key.name)


def count_rows(url: str) -> dict[str, int]:
    """Count the rows of every table of the registers, fusion, areas, access and audit."""
    with psycopg.connect(url) as connection:
        return _count_rows(connection)


def _count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename ~ '^(registers|fusion|areas|access|audit|portal|retention)_' ORDER BY 1"
        )
    ]
    counts = {}
    for table in tables:
        counted = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        )
        row = counted.fetchone()
        counts[table] = int(row[0]) if row else 0
    return counts


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(program: str, *arguments: str, url: str) -> None:
    """Run one of PostgreSQL's programs; the list of processes must not show the password."""
    try:
        found = find_program(program)
    except DatabaseUnavailable as error:
        raise ArchiveRefused(str(error)) from error
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    ran = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [found, *arguments, "--dbname", make_conninfo("", **parts)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **({"PGPASSWORD": str(password)} if password else {})},
    )
    if ran.returncode:
        raise ArchiveRefused(f"{program} failed: {ran.stderr.strip()}")


def _name_of(url: str) -> str:
    return str(conninfo_to_dict(url).get("dbname") or "fangge")


def _with_name(url: str, name: str) -> str:
    return make_conninfo(url, dbname=name)


def read_erasures(path: Path) -> bytes:
    """Give the journal of erasures: a file of its own, or the one in a backup."""
    if not tarfile.is_tarfile(path):
        return path.read_bytes()
    with tarfile.open(path) as archive:
        source = archive.extractfile(ERASURES) if ERASURES in archive.getnames() else None
        return source.read() if source else b""
