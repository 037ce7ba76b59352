"""A database of the bench's own, beside the data: never the one that somebody works in."""

import os

from fangge.command.setup import open_database


def open_own_database(name: str) -> None:
    """Start a server in a folder of this name within the data folder, whatever address is given."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["FANGGE_DATA"] = os.environ.get("FANGGE_DATA", ".fangge") + f"/{name}"
    open_database()
