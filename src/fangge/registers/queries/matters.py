"""What a look may be tied to: matters about a resident, told by the apps that keep them."""

from collections.abc import Callable
from dataclasses import dataclass

from fangge.kernel.actor import Actor
from fangge.registers.rules.purposes import PURPOSES, Purpose, kinds_for

MOST_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter by its kind and number, such as `request:12`, and what the screen calls it."""

    kind: str
    number: int
    label: str

    @property
    def reference(self) -> str:
        return f"{self.kind}:{self.number}"


@dataclass(frozen=True, slots=True)
class MatterKind:
    """How an app tells of its matters: which to offer about a resident, and whether one is.

    Both begin from what the actor may see: a matter beyond it does not exist.
    """

    offer: Callable[[Actor, int], list[Matter]]
    is_about: Callable[[Actor, int, int], bool]  # actor, number, resident


_kinds: dict[str, MatterKind] = {}


def name_matters_by(kind: str, told: MatterKind) -> None:
    """Let looks be tied to matters of this kind; the app that keeps them says so as it starts."""
    _kinds[kind] = told


def matters_about(*, actor: Actor, resident_id: int, purpose: str = "") -> list[Matter]:
    """Give the open matters about a resident that this actor sees, for one purpose or for any."""
    wanted = kinds_for(purpose) if purpose else frozenset(_kinds)
    return [
        matter
        for kind, told in _kinds.items()
        if kind in wanted
        for matter in told.offer(actor, resident_id)[:MOST_OFFERED]
    ]


def is_about(*, actor: Actor, reference: str, resident_id: int) -> bool:
    """Tell whether this matter is there for the actor, and is about this resident."""
    kind, _, number = reference.partition(":")
    return (
        kind in _kinds
        and number.isdecimal()
        and len(number) < 18  # noqa: PLR2004 - digits of a bigint
        and _kinds[kind].is_about(actor, int(number), resident_id)
    )


def matter_for(purpose: str, reference: str) -> str:
    """Give this matter where the purpose may be tied to it, else none."""
    return reference if reference.partition(":")[0] in kinds_for(purpose) else ""


def purposes_told() -> dict[str, Purpose]:
    """Give the table of purposes."""
    return dict(PURPOSES)
