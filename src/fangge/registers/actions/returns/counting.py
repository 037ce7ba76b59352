"""Count for a return: from the one table of a day, with small counts hidden."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Any

from fangge.areas.queries import area_names
from fangge.disclosure.actions.releasing import Asked, key_of, release_counts
from fangge.disclosure.queries.counts import (
    ALL,
    Cell,
    Path,
    Tables,
    cells_covering,
    protect_counts,
    tell_count,
)
from fangge.disclosure.queries.releases import given_table
from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope
from fangge.registers.models.returns import DepartmentalReturn
from fangge.registers.queries.returns import (
    Rows,
    grids_to_read,
    read_leaves,
    read_subjects,
    tell_cell,
)
from fangge.registers.rules.returns import AREAS, groups_of


@beyond_scope()
def count_return(*, actor: Actor, held: DepartmentalReturn, now: datetime) -> Rows:
    """Give a return's counts in the actor's area: the same to whoever asks the same again.

    Raises `TooNear` where few people would be told beside what is known already.
    """
    actor.require("returns.see")
    grids = grids_to_read(actor, held)
    key = key_of(
        held.register, sorted(held.fields), None if grids is None else sorted(grids), held.day
    )
    fields = [name for name in (*AREAS, *groups_of(held.register)) if name in held.fields]
    table = given_table(key)
    if table is None:
        leaves = read_leaves(held)
        seen = {leaf.path for leaf in leaves if grids is None or leaf.path[-1] in grids}
        tables = protect_counts(leaves)
        table = list(_write_rows(held, fields, tables, leaves, seen))
        if held.register == "resident":
            asked = Asked(
                key=key,
                register=held.register,
                person_ids=read_subjects(held, grids),
                n_counted=sum(n for leaf, n in leaves.items() if leaf.path in seen),
                public_totals=_public_totals(tables, seen),
                object_reference=f"return:{held.pk}",
            )
            table = release_counts(actor=actor, asked=asked, table=table, now=now)
    rows = [[*row[:-1], tell_count(row[-1])] for row in table]
    return Rows([*fields, "n"], rows, [], sum(row[-1] is None for row in table))


def _write_rows(
    held: DepartmentalReturn,
    fields: Sequence[str],
    tables: Tables,
    leaves: dict[Cell, int],
    seen: set[Path],
) -> Iterator[list[Any]]:
    """Write a row for each area and group, those with nobody in them too."""
    groups = groups_of(held.register)
    level = max((at + 1 for at, name in enumerate(AREAS) if name in fields), default=0)
    values = [
        sorted({leaf.groups[at] for leaf in leaves}, key=repr) if name in fields else [ALL]
        for at, name in enumerate(groups)
    ]
    names: dict[object, str] = dict(area_names().items())
    paths: dict[Path, set[Path]] = {}
    for leaf in leaves:
        paths.setdefault(leaf.path[:level], set()).add(leaf.path)
    for area in sorted({path[:level] for path in seen}, key=repr):
        covering = cells_covering(paths[area], paths[area] & seen, groups=(), level=level)
        told = [names.get(area[at], "") for at, name in enumerate(AREAS) if name in fields]
        for choice in product(*values):
            count = tables.add_up(Cell(one.path, choice) for one in covering)
            said = zip(groups, choice, strict=True)
            yield [*told, *(tell_cell(name, one) for name, one in said if name in fields), count]


def _public_totals(tables: Tables, seen: set[Path]) -> list[int]:
    """Give the totals that are shown of the areas that hold all of these grids."""
    if not seen:
        return []
    first = next(iter(seen))
    n_groups = len(next(iter(tables.counts)).groups)
    above = [first[:n] for n in range(len(first) + 1) if len({path[:n] for path in seen}) == 1]
    totals = [tables.read(Cell(path, (ALL,) * n_groups)) for path in above]
    return [total for total in totals if total is not None]
