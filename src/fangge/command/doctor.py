"""`fangge doctor`: what is wrong with a set-up, and how to mend it."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click

from fangge.command.output import print_json
from fangge.command.setup import data_folder, setup_django

OLDEST_PYTHON, OLDEST_POSTGRESQL = (3, 11), 150_000
DISK_LEAST_GB, MEMORY_LEAST_GB = 2.0, 3.5
EXTENSIONS = ("pg_trgm", "btree_gist")
OTHERS = 0o077
SIGNS = {"ok": "✓", "warn": "!", "fail": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: str  # ok, warn or fail
    what: str
    mend: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings for machines.")
def command(*, as_json: bool) -> None:
    """Say what is wrong with this set-up and how to mend it; exit 1 when something is."""
    findings = [finding for look in LOOKS for finding in look()]
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.state]} {finding.what}")
            if finding.mend:
                click.echo(f"    {finding.mend}")
    if any(finding.state == "fail" for finding in findings):
        sys.exit(1)


def look_at_python() -> Iterator[Finding]:
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("fail", f"Python {running} is too old", "Install Python 3.11 or later.")
    else:
        yield Finding("ok", f"Python {running}")


def look_at_packages() -> Iterator[Finding]:
    missing = []
    for line in requires("fangge") or ():
        name = line.split(";")[0].split("[")[0].split("<")[0].split(">")[0].split("=")[0].strip()
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Finding(
            "fail",
            f"Packages are missing: {', '.join(missing)}",
            "Run `make clean demo` to install them anew.",
        )
    else:
        yield Finding("ok", "Every package is installed")


def look_at_folder() -> Iterator[Finding]:
    folder = data_folder()
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & OTHERS:
        yield Finding(
            "warn", f"{folder} is open to other accounts ({mode:o})", f"Run `chmod 700 {folder}`."
        )
    elif not os.access(folder, os.W_OK):
        yield Finding(
            "fail", f"{folder} cannot be written", "Set FANGGE_DATA to a folder of yours."
        )
    else:
        yield Finding("ok", f"Data folder {folder}")
    free = shutil.disk_usage(folder).free / 1e9
    state = "ok" if free >= DISK_LEAST_GB else "warn"
    yield Finding(
        state,
        f"{free:.1f} GB free on its disk",
        "" if state == "ok" else "Make room: a million residents need about 10 GB.",
    )
    for key in sorted((folder / "keys").glob("*_key*")):
        mode = stat.S_IMODE(key.stat().st_mode)
        if mode & OTHERS:
            yield Finding(
                "fail",
                f"Key {key.name} can be read by others ({mode:o})",
                f"Run `chmod 600 {key}`, then rotate the key.",
            )


def look_at_memory() -> Iterator[Finding]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    state = "ok" if total >= MEMORY_LEAST_GB else "warn"
    yield Finding(
        state,
        f"{total:.1f} GB of memory, {os.cpu_count()} cores",
        "" if state == "ok" else "A link run needs about 1 GB a million records.",
    )


def look_at_database() -> Iterator[Finding]:
    from fangge.config.embedded import DatabaseUnavailable, ensure_database

    try:
        ensure_database(data_folder())
    except DatabaseUnavailable as error:
        yield Finding("fail", "The database cannot be reached", str(error))
        return
    setup_django()
    from django.db import OperationalError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            number = int(cursor.fetchone()[0])
            cursor.execute("SELECT name FROM pg_available_extensions")
            there = {row[0] for row in cursor.fetchall()}
    except OperationalError as error:
        yield Finding("fail", "The database cannot be reached", f"{error} Check DATABASE_URL.")
        return
    if number < OLDEST_POSTGRESQL:
        yield Finding("fail", f"PostgreSQL {number // 10000} is too old", "Use 15 or later.")
    else:
        yield Finding("ok", f"PostgreSQL {number // 10000}.{number % 10000}")
    missing = [name for name in EXTENSIONS if name not in there]
    if missing:
        yield Finding(
            "fail",
            f"Extensions are missing: {', '.join(missing)}",
            "Install PostgreSQL's contrib package.",
        )
    yield _look_at_migrations()
    yield _look_at_wall()


def _look_at_wall() -> Finding:
    """Ask, as the site, what holds it back."""
    from fangge.access.actions.wall import find_gap

    gap = find_gap(os.environ.get("FANGGE_SITE_DATABASE_URL", ""))
    if gap:
        return Finding(
            "warn",
            f"The second wall is down: {gap}",
            "See docs/how-to/database.md, the site's role.",
        )
    return Finding("ok", "The site is held back by row-level security")


def _look_at_migrations() -> Finding:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return Finding(
            "warn",
            f"{len(waiting)} changes of the tables wait",
            "`fangge serve` makes them when it starts.",
        )
    return Finding("ok", "The tables are those of this version")


def look_at_texts() -> Iterator[Finding]:
    package = Path(__file__).resolve().parent.parent
    catalogues = sorted(package.glob("*/locale/*/LC_MESSAGES/django.po"))
    missing = [path for path in catalogues if not path.with_suffix(".mo").exists()]
    if missing:
        yield Finding("fail", "Chinese texts are not compiled", "Run `make demo` or `make test`.")
    else:
        yield Finding("ok", "Chinese texts are compiled")


def look_at_browser() -> Iterator[Finding]:
    names = ("chromium", "chromium-browser", "google-chrome")
    if not any(shutil.which(name) for name in names):
        yield Finding(
            "warn",
            "No Chromium: the browser tests cannot run",
            "Install Debian's chromium, or put another on PATH.",
        )
    else:
        yield Finding("ok", "Chromium for the browser tests")


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    look_at_python,
    look_at_packages,
    look_at_folder,
    look_at_memory,
    look_at_texts,
    look_at_browser,
    look_at_database,
)
