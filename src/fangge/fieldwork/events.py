"""Facts that fieldwork announces."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FieldTaskAnswered:
    """Somebody looked and said what is there; whoever asked has not accepted it yet."""

    task_id: int
    kind: str
    subject_id: int | None
    answer: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class FieldTaskAccepted:
    """Whoever may decide took the answer as it is."""

    task_id: int
    kind: str
    subject_id: int | None
    answer: str
    note: str
    answered_by: str
    accepted_by: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class FieldTaskTakenBack:
    """Nobody need look any longer, or the answer was of no use."""

    task_id: int
    kind: str
    subject_id: int | None
    taken_back_at: datetime
