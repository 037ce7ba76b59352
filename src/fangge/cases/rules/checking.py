"""Whether a table of states can hold: every reason why a case could get lost in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from fangge.cases.rules.lifecycle import Lifecycle


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a table cannot hold, and where."""

    code: str
    at: str


def check_lifecycle(lifecycle: Lifecycle) -> list[Fault]:
    """Give every reason why a case could get lost in this table; none where it can hold."""
    states = set(lifecycle.states)
    reached = _reach([lifecycle.first], [(m.start, m.end) for m in lifecycle.moves])
    ending = _reach(lifecycle.ended & states, [(m.end, m.start) for m in lifecycle.moves])
    faults = [Fault("unreachable", state) for state in sorted(states - reached)]
    faults += [Fault("dead_end", state) for state in sorted(reached - ending)]
    if not lifecycle.ended & states:
        faults.append(Fault("no_end", lifecycle.first))
    return [
        *faults,
        *_check_moves(lifecycle),
        *_check_clocks(lifecycle),
        *_check_asks(lifecycle),
    ]


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


def _check_asks(lifecycle: Lifecycle) -> list[Fault]:
    """Wherever something can be asked for, its owner can answer it."""
    faults: list[Fault] = []
    for ask in lifecycle.asks:
        for state in lifecycle.states:
            if lifecycle.find_move(state, ask.verb) is None:
                continue
            moves = lifecycle.moves_from(state)
            if not any(move.verb in ask.answers and ask.owner in move.who for move in moves):
                faults.append(Fault("ask_without_owner", f"{state} {ask.verb}"))
    return faults


def _reach(begin: Iterable[str], ways: list[tuple[str, str]]) -> set[str]:
    reached = set(begin)
    fresh = set(reached)
    while fresh:
        fresh = {end for start, end in ways if start in fresh} - reached
        reached |= fresh
    return reached
