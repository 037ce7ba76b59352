"""Steps that an actor may hear of: which case, how many steps it has, its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from fangge.cases.models.case import CaseStep
from fangge.cases.queries.visible import cases_visible_to
from fangge.kernel.actor import Actor

MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A step, as somebody who looks on is told of it: no words and no persons."""

    step: int
    number: str
    place: int
    state: str


def last_step() -> int:
    """Give the number of the newest step."""
    return CaseStep.objects.aggregate(last=Max("pk"))["last"] or 0


def steps_told(
    *, actor: Actor, steps: Sequence[int] | None, after: int, now: datetime
) -> list[Told]:
    """Give these steps, or all after one, as far as the actor sees their cases."""
    found = CaseStep.objects.filter(case__in=cases_visible_to(actor, now=now).values("pk"))
    found = found.filter(pk__gt=after) if steps is None else found.filter(pk__in=steps)
    rows = found.order_by("pk").values_list("pk", "case__number", "place", "end")[:MOST_TOLD]
    return [Told(*row) for row in rows]
