"""Facts the registers announce."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class RegistersWritten:
    """A bulk write is done: the buildings whose counts may have changed, or all."""

    building_ids: frozenset[int] | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class LifeEventWritten:
    """Somebody arrived, moved, died, opened: the registers say so now."""

    event: str
    subject: str
    entry_id: int
    effective_on: date
    written_at: datetime


@dataclass(frozen=True, slots=True)
class LifeEventTakenBack:
    """A life event did not happen after all: the registers stand as before it."""

    event: str
    subject: str
    entry_id: int
    taken_back_at: datetime
