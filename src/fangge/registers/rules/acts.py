"""What may become of an address: which acts on which level, below what, and from when."""

from collections.abc import Mapping
from datetime import date

LONGEST_NAME = 60
FEWEST_PARTS, MOST_PARTS = 2, 20
PARENT_LEVELS: Mapping[str, tuple[str, ...]] = {
    "road": (),
    "estate": ("road", "number"),
    "number": ("road",),
    "building": ("road", "estate", "number"),
    "unit": ("building", "number"),
    "floor": ("building", "number", "unit"),
    "room": ("building", "number", "unit", "floor"),
}
"""Below which levels an address of a level may stand."""

NAMED = frozenset({"road", "estate"})
"""Levels that have a name; the others have a number."""

DIVIDED_INTO: Mapping[str, str] = {"building": "unit", "number": "unit"}
"""What a building, or a single house, may be divided into without ending."""

ENDINGS: Mapping[str, tuple[str, ...]] = {
    "number": ("号", "弄"),
    "building": ("幢", "栋", "座", "号楼", "楼"),
    "unit": ("单元", "门", "梯"),
    "floor": ("层", "楼"),
    "room": ("室", "房", "户", "号"),
}
"""How the number of each level ends in a standard address."""


def acts_for(level: str, *, has_below: bool) -> tuple[str, ...]:
    """Give the acts that an address of this level can undergo, the likeliest first."""
    own = "rename" if level in NAMED else "renumber"
    parted = () if level in NAMED else ("split",)
    divided = ("divide",) if level in DIVIDED_INTO and has_below else ()
    moved = () if level == "road" else ("move",)
    return (own, *parted, *divided, "merge", *moved, "retire")


def fault_of_name(level: str, name: str) -> str:
    """Say what keeps a text from being the name of an address; nothing if it may be."""
    if not name:
        return "empty"
    if len(name) > LONGEST_NAME or any(c.isspace() or c in ";；,，" for c in name):
        return "unfit"
    endings = ENDINGS.get(level)
    if endings and not name.endswith(endings):
        return "ending"
    return ""


def may_stand_below(level: str, parent_level: str) -> bool:
    return parent_level in PARENT_LEVELS[level]


def earliest_on(starts_on: date, acted_on: date | None) -> date:
    """Give the first day an act may take effect: acts on one address follow one another."""
    return starts_on if acted_on is None else max(starts_on, acted_on)


def fresh_code(code: str, held: frozenset[str]) -> str:
    """Give a code that no address ever had, from the code of the address it comes from."""
    stem = code[:34]
    n = next(n for n in range(1, len(held) + 2) if f"{stem}-N{n}" not in held)
    return f"{stem}-N{n}"
