"""A database of the bench's own, beside the data: never the one that somebody works in."""

import os

from fangge.command.setup import open_database


def open_own_database(name: str) -> None:
    """Start a server in a folder of this name within the data folder, whatever address is given."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["FANGGE_DATA"] = os.environ.get("FANGGE_DATA", ".fangge") + f"/{name}"
    open_database()


def watch_alone(*, is_alone: bool) -> None:
    """Keep the server's own housekeeping out of the log while it is measured, and read the log."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        cursor.execute(f"ALTER SYSTEM SET autovacuum = {'off' if is_alone else 'on'}")
        cursor.execute("SELECT pg_reload_conf()")
