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


@dataclass(frozen=True, slots=True)
class AddressesCorrected:
    """A person decided what texts mean, or took that back; the next link run follows it."""

    decision_id: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class AddressesChanged:
    """An act changed addresses or took a change back; the next link run follows it."""

    act_id: int
    changed_at: datetime
