"""What commands that need the database or the data folder share."""

import os
from pathlib import Path

import click


def data_folder() -> Path:
    """Give the data folder, made with mode 0700 where there is none."""
    folder = Path(os.environ.get("FANGGE_DATA", ".fangge")).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


_joined: list[str] = []


def open_database() -> None:
    """Start or join the database, set Django up and bring the tables to this version."""
    from fangge.config.embedded import DatabaseUnavailable, ensure_database

    if "DATABASE_URL" not in os.environ:
        _joined.append("embedded")

    try:
        ensure_database(data_folder())
    except DatabaseUnavailable as error:
        raise click.ClickException(str(error)) from error
    setup_django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def setup_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangge.config.settings")
    import django

    django.setup()


def forget_address() -> None:
    """Let a program that takes this one's place join the embedded server itself."""
    if _joined:
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("FANGGE_SITE_DATABASE_URL", None)


def become_site() -> bool:
    """Let this process, and those it forks, reach the database as the site's role alone.

    Tells whether there is such a role.
    """
    url = os.environ.get("FANGGE_SITE_DATABASE_URL")
    if not url:
        return False
    from django.db import connections

    from fangge.config.settings import read_database

    os.environ["DATABASE_URL"] = url
    connections["default"].close()
    connections.settings["default"].update(read_database(url))
    del connections["default"]
    return True
