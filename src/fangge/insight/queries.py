"""What the home page shows of the reader's area."""

from dataclasses import dataclass

from fangge.fieldwork.queries import count_tasks
from fangge.fusion.queries.intake import Intake, read_intake
from fangge.fusion.queries.quality import count_open_findings
from fangge.fusion.queries.requests import count_waiting
from fangge.kernel.actor import Actor
from fangge.registers.queries.figures import counts_visible_to
from fangge.registers.queries.returns import Saved, count_saved


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the reader: changes to approve, findings to close, places to look at."""

    n_requests: int
    n_findings: int
    n_to_look: int
    n_answered: int


@dataclass(frozen=True, slots=True)
class Home:
    """What came in, what was rejected, what is on the map."""

    counts: dict[str, int | None]
    intake: Intake | None
    waiting: Waiting
    saved: Saved | None


def read_home(*, actor: Actor) -> Home:
    actor.require("home.see")
    errands = count_tasks(actor)
    return Home(
        counts=counts_visible_to(actor),
        intake=read_intake(actor=actor),
        waiting=Waiting(
            n_requests=count_waiting(actor),
            n_findings=count_open_findings(actor) or 0,
            n_to_look=errands["open"],
            n_answered=errands["answered"],
        ),
        saved=count_saved() if actor.may("returns.see") else None,
    )
