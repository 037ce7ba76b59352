"""Whether what was typed for a key is well-formed."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from fangge.gateway.actions.keys import KeyUnfit
from fangge.kernel.web import read_number


@dataclass(frozen=True, slots=True)
class TypedKey:
    """What somebody asks of a new key."""

    name: str
    scopes: list[str]
    calls_a_minute: int
    expires_at: datetime | None


def read_key(typed: QueryDict) -> TypedKey:
    """Read the fields of a new key. Raises `KeyUnfit`."""
    return TypedKey(
        name=typed.get("name", ""),
        scopes=typed.getlist("scopes"),
        calls_a_minute=read_number(typed.get("calls", "")) or 0,
        expires_at=_read_last_day(typed.get("expires", "").strip()),
    )


def _read_last_day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text).date() + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise KeyUnfit("expires", _("Choose a day that the calendar has.")) from error
    return datetime.combine(day, time(), timezone.get_current_timezone())
