"""The states of a case and the moves between them: a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fangge.cases.rules.deadlines import Allowance, Unit


class Part(StrEnum):
    """What somebody is to a case; who may make a move is said in these."""

    REPORTER = "reporter"
    CENTRE = "centre"
    DESK = "desk"
    # Who sits at another desk that was asked to help.
    HELPER = "helper"
    # Somebody with the right to look at the result, who did not handle the case.
    WITNESS = "witness"


class Need(StrEnum):
    """What a move is not made without."""

    NOTE = "note"
    DESK = "desk"
    KIND = "kind"
    CASE = "case"
    UNTIL = "until"
    PHOTO = "photo"
    # Another desk, which is asked to help while the case stays where it is.
    HELPER = "helper"
    # That it was asked for, and that every desk that helps has answered.
    ASKED = "asked"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Move:
    """From a state, by a verb, to a state; by whom, and with what."""

    start: str
    verb: str
    end: str
    who: frozenset[Part]
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True, slots=True)
class Clock:
    """What is due in a state: how long it may take and whose work it is.

    The allowance holds where the category gives none of its own under `name`.
    """

    state: str
    name: str
    allowance: Allowance
    owner: Part


@dataclass(frozen=True, slots=True)
class Ask:
    """A verb that asks for something, those that answer it, by when, and whose turn it is."""

    verb: str
    answers: tuple[str, ...]
    allowance: Allowance
    owner: Part


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder after something was due: how long after, and who is told."""

    name: str
    after: Allowance
    tell: str


PLAIN_LADDER = (Rung("escalate", Allowance(24, Unit.HOURS), "leader"),)
"""What a table of before ladders means."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """One version of the table."""

    first: str
    ended: frozenset[str]
    paused: frozenset[str]
    moves: tuple[Move, ...]
    clocks: tuple[Clock, ...]
    asks: tuple[Ask, ...] = ()
    ladder: tuple[Rung, ...] = PLAIN_LADDER

    @property
    def states(self) -> tuple[str, ...]:
        """Every state that the table names, the first one first."""
        named = [self.first]
        for move in self.moves:
            named += [move.start, move.end]
        return tuple(dict.fromkeys(named))

    def moves_from(self, state: str) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.start == state)

    def find_move(self, state: str, verb: str) -> Move | None:
        return next((move for move in self.moves_from(state) if move.verb == verb), None)

    def clock_of(self, state: str) -> Clock | None:
        return next((clock for clock in self.clocks if clock.state == state), None)

    def ask_of(self, verb: str) -> Ask | None:
        return next((ask for ask in self.asks if ask.verb == verb), None)

    def asks_answered_by(self, verb: str) -> tuple[Ask, ...]:
        return tuple(ask for ask in self.asks if verb in ask.answers)


def read_lifecycle(table: Mapping[str, Any]) -> Lifecycle:
    """Read a table as it is kept: plain lists and texts.

    Raises `ValueError`, `KeyError` or `TypeError` for one that is not of this form.
    """
    return Lifecycle(
        first=table["first"],
        ended=frozenset(table["ended"]),
        paused=frozenset(table["paused"]),
        moves=tuple(
            Move(
                start=start,
                verb=row["verb"],
                end=row.get("end", start),
                who=frozenset(Part(part) for part in row["who"]),
                needs=frozenset(Need(need) for need in row.get("needs", [])),
            )
            for row in table["moves"]
            for start in row["start"]
        ),
        clocks=tuple(
            Clock(
                state=row["state"],
                name=row["name"],
                allowance=Allowance(int(row["amount"]), Unit(row["unit"])),
                owner=Part(row["owner"]),
            )
            for row in table["clocks"]
        ),
        asks=tuple(
            Ask(
                verb=row["verb"],
                answers=tuple(row["answers"]),
                allowance=Allowance(int(row["amount"]), Unit(row["unit"])),
                owner=Part(row["owner"]),
            )
            for row in table.get("asks", [])
        ),
        ladder=tuple(
            Rung(row["rung"], Allowance(int(row["amount"]), Unit(row["unit"])), row["tell"])
            for row in table["ladder"]
        )
        if "ladder" in table
        else PLAIN_LADDER,
    )
