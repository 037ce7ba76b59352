"""What cases announce."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CaseReported:
    """Somebody reported something; it waits to be accepted."""

    case_id: int
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class CaseMoved:
    """A case went from one state to another, or something was said while it stayed."""

    case_id: int
    verb: str
    start: str
    end: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class CaseOverdue:
    """What was due of a case was not done."""

    case_id: int
    clock_name: str
    due_at: datetime
