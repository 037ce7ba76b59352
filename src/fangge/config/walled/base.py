"""PostgreSQL for Django, with every connection told what the request under way may reach."""

from typing import Any, Final

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus
from typing_extensions import override

from fangge.kernel import clock
from fangge.kernel.wall import NOTHING, Reach, current_reach, write_pass

TELL = "SELECT set_config('fangge.pass', %s, false)"
TELL_AS = "SELECT set_config('role', %s, false), set_config('fangge.pass', %s, false)"


class _Unknown:
    """What a rollback leaves: the database may have gone back to what it was told before."""


UNKNOWN: Final = _Unknown()


class DatabaseWrapper(base.DatabaseWrapper):
    """Tells the database the reach before the first cursor that needs it, and whenever it changes.

    Outside of a request it is told nothing, so what one request reached never serves the next.
    """

    _told: Reach | _Unknown | None = None

    @override
    def init_connection_state(self) -> None:
        super().init_connection_state()
        self._told = None

    @override
    def create_cursor(self, name: str | None = None) -> Any:
        reach = current_reach()
        if reach is not self._told and not self._is_broken():
            self._tell(reach)
        return super().create_cursor(name)

    def _is_broken(self) -> bool:
        # Nothing can be said in a transaction that failed; its end makes the reach unknown.
        return (
            self.needs_rollback
            or self.connection.info.transaction_status == TransactionStatus.INERROR
        )

    def _tell(self, reach: Reach | None) -> None:
        now_told = write_pass(
            reach or NOTHING,
            key=bytes.fromhex(settings.WALL_KEY),
            backend=self.connection.info.backend_pid,
            now=clock.now(),
        )
        self._told = UNKNOWN
        if settings.WALL_ROLE:
            role = "none" if reach is None else settings.WALL_ROLE
            self.connection.execute(TELL_AS, (role, now_told))
        else:
            self.connection.execute(TELL, (now_told,))
        self._told = reach

    @override
    def rollback(self) -> None:
        self._told = UNKNOWN
        super().rollback()

    @override
    def savepoint_rollback(self, sid: str) -> None:
        super().savepoint_rollback(sid)
        self._told = UNKNOWN
