"""The second wall: what a request may reach in the database, told to it under a seal."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from fangge.kernel.actor import Actor

GOOD_FOR = timedelta(hours=1)
WHOLE = "*"
BLOCK_BYTES = 64  # of SHA-256, as HMAC wants it


@dataclass(frozen=True, slots=True)
class Reach:
    """What personal rows a request may see: by which verbs, over which grids, as whom.

    `verbs` is None for every verb, `grid_ids` None for every grid.
    """

    actor: str = ""
    verbs: frozenset[str] | None = frozenset()
    grid_ids: frozenset[int] | None = frozenset()
    resident_id: int | None = None


NOTHING = Reach()
EVERYTHING = Reach(verbs=None, grid_ids=None)
_reach: ContextVar[Reach | None] = ContextVar("fangge_reach", default=None)


def reach_of(actor: Actor) -> Reach:
    """Give what an actor may see: what their verbs open, in their area."""
    seen = frozenset(verb for verb in actor.verbs if verb.endswith((".see", ".oversee")))
    return Reach(actor=actor.reference, verbs=seen, grid_ids=actor.grid_ids)


def current_reach() -> Reach | None:
    """Give the reach of the request under way, or None outside of every request."""
    return _reach.get()


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """Let the database show what this reach covers and nothing else, until the block ends."""
    before = _reach.set(reach)
    try:
        yield
    finally:
        _reach.reset(before)


@contextmanager
def beyond_scope() -> Iterator[None]:
    """Let an act touch rows beyond the actor's area: a permission was checked before.

    Nothing outside of a request needs it. Also a decorator of the act.
    """
    if _reach.get() is None:
        yield
        return
    with reaching(EVERYTHING):
        yield


def write_pass(reach: Reach, *, key: bytes, backend: int, now: datetime) -> str:
    """Write what the database is told of a reach, sealed for one of its processes and an hour."""
    if reach == NOTHING:
        return ""
    until = int((now + GOOD_FOR).timestamp())
    grids = WHOLE if reach.grid_ids is None else f"{{{','.join(map(str, sorted(reach.grid_ids)))}}}"
    verbs = WHOLE if reach.verbs is None else f",{','.join(sorted(reach.verbs))},"
    own = "" if reach.resident_id is None else str(reach.resident_id)
    told = f"{backend}|{until}|{grids}|{verbs}|{own}|{reach.actor}"
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest() + told


def pads_of(key: bytes) -> tuple[bytes, bytes]:
    """Give the two pads that HMAC makes of a key, so that the database needs SHA-256 alone."""
    block = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def wall_table(table: str, sees: str) -> tuple[str, str]:
    """Give the SQL, and its undoing, that shows and takes rows of a table only where `sees` holds.

    `sees` is SQL over the row and `fangge_wall.is_whole(verb)`, `.grids(verb)`, `.actor()` and
    `.own_resident()`, each in a sub-select of its own, so that it is asked once a query.
    """
    switch = f"ALTER TABLE {table} {{}} ROW LEVEL SECURITY"
    return (
        f"{switch.format('ENABLE')}; CREATE POLICY wall ON {table} USING ({sees})",
        f"DROP POLICY wall ON {table}; {switch.format('DISABLE')}",
    )
