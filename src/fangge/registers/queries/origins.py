"""Which source stands behind a record: told by whoever keeps the records."""

from collections.abc import Callable, Collection

Namer = Callable[[Collection[int]], dict[int, str]]
_namers: list[Namer] = []


def name_records_by(namer: Namer) -> None:
    """Let this function say which source each record came from; fusion does so when it starts."""
    if namer not in _namers:
        _namers.append(namer)


def sources_of_records(record_ids: Collection[int]) -> dict[int, str]:
    """Give the name of the source of each record; records that nobody knows are left out."""
    named: dict[int, str] = {}
    if record_ids:
        for namer in _namers:
            named |= namer(record_ids)
    return named
