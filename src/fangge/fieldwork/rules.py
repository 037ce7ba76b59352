"""What may be asked of somebody who goes and looks, what they may answer, and in which order."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

DUE_AFTER = timedelta(days=7)
LONGEST_TEXT = 500
# A phone has eleven digits, an identity number eighteen places, an old one fifteen.
NUMBERS = re.compile(r"(?<!\d)(?:\d{11}|\d{15}|\d{17}[\dXx])(?!\d)")


class TaskKind(StrEnum):
    """What the errand is about."""

    ADDRESS = "address"
    FINDING = "finding"
    PAIR = "pair"


class TaskState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    TAKEN_BACK = "taken_back"


ANSWERS: Mapping[TaskKind, tuple[str, ...]] = {
    TaskKind.ADDRESS: ("there", "otherwise", "absent", "unclear"),
    TaskKind.FINDING: ("right", "wrong", "absent", "unclear"),
    TaskKind.PAIR: ("one", "several", "absent", "unclear"),
}
"""What can be found at the place, by the kind of errand; the rest is said in a note."""

MOVES: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.ANSWERED, TaskState.TAKEN_BACK}),
    TaskState.ANSWERED: frozenset({TaskState.ACCEPTED, TaskState.TAKEN_BACK}),
    TaskState.ACCEPTED: frozenset(),
    TaskState.TAKEN_BACK: frozenset(),
}
"""From each state to those that may follow."""


def may_follow(start: TaskState, end: TaskState) -> bool:
    return end in MOVES[start]


def needs_note(answer: str) -> bool:
    """Say whether an answer says too little without words."""
    return answer in {"otherwise", "wrong", "several", "unclear"}


def holds_number(text: str) -> bool:
    """Tell whether a text holds what looks like a phone or an identity number."""
    return NUMBERS.search(text) is not None


def is_overdue(due_on: date, state: TaskState, *, today: date) -> bool:
    return state is TaskState.OPEN and due_on < today
