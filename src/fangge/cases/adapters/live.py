"""Hear of steps as they happen: one listener in each process, however many screens look on."""

import threading
import time
from collections import deque
from typing import Any

import psycopg
from django.db import connection

CHANNEL = "fangge_cases"
KEPT = 2000
LISTENS_FOR, WAITS_AFTER_FAULT = 5.0, 2.0
NOT_PSYCOPGS = ("cursor_factory", "context", "prepare_threshold")


class Listener:
    """Keeps the numbers of the last steps in the order in which they were finished.

    `wait` gives those after a place; a place that is no longer kept, or a time in which the
    connection was lost, gives None: the asker has to look into the database.
    """

    def __init__(self) -> None:
        self._heard = threading.Condition()
        self._steps: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self._place = 0
        self._lost_at = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, unless this process does already."""
        with self._heard:
            if self._thread is not None and self._thread.is_alive():
                return
            parameters = connection.get_connection_params()
            for name in NOT_PSYCOPGS:
                parameters.pop(name, None)
            self._thread = threading.Thread(
                target=self._listen, args=(parameters,), name="cases-live", daemon=True
            )
            self._thread.start()

    def place(self, after: int | None = None) -> int | None:
        """Give the place where listening goes on: now, or behind a step that is still kept."""
        with self._heard:
            if after is None:
                return self._place
            return next((place for place, step in self._steps if step == after), None)

    def wait(self, place: int, seconds: float) -> tuple[int, list[int] | None]:
        """Wait for steps behind a place; give the new place, and their numbers or None."""
        with self._heard:
            self._heard.wait_for(lambda: self._place > place, seconds)
            is_whole = place >= self._lost_at and (
                not self._steps or self._steps[0][0] <= place + 1
            )
            if not is_whole:
                return self._place, None
            return self._place, [step for at, step in self._steps if at > place]

    def _listen(self, parameters: dict[str, Any]) -> None:
        while True:
            try:
                with psycopg.connect(**parameters, autocommit=True) as held:
                    held.execute(f"LISTEN {CHANNEL}")
                    self._note_gap()
                    while True:
                        for note in held.notifies(timeout=LISTENS_FOR):
                            self._hear(int(note.payload))
            except psycopg.Error:
                time.sleep(WAITS_AFTER_FAULT)

    def _hear(self, step: int) -> None:
        with self._heard:
            self._place += 1
            self._steps.append((self._place, step))
            self._heard.notify_all()

    def _note_gap(self) -> None:
        """Let everybody look: what happened while nobody listened is not known."""
        with self._heard:
            self._place += 1
            self._lost_at = self._place
            self._steps.clear()
            self._heard.notify_all()


LISTENER = Listener()
"""The one of this process."""


def tell_step(step_id: int) -> None:
    """Tell every process of a finished step: its number, and nothing else of it.

    Called behind the transaction of the step. Within it, PostgreSQL lets only one such transaction
    end at a time in the whole server, and each waits for the disk.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(step_id)])
