"""Starts the tests' own database before Django's settings are read; see `addopts`."""

import os
from pathlib import Path

from fangge.config.embedded import ensure_database

HERE = Path(__file__).resolve().parent.parent
OURS = "FANGGE_TEST_SERVER_IS_OURS"
worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and os.environ.pop(OURS, ""):
    # Each worker has a server and a data folder of its own, not those of who started it.
    del os.environ["DATABASE_URL"]
    os.environ["FANGGE_DATA"] += f"-{worker}"
elif "DATABASE_URL" not in os.environ:
    os.environ[OURS] = "1"
os.environ.setdefault("FANGGE_DATA", str(HERE / ".fangge" / "test"))
# Tests of the second factor turn it on; all others sign in with a password alone.
os.environ.setdefault("FANGGE_SECOND_FACTOR_ROLES", "none")
# Playwright keeps an event loop in the main thread; the tests ask the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Whatever a test asks over HTTP is asked as the site's role: behind the second wall.
os.environ["FANGGE_WALL_ROLE"] = "fangge_site"
# Nothing here outlives the run, so nothing need reach the disk.
ensure_database(
    Path(os.environ["FANGGE_DATA"]),
    settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
)
