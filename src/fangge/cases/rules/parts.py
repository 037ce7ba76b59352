"""What an actor is to a case, and what they may do to it now: each move with the reason why not."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from fangge.cases.rules.lifecycle import Lifecycle, Move, Need, Part


class Bar(StrEnum):
    """Why a move cannot be made by this actor now."""

    NOT_YOURS = "not_yours"
    OWN_WORK = "own_work"
    NOT_ASKED = "not_asked"
    ASKED_ALREADY = "asked_already"
    NOT_ANSWERED = "not_answered"


@dataclass(frozen=True, slots=True)
class Choice:
    """A move from the state that a case is in, and what stands against it; "" when nothing does."""

    move: Move
    part: Part | None
    bar: str = ""

    @property
    def needs_photo(self) -> bool:
        return Need.PHOTO in self.move.needs


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an actor before a case."""

    parts: frozenset[Part]
    # Whether they did the work that a witness would look at.
    has_handled: bool = False
    # The verbs by which something was asked for that is not answered yet.
    asked: frozenset[str] = frozenset()


def choose_moves(lifecycle: Lifecycle, state: str, standing: Standing) -> list[Choice]:
    """Give every move out of a state: what the actor may do, and of the rest why not."""
    return [_choose(lifecycle, move, standing) for move in lifecycle.moves_from(state)]


def _choose(lifecycle: Lifecycle, move: Move, standing: Standing) -> Choice:
    held = [part for part in Part if part in move.who and part in standing.parts]
    if held == [Part.WITNESS] and standing.has_handled:
        return Choice(move, None, Bar.OWN_WORK)
    usable = [part for part in held if part is not Part.WITNESS or not standing.has_handled]
    if not usable:
        return Choice(move, None, Bar.NOT_YOURS)
    return Choice(move, usable[0], _asks_bar(lifecycle, move, standing))


def _asks_bar(lifecycle: Lifecycle, move: Move, standing: Standing) -> str:
    """Say what stands against a move because of what is asked for and not answered, or is not."""
    ask = lifecycle.ask_of(move.verb)
    # Several desks may be asked to help at once; of the rest one question waits at a time.
    if ask is not None and ask.owner is not Part.HELPER and move.verb in standing.asked:
        return Bar.ASKED_ALREADY
    answered = {one.verb for one in lifecycle.asks_answered_by(move.verb)}
    if Need.ASKED in move.needs and not answered & standing.asked:
        return Bar.NOT_ASKED
    helping = {one.verb for one in lifecycle.asks if one.owner is Part.HELPER}
    if Need.ANSWERS in move.needs and helping & standing.asked:
        return Bar.NOT_ANSWERED
    return ""


def has_handled(actor: str, steps: Collection[tuple[str, str]]) -> bool:
    """Tell whether an actor did a desk's part of a case, or helped; steps are (actor, part)."""
    return any(who == actor and part in {Part.DESK, Part.HELPER} for who, part in steps)
