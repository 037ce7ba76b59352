"""What everybody may see of a case, by its kind and category; what clients are asked of each."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class Shown(StrEnum):
    """How near the public place of a case is to the true one."""

    BUILDING = "building"
    COMMUNITY = "community"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that a client is asked beside the text of a report."""

    code: str
    name: str
    english: str
    datatype: str
    is_required: bool
    # Key, Chinese, English; empty where anything may be said.
    values: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Publicity:
    """The table of what is public."""

    kinds: Mapping[str, Shown]
    categories: Mapping[str, Shown]
    attributes: Mapping[str, Sequence[Attribute]]

    def shown_of(self, kind: str, category: str) -> Shown:
        """Say how much of the place is shown; a kind that nobody knows shows nothing."""
        by_kind = self.kinds.get(kind, Shown.NONE)
        if by_kind is Shown.NONE:
            return Shown.NONE
        return self.categories.get(category, by_kind)


@cache
def shipped_publicity() -> Publicity:
    """Read the table that comes with the product."""
    file = resources.files("fangge.cases") / "tables" / "public.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return Publicity(
        kinds={kind: Shown(shown) for kind, shown in table["kinds"].items()},
        categories={code: Shown(shown) for code, shown in table["categories"].items()},
        attributes={
            category: tuple(_read_attribute(row) for row in rows)
            for category, rows in table["attributes"].items()
        },
    )


def _read_attribute(row: Mapping[str, Any]) -> Attribute:
    return Attribute(
        code=row["code"],
        name=row["name"],
        english=row["english"],
        datatype=row["datatype"],
        is_required=row.get("is_required", False),
        values=tuple((key, name, english) for key, name, english in row.get("values", [])),
    )


LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+?\d[\d\s-]{5,}\d[Xx]?)(?![0-9A-Za-z])")


def hide_numbers(text: str, *, besides: Collection[str] = ()) -> str:
    """Hide phone and identity numbers that somebody wrote into a text for others.

    `besides` are numbers that its reader knows anyway, such as the case's own.
    """
    return LONG_NUMBER.sub(lambda found: found[0] if found[0] in besides else "…", text)
