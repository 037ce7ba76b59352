"""Which role sees which field, and what the others see instead."""

from collections.abc import Mapping


def mask_name(name: str) -> str:
    """Show the first character: 张**."""
    return name[:1] + "*" * max(1, len(name) - 1)


def mask_number(number: str) -> str:
    """Show the last two characters of an identifier or a phone."""
    return "*" * max(0, len(number) - 2) + number[-2:]


RETURNED_FOR: Mapping[str, frozenset[str]] = {
    "statistics": frozenset({"sex", "birth_year"}),
    "verify": frozenset({"name", "sex", "birth_on", "birth_year"}),
}
"""Personal fields that a departmental return may bear; numbers of persons are in none.

A welfare visit is agreed to by each person, so no list of persons is made for it.
"""


def returnable_for(purpose: str) -> frozenset[str]:
    """Give the personal fields a return of this purpose may bear; one nobody knows bears none."""
    return RETURNED_FOR.get(purpose, frozenset())
