"""What every test stands on: a database of the tests' own, and noon."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fangge.config.embedded import ensure_database

HERE = Path(__file__).resolve().parent.parent
os.environ.setdefault("FANGGE_DATA", str(HERE / ".fangge" / "test"))
# Nothing here outlives the run, so nothing need reach the disk.
ensure_database(
    Path(os.environ["FANGGE_DATA"]),
    settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
)


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
