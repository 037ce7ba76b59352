"""What a personal record may be opened for: the fields each purpose opens, the matters it may name.

This is the one table: screens, checks, the ledger and docs/reference/purposes.md follow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: its name, the fields it opens, the kinds of matter it is tied to."""

    label: str
    fields: frozenset[str]
    kinds: frozenset[str]


EVERY_FIELD = frozenset({"name", "sex", "birth_on", "identifier", "phone"})
PURPOSES: Mapping[str, Purpose] = {
    "verify": Purpose(
        "Verify the register on site",
        frozenset({"name", "sex", "birth_on"}),
        frozenset({"fieldtask", "finding", "pair"}),
    ),
    "request": Purpose("The resident asked", EVERY_FIELD, frozenset({"claim", "question"})),
    "correction": Purpose(
        "Correct a record", EVERY_FIELD, frozenset({"request", "finding", "pair"})
    ),
    "welfare": Purpose(
        "Welfare visit the resident agreed to", frozenset({"name", "phone"}), frozenset()
    ),
}


def fields_for(purpose: str) -> frozenset[str]:
    """Give the fields a purpose opens; a purpose nobody knows opens none."""
    return PURPOSES[purpose].fields if purpose in PURPOSES else frozenset()


def kinds_for(purpose: str) -> frozenset[str]:
    """Give the kinds of matter a purpose may be tied to."""
    return PURPOSES[purpose].kinds if purpose in PURPOSES else frozenset()
