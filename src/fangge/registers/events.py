"""Facts the registers announce."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RegistersWritten:
    """A bulk write is done: the buildings whose counts may have changed, or all."""

    building_ids: frozenset[int] | None
    written_at: datetime
