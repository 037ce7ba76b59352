"""The only reader of the system clock."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
