"""Look on while others act: a stream of steps that the onlooker may hear of."""

import json
import threading
import time
from collections.abc import Iterator

from django.db import connection
from typing_extensions import override

from fangge.cases.adapters.live import LISTENER
from fangge.cases.queries.live import last_step, steps_told
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import FanggeError
from fangge.kernel.wall import reach_of, reaching

STREAMS = 16
"""How many look on at once in a process; each holds a thread of the server."""
HEARTBEAT = 15.0
# Who looks on asks again after this: whoever lost a right meanwhile is not let in again.
LASTS = 300.0
GATHERS = 0.3
_seats = threading.BoundedSemaphore(STREAMS)


class TooManyLookOn(FanggeError):
    """Every place to look on is taken: ask again in a minute."""


class Stream(Iterator[bytes]):
    """Server-sent events: each with the number of its step, so that a broken stream goes on."""

    def __init__(self, actor: Actor, after: int | None) -> None:
        if not _seats.acquire(blocking=False):
            raise TooManyLookOn("Every place to look on is taken.")
        self._is_open = True
        self._lock = threading.Lock()
        self._actor = actor
        self._ends_at = time.monotonic() + LASTS
        LISTENER.start()
        here = LISTENER.place(after)
        # A step that the listener does not keep any more: look into the database once.
        self._looks = here is None
        self._place = here if here is not None else LISTENER.place() or 0
        self._after = last_step() if after is None else after
        self._is_new = True

    @override
    def __next__(self) -> bytes:
        if self._is_new:
            self._is_new = False
            return f"retry: 3000\nid: {self._after}\n\n".encode()
        if not self._is_open or time.monotonic() > self._ends_at:
            self.close()
            raise StopIteration
        steps: list[int] | None = None
        if not self._looks:
            self._place, steps = LISTENER.wait(self._place, HEARTBEAT)
            if steps:
                time.sleep(GATHERS)  # what comes together is told together
                self._place, more = LISTENER.wait(self._place, 0)
                steps = None if more is None else [*steps, *more]
        self._looks = False
        told = self._tell(steps) if steps is None or steps else b""
        return told or b": here\n\n"

    def _tell(self, steps: list[int] | None) -> bytes:
        try:
            with reaching(reach_of(self._actor)):
                told = steps_told(
                    actor=self._actor, steps=steps, after=self._after, now=clock.now()
                )
        finally:
            if not connection.in_atomic_block:
                connection.close()  # who only looks on holds no connection
        # All that was heard was looked at, seen or not: a broken stream goes on behind it.
        self._after = max([self._after, *(steps or []), *(one.step for one in told)])
        lines = [
            f"id: {one.step}\nevent: step\ndata: "
            + json.dumps({"number": one.number, "place": one.place, "state": one.state})
            for one in told
        ]
        return ("\n\n".join(lines) + "\n\n").encode() if lines else b""

    def close(self) -> None:
        """Give the place to somebody else; once, whoever says so."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                _seats.release()

    def __del__(self) -> None:
        if getattr(self, "_is_open", False):
            self.close()
