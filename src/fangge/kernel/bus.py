"""Publish and subscribe inside one transaction: a failed reaction undoes the act."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")
_subscribers: defaultdict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[Event], reaction: Callable[[Event], None]) -> None:
    """Call `reaction` for each event of this kind, in the publisher's transaction."""
    if reaction not in _subscribers[kind]:
        _subscribers[kind].append(reaction)


def publish(event: object) -> None:
    for reaction in _subscribers[type(event)]:
        reaction(event)
