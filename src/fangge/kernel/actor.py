"""Who acts: with which verbs, over which area."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from fangge.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the system that acts.

    `grid_ids` is None for an actor whose scope is the whole district.
    """

    reference: str
    name: str
    roles: tuple[str, ...]
    verbs: frozenset[str]
    grid_ids: frozenset[int] | None = None
    area_name: str = ""
    # Until when a wider area is theirs in an emergency.
    emergency_until: datetime | None = None

    def may(self, verb: str, *, grid_id: int | None = None) -> bool:
        return verb in self.verbs and (grid_id is None or self.covers(grid_id))

    def covers(self, grid_id: int | None) -> bool:
        return self.grid_ids is None or grid_id in self.grid_ids

    def require(self, verb: str, *, grid_id: int | None = None) -> None:
        """Raise `Refused` unless the actor may do this, here."""
        if not self.may(verb, grid_id=grid_id):
            raise Refused(f"{self.reference} may not do {verb}")


def system_actor(part: str, *, verbs: Collection[str]) -> Actor:
    """Act as a part of the system, such as the link run, over the whole district."""
    return Actor(reference=f"system:{part}", name=part, roles=("system",), verbs=frozenset(verbs))
