"""Marks that change whenever something changes that a reading of address texts rests on."""

from typing import LiteralString

from django.db import connection

ADDRESSES: LiteralString = (
    "SELECT concat_ws('|', count(*), count(ends_on), max(changed_at)) FROM registers_address "
    "UNION ALL SELECT concat_ws('|', count(*), count(ends_on), max(id), "
    "count(*) FILTER (WHERE is_current)) FROM registers_addressalias "
    "UNION ALL SELECT concat_ws('|', count(*), count(ends_on), max(id)) FROM areas_area"
)
WORDINGS: LiteralString = (
    "SELECT concat_ws('|', count(*), max(id), count(*) FILTER (WHERE is_current)) "
    "FROM registers_addressdecision "
    "UNION ALL SELECT concat_ws('|', count(*), max(id), count(applied_at), "
    "count(*) FILTER (WHERE is_current)) FROM registers_addressact "
    "UNION ALL SELECT concat_ws('|', count(*), max(id)) FROM registers_addresssuccession"
)


def mark_addresses() -> str:
    """Mark the state of the address register, its names and the grids it lies in."""
    return _mark(ADDRESSES)


def mark_wordings() -> str:
    """Mark the state of what persons decided on texts and did to addresses."""
    return _mark(WORDINGS)


def _mark(query: LiteralString) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return ";".join(row[0] for row in cursor.fetchall())
