"""What the home page shows of the reader's area."""

from dataclasses import dataclass

from fangge.fusion.queries.intake import Intake, read_intake
from fangge.kernel.actor import Actor
from fangge.registers.queries.figures import counts_visible_to


@dataclass(frozen=True, slots=True)
class Home:
    """What came in, what was rejected, what is on the map."""

    counts: dict[str, int]
    intake: Intake | None


def read_home(*, actor: Actor) -> Home:
    actor.require("home.see")
    return Home(counts=counts_visible_to(actor), intake=read_intake(actor=actor))
