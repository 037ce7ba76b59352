"""Count the calls of those who have no account, and stop those who call too often."""

from datetime import datetime, timedelta

from django.db import connection

from fangge.access.models import CallWindow
from fangge.kernel.errors import FanggeError
from fangge.kernel.fields import open_vault

CALLER_COLUMN = "access_callwindow.caller"
KEPT = timedelta(hours=2)
"""How long a count is kept: nobody's network is remembered longer."""
COUNT = """
    INSERT INTO access_callwindow (caller_hash, starts_at, n_calls) VALUES (%s, %s, %s)
    ON CONFLICT (caller_hash, starts_at)
    DO UPDATE SET n_calls = access_callwindow.n_calls + EXCLUDED.n_calls RETURNING n_calls
"""


class CalledTooOften(FanggeError):
    """Too many calls in this spell; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many calls: wait {seconds} seconds.")
        self.seconds = seconds


def count_call(*, caller: str, most: int, spell: timedelta, now: datetime) -> int:
    """Count a call of this caller; give how many are left. Raises `CalledTooOften`."""
    n_calls = _add(caller, spell, now, 1)
    if n_calls > most:
        raise CalledTooOften(_seconds_left(spell, now))
    return most - n_calls


def refuse_if_spent(*, caller: str, most: int, spell: timedelta, now: datetime) -> None:
    """Stop a caller whose count is spent, without counting. Raises `CalledTooOften`."""
    if _add(caller, spell, now, 0) >= most:
        raise CalledTooOften(_seconds_left(spell, now))


def _add(caller: str, spell: timedelta, now: datetime, n_more: int) -> int:
    hashed = open_vault().hash_text(caller, column=CALLER_COLUMN)
    starts_at = datetime.fromtimestamp(
        now.timestamp() // spell.total_seconds() * spell.total_seconds(), tz=now.tzinfo
    )
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [hashed, starts_at, n_more])
        n_calls: int = cursor.fetchone()[0]
    if n_more and n_calls == n_more:
        CallWindow.objects.filter(starts_at__lt=now - KEPT).delete()
    return n_calls


def _seconds_left(spell: timedelta, now: datetime) -> int:
    whole = spell.total_seconds()
    return int(whole - now.timestamp() % whole) + 1
