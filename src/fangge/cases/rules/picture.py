"""Where the states and moves of a table stand in a picture of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from fangge.cases.rules.lifecycle import Lifecycle

BOX_WIDTH, BOX_HEIGHT = 108, 40
COLUMN, ROW, EDGE = 164, 104, 20
WORDS_APART, LINE = 68, 16
"""How far words at one height keep from each other, and the height of a line of them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A state: where its box is, and what kind of state it is."""

    state: str
    x: int
    y: int
    kind: str
    n_loops: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + BOX_WIDTH // 2, self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """Every move from one state to another: its line, and where its words stand."""

    line: str
    verbs: tuple[str, ...]
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Picture:
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def draw_lifecycle(lifecycle: Lifecycle) -> Picture:
    """Lay states out in columns by how many moves lead there, the first one on the left."""
    depth = _depths(lifecycle)
    boxes: dict[str, Box] = {}
    n_rows = 0
    ordered = sorted(depth, key=lambda state: (depth[state], _rank(lifecycle, state)))
    for column, states in groupby(ordered, key=lambda state: depth[state]):
        for row, state in enumerate(states):
            loops = [move for move in lifecycle.moves_from(state) if move.end == state]
            y = EDGE + row * ROW + (column % 2) * (ROW // 4)
            x = EDGE + column * COLUMN
            boxes[state] = Box(state, x, y, _kind(lifecycle, state), len(loops))
            n_rows = max(n_rows, row + 1)
    width = 2 * EDGE + max(depth.values()) * COLUMN + BOX_WIDTH
    arrows = _draw_arrows(lifecycle, boxes)
    lowest = max([arrow.y for arrow in arrows], default=0)
    height = max(2 * EDGE + n_rows * ROW, lowest + 2 * EDGE)
    return Picture(tuple(boxes.values()), arrows, width, height)


def _depths(lifecycle: Lifecycle) -> dict[str, int]:
    """Count the moves that lead to each state; what nothing leads to stands in the last column."""
    depth = {lifecycle.first: 0}
    fresh = [lifecycle.first]
    while fresh:
        later = []
        for state in fresh:
            for move in lifecycle.moves_from(state):
                if move.end not in depth:
                    depth[move.end] = depth[state] + 1
                    later.append(move.end)
        fresh = later
    last = max(depth.values()) + 1
    return depth | {state: last for state in lifecycle.states if state not in depth}


def _rank(lifecycle: Lifecycle, state: str) -> tuple[bool, bool, str]:
    return state in lifecycle.ended, state in lifecycle.paused, state


def _kind(lifecycle: Lifecycle, state: str) -> str:
    if state == lifecycle.first:
        return "first"
    if state in lifecycle.ended:
        return "ended"
    return "paused" if state in lifecycle.paused else "open"


def _draw_arrows(lifecycle: Lifecycle, boxes: dict[str, Box]) -> tuple[Arrow, ...]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for move in lifecycle.moves:
        if move.end != move.start:
            verbs.setdefault((move.start, move.end), []).append(move.verb)
    return _part(
        _draw_arrow(boxes[start], boxes[end], tuple(named)) for (start, end), named in verbs.items()
    )


def _part(arrows: Iterable[Arrow]) -> tuple[Arrow, ...]:
    """Move words down that would stand on others."""
    parted: list[Arrow] = []
    for arrow in sorted(arrows, key=lambda one: (one.y, one.x)):
        near = sorted(one.y for one in parted if abs(one.x - arrow.x) < WORDS_APART)
        y = arrow.y
        for taken in near:
            if abs(taken - y) < LINE:
                y = taken + LINE
        parted.append(replace(arrow, y=y))
    return tuple(parted)


def _draw_arrow(start: Box, end: Box, verbs: tuple[str, ...]) -> Arrow:
    """Draw onward moves from side to side, and those that lead back in a bow below."""
    if end.x > start.x:
        x, y = start.x + BOX_WIDTH, start.middle[1]
        to_x, to_y = end.x, end.middle[1]
        bend = (to_x - x) // 2
        line = f"M{x},{y} C{x + bend},{y} {to_x - bend},{to_y} {to_x},{to_y}"
        return Arrow(line, verbs, (x + to_x) // 2, (y + to_y) // 2 - 4)
    if end.x == start.x:  # in one column: round the right side
        x, y, to_y = start.x + BOX_WIDTH, start.middle[1] + 8, end.middle[1] - 8
        line = f"M{x},{y} C{x + 36},{y} {x + 36},{to_y} {x},{to_y}"
        return Arrow(line, verbs, x + 28, (y + to_y) // 2)
    x, y = start.middle[0] - 12, start.y + BOX_HEIGHT
    to_x, to_y = end.middle[0] + 12, end.y + BOX_HEIGHT
    drop = 28 + (start.x - end.x) // 12
    low = max(y, to_y) + drop
    line = f"M{x},{y} C{x},{low} {to_x},{low} {to_x},{to_y}"
    return Arrow(line, verbs, (x + to_x) // 2, (y + to_y + 6 * low) // 8 + 10)
