"""Whether what was typed about a case is well-formed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from fangge.kernel.errors import Invalid

DAY_ENDS = time(17)
DIGITS = 9


class FormUnfit(Invalid):
    """A field cannot be read; `field` names it."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


@dataclass(frozen=True, slots=True)
class MoveForm:
    """A move as it was typed."""

    verb: str
    note: str
    until: datetime | None
    desk: str
    category: str
    severity: int
    into: str
    seen: int | None


def read_move(typed: Mapping[str, str]) -> MoveForm:
    """Read a move from the fields of its form. Raises `FormUnfit`."""
    return MoveForm(
        verb=typed.get("verb", ""),
        note=typed.get("note", ""),
        until=_read_day(typed.get("until", "")),
        desk=typed.get("desk", ""),
        category=typed.get("category", ""),
        severity=_read_number(typed.get("severity", "")) or 0,
        into=typed.get("into", "").strip(),
        seen=_read_number(typed.get("seen", "")),
    )


def _read_day(text: str) -> datetime | None:
    """Read a day as the instant that work ends on it."""
    if not text.strip():
        return None
    try:
        day = datetime.fromisoformat(text.strip()).date()
    except ValueError as error:
        raise FormUnfit("until", _("Choose a day that the calendar has.")) from error
    return datetime.combine(day, DAY_ENDS, timezone.get_current_timezone())


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def read_token(text: str) -> UUID:
    """Read the mark that makes a form count once; one that cannot be read is new."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
