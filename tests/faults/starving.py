"""Ways to leave a database without room: by its own limit, and on a small disk where one mounts."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLESPACE = "fangge_faults_small"
DISK_MB, FREE_BYTES = 96, 24 * 1024
LIMITS = ("work_mem = '64kB'", "temp_file_limit = 0", "enable_indexscan = off",
          "enable_indexonlyscan = off")  # fmt: skip

STANDING = (
    "SELECT datname FROM pg_database held JOIN pg_tablespace stands ON stands.oid = dattablespace "
    "WHERE spcname = %s"
)


@dataclass(frozen=True)
class Way:
    """How the room goes, what the run is to say, and where the database stands meanwhile."""

    starve: Callable[[Any, str], Any]
    says: str
    tablespace: str = "pg_default"


@contextmanager
def limit_files(admin: Any, database: str) -> Iterator[None]:
    """Let the server refuse temporary files, as its keeper may; no right here is needed."""
    for limit in LIMITS:
        admin.execute(f"ALTER DATABASE {database} SET {limit}".encode())
    try:
        yield
    finally:
        admin.execute(f"ALTER DATABASE {database} RESET ALL".encode())


@contextmanager
def fill_disk(admin: Any, database: str) -> Iterator[None]:
    """Take what is left on the small disk that the database stands on."""
    ballast = disk_of(admin) / "ballast"
    room = shutil.disk_usage(ballast.parent).free - FREE_BYTES
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room)
    try:
        yield
    finally:
        ballast.unlink()


def disk_of(admin: Any) -> Path:
    (folder,) = admin.execute("SHOW data_directory").fetchone()
    return Path(folder).parent / "faults-small-disk"


@contextmanager
def offer_ways(admin: Any) -> Iterator[list[Way]]:
    """Give the ways that there are for this account on this machine, the first one always."""
    ways = [Way(limit_files, "temp_file_limit")]
    if not _mount(admin):
        yield ways
        return
    disk = disk_of(admin)
    try:
        admin.execute(f"CREATE TABLESPACE {TABLESPACE} LOCATION '{disk / 'tables'}'".encode())
        yield [*ways, Way(fill_disk, "A disk is full", TABLESPACE)]
    finally:
        for (name,) in admin.execute(STANDING, [TABLESPACE]).fetchall():
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        admin.execute(f"DROP TABLESPACE IF EXISTS {TABLESPACE}".encode())
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()


def _mount(admin: Any) -> bool:
    """Mount a small disk that the server may write to; give whether this account may do so."""
    disk = disk_of(admin)
    if os.geteuid() != 0 or not disk.parent.exists():
        return False
    owner = (disk.parent / "data").stat()
    disk.mkdir(exist_ok=True)
    told = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0755", "tmpfs", str(disk)]
    if subprocess.run(told, check=False, capture_output=True).returncode:
        disk.rmdir()
        return False
    (disk / "tables").mkdir(mode=0o700)
    os.chown(disk / "tables", owner.st_uid, owner.st_gid)
    return True
