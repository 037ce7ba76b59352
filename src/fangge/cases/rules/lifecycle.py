"""The states of a case and the moves between them: a table, checked before it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fangge.cases.rules.deadlines import Allowance, Unit


class Part(StrEnum):
    """What somebody is to a case; who may make a move is said in these."""

    REPORTER = "reporter"
    CENTRE = "centre"
    DESK = "desk"
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
class Lifecycle:
    """One version of the table."""

    first: str
    ended: frozenset[str]
    paused: frozenset[str]
    moves: tuple[Move, ...]
    clocks: tuple[Clock, ...]

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


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a table cannot hold, and where."""

    code: str
    at: str


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
    )


def check_lifecycle(lifecycle: Lifecycle) -> list[Fault]:
    """Give every reason why a case could get lost in this table; none where it can hold."""
    states = set(lifecycle.states)
    reached = _reach([lifecycle.first], [(m.start, m.end) for m in lifecycle.moves])
    ending = _reach(lifecycle.ended & states, [(m.end, m.start) for m in lifecycle.moves])
    faults = [Fault("unreachable", state) for state in sorted(states - reached)]
    faults += [Fault("dead_end", state) for state in sorted(reached - ending)]
    if not lifecycle.ended & states:
        faults.append(Fault("no_end", lifecycle.first))
    return faults + _check_moves(lifecycle) + _check_clocks(lifecycle)


def _check_moves(lifecycle: Lifecycle) -> list[Fault]:
    pairs = [(move.start, move.verb) for move in lifecycle.moves]
    twice = {pair for pair in pairs if pairs.count(pair) > 1}
    faults = [Fault("two_ways", f"{start} {verb}") for start, verb in sorted(twice)]
    return faults + [
        Fault("nobody", f"{move.start} {move.verb}") for move in lifecycle.moves if not move.who
    ]


def _check_clocks(lifecycle: Lifecycle) -> list[Fault]:
    """Every state that waits for somebody has one clock, and whoever owns it can move on."""
    faults: list[Fault] = []
    timed = [clock.state for clock in lifecycle.clocks]
    still = lifecycle.ended | lifecycle.paused
    for state in lifecycle.states:
        if timed.count(state) > 1:
            faults.append(Fault("two_clocks", state))
        if state not in still and state not in timed:
            faults.append(Fault("no_clock", state))
    for clock in lifecycle.clocks:
        if clock.state not in lifecycle.states or clock.state in still:
            faults.append(Fault("clock_nowhere", clock.state))
        elif not any(
            clock.owner in move.who and move.end != move.start
            for move in lifecycle.moves_from(clock.state)
        ):
            faults.append(Fault("clock_without_owner", clock.state))
    return faults


def _reach(begin: Iterable[str], ways: list[tuple[str, str]]) -> set[str]:
    reached = set(begin)
    fresh = set(reached)
    while fresh:
        fresh = {end for start, end in ways if start in fresh} - reached
        reached |= fresh
    return reached
