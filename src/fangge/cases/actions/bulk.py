"""Do one thing to many cases: each by its own rules, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fangge.cases.actions.transition import (
    CaseMovedMeanwhile,
    Doing,
    MoveIncomplete,
    MoveNotAllowed,
    move_case,
)
from fangge.cases.queries.routing import route_case
from fangge.cases.queries.visible import CaseUnknown, get_case
from fangge.kernel.actor import Actor

MOST_AT_ONCE = 100
# What is the same for many; what each case is asked by itself is done on its own page.
VERBS = {
    "cases.sort": (
        "accept",
        "dispatch",
        "supervise",
        "pause",
        "resume",
        "refuse_extension",
        "refuse_pause",
        "close",
        "reject",
        "remark",
    ),
    "cases.work": ("start", "report_result", "ask_pause", "resume", "remark"),
    "cases.verify": ("verify", "refuse_result"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case; `bar` says in a word why it was not moved."""

    number: str
    state: str = ""
    bar: str = ""


def bulk_verbs(actor: Actor) -> list[str]:
    """Give what this actor may do to many cases at once, as far as each case lets them."""
    verbs = [verb for right, verbs in VERBS.items() if actor.may(right) for verb in verbs]
    return list(dict.fromkeys(verbs))


def move_cases(
    *, actor: Actor, picked: Mapping[str, int], doing: Doing, now: datetime
) -> list[Outcome]:
    """Move the picked cases, each with how many steps of it were seen, and say how each went.

    A case is accepted as the category that it was reported as, and sent to the desk that the
    routing table proposes where none is named.
    """
    actor.require("cases.see")
    if doing.verb not in bulk_verbs(actor):
        return [Outcome(number, bar="not_yours") for number in picked]
    return [
        _move(actor, number, seen, doing, now)
        for number, seen in list(picked.items())[:MOST_AT_ONCE]
    ]


def _move(actor: Actor, number: str, seen: int, doing: Doing, now: datetime) -> Outcome:
    try:
        case = get_case(actor=actor, number=number, now=now)
        own = replace(doing, category=case.category)
        if doing.verb == "dispatch" and not doing.desk:
            own = replace(own, desk=route_case(case).desk)
        moved = move_case(actor=actor, number=number, doing=own, seen=seen, now=now)
    except CaseUnknown:
        return Outcome(number, bar="unknown")
    except CaseMovedMeanwhile:
        return Outcome(number, bar="meanwhile")
    except MoveIncomplete as error:
        return Outcome(number, bar=f"lacks_{error.field}")
    except MoveNotAllowed as error:
        return Outcome(number, bar=error.bar or "not_yours")
    return Outcome(number, state=moved.state)
