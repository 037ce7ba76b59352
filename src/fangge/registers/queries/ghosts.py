"""Addresses as they once stood, for the index: whoever writes the old place finds today's.

A ghost has the code of today's address with the act behind a tilde, its former name, and the former
place of all below it. The engine reads it like any other, however the text is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from fangge.registers.models.act import ActKind, AddressAct
from fangge.registers.models.address import Address
from fangge.registers.rules.acts import NAMED

MARK = "~"
COLUMNS = ("code", "parent_code", "level", "name", "full_name")
LEAVING = (ActKind.RENUMBER, ActKind.SPLIT, ActKind.MERGE, ActKind.MOVE)


@dataclass(frozen=True, slots=True)
class Ghost:
    """Where an address once stood."""

    code: str
    parent_code: str
    level: str
    name: str
    full_name: str


def read_ghosts() -> pl.DataFrame:
    """Give the ghosts that the acts left; where somebody stands now, none."""
    acts = AddressAct.objects.filter(
        kind__in=LEAVING, is_current=True, applied_at__isnull=False
    ).select_related("address__parent")
    ghosts: dict[str, Ghost] = {}
    for act in acts.order_by("effective_on", "id"):
        ghosts |= {ghost.full_name: ghost for ghost in _leave(act)}
    taken = set(
        Address.objects.filter(full_name__in=ghosts, ends_on=None).values_list(
            "full_name", flat=True
        )
    )
    rows = [ghost for name, ghost in ghosts.items() if name not in taken]
    return pl.DataFrame(
        [[getattr(ghost, column) for column in COLUMNS] for ghost in rows],
        schema=dict.fromkeys(COLUMNS, pl.String),
        orient="row",
    )


def _leave(act: AddressAct) -> Iterator[Ghost]:
    """Walk down from the address as it stood before its act."""
    address = act.address
    # A road or estate is found by its name, and stands but once.
    if address.level in NAMED or act.details.get("below"):
        return
    name, parent_id = _before(address, act)
    parent = Address.objects.filter(pk=parent_id).first() if parent_id else None
    if parent is None:
        return
    own = act.former["changed"].get(str(address.pk), {})
    full_name = own.get("full_name", address.full_name)
    yield Ghost(_code(address, act), parent.code, address.level, name, full_name)
    moved = [int(pk) for pk, was in act.former["changed"].items()
             if was.get("parent_id") == address.pk]  # fmt: skip
    level = [
        (child, address, full_name)
        for child in [
            *address.children.filter(ends_on=None),
            *Address.objects.filter(pk__in=moved, ends_on=None),
        ]
    ]
    while level:
        deeper = []
        for child, above, carried in level:
            full_name = carried + child.name
            yield Ghost(_code(child, act), _code(above, act), child.level, child.name, full_name)
            # A floor is left out of the names below it.
            below = carried if child.level == "floor" else full_name
            deeper += [(one, child, below) for one in child.children.filter(ends_on=None)]
        level = deeper


def _before(address: Address, act: AddressAct) -> tuple[str, int | None]:
    """Give the name and parent before an act: the next act to change either kept what it was."""
    later = AddressAct.objects.filter(
        pk__gte=act.pk,
        is_current=True,
        applied_at__isnull=False,
        former__changed__has_key=str(address.pk),
    ).order_by("-id")
    name, parent_id = address.name, address.parent_id
    for one in later:
        kept = one.former["changed"][str(address.pk)]
        name, parent_id = kept.get("name", name), kept.get("parent_id", parent_id)
    return name, parent_id


def _code(address: Address, act: AddressAct) -> str:
    return f"{address.code}{MARK}{act.pk}"
