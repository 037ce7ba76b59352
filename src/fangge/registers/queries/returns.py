"""Departmental returns as pages show them, and the rows of one under a reader's rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import Case, Count, QuerySet, Sum, Value, When

from fangge.areas.queries import current_areas, grids_within
from fangge.disclosure.queries.counts import Cell
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.wall import beyond_scope
from fangge.registers.models.returns import DepartmentalReturn, ReturnMade, ReturnState
from fangge.registers.rules.returns import (
    AREAS,
    COLUMNS,
    FROM,
    HOLDS,
    MOST_ROWS,
    ROW,
    SUBJECT,
    Selection,
    groups_of,
)

AGE_GROUPS = ("0–6", "7–17", "18–34", "35–59", "60–79", "80+")
SEXES = {"1": "男", "2": "女", "": ""}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a return gives: columns by name, rows as text, and whom each row is about."""

    fields: list[str]
    rows: list[list[str]]
    subjects: list[str]
    n_suppressed: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What returns spared: forms nobody had to fill in, and asks answered by a pointer."""

    n_forms: int
    n_asked_again: int
    n_returns: int


def returns_visible_to(actor: Actor) -> QuerySet[DepartmentalReturn]:
    actor.require("returns.see")
    return DepartmentalReturn.objects.select_related("area")


def list_returns(*, actor: Actor) -> list[DepartmentalReturn]:
    """List returns, those that wait first."""
    found = returns_visible_to(actor).annotate(n_made=Count("made"))
    rows = list(found.order_by("-id")[:200])
    return sorted(rows, key=lambda one: one.state != ReturnState.WAITING)


def get_return(*, actor: Actor, return_id: int) -> DepartmentalReturn:
    found = returns_visible_to(actor).filter(pk=return_id).first()
    if found is None:
        raise Missing(f"There is no return {return_id}.")
    return found


def columns_of(held: DepartmentalReturn) -> list[tuple[str, str]]:
    """Give a return's fields and what each is called, in the order in which its file has them."""
    columns = COLUMNS[held.register].items()
    return [(name, column.label) for name, column in columns if name in held.fields]


def made_of(held: DepartmentalReturn) -> list[ReturnMade]:
    return list(held.made.order_by("-id")[:50])


def count_saved() -> Saved:
    """Count the forms that nobody had to fill in: a list spares one a row, a count spares one."""
    one_each = Case(When(departmental_return__is_total=True, then=Value(1)), default="n_rows")
    made = ReturnMade.objects.aggregate(n=Sum(one_each))["n"] or 0
    again = DepartmentalReturn.objects.aggregate(n=Sum("n_asked_again"))["n"] or 0
    approved = DepartmentalReturn.objects.filter(state=ReturnState.APPROVED).count()
    return Saved(made, again, approved)


def areas_to_choose() -> list[tuple[int, str]]:
    """Give the subdistricts and communities a return can be about."""
    shown = {"subdistrict": "", "community": "　"}
    return [(one.pk, shown[one.kind] + one.name) for one in current_areas() if one.kind in shown]


def selection_of(held: DepartmentalReturn) -> Selection:
    return Selection(
        register=held.register,
        fields=frozenset(held.fields),
        grid_ids=None if held.area_id is None else grids_within({held.area_id}),
        is_total=held.is_total,
        day=held.day,
    )


@beyond_scope()
def read_rows(*, actor: Actor, held: DepartmentalReturn) -> Rows:
    """Read the rows of a return that lists: its area as far as the actor's goes."""
    if held.register == "resident":
        actor.require("residents.see")
    names = [name for name in COLUMNS[held.register] if name in held.fields]
    columns = COLUMNS[held.register]
    reads = [*(columns[name].reads for name in names), SUBJECT[held.register]]
    found = _fetch(
        held,
        reads,
        grids_to_read(actor, held),
        end=f"ORDER BY address.id, {reads[-1]} LIMIT %(most)s",
    )
    told = [
        [tell_cell(name, cell) for name, cell in zip(names, row, strict=False)] for row in found
    ]
    return Rows(names, told, [str(row[-1]) for row in found], 0)


def grids_to_read(actor: Actor, held: DepartmentalReturn) -> frozenset[int] | None:
    """Give the grids of a return's area as far as the actor's goes; none is the whole district."""
    grid_ids = selection_of(held).grid_ids
    if actor.grid_ids is None:
        return grid_ids
    return actor.grid_ids if grid_ids is None else grid_ids & actor.grid_ids


def read_leaves(held: DepartmentalReturn) -> dict[Cell, int]:
    """Count the whole register of a day by grid and every group: what all its counts sum up."""
    columns, register = COLUMNS[held.register], held.register
    reads = [
        *(f"COALESCE({area}.id, 0)" for area in AREAS),
        *(columns[name].reads for name in groups_of(register)),
    ]
    numbers = ", ".join(str(at + 1) for at in range(len(reads)))
    counted = [*reads, f"count(DISTINCT {ROW[register]})"]
    rows = _fetch(held, counted, None, end=f"GROUP BY {numbers}")
    n_areas = len(AREAS)
    return {Cell(tuple(row[:n_areas]), tuple(row[n_areas:-1])): int(row[-1]) for row in rows}


def read_subjects(held: DepartmentalReturn, grids: frozenset[int] | None) -> list[int]:
    """Give the numbers of those whom a return covers, to compare them with earlier answers."""
    return [row[0] for row in _fetch(held, [f"DISTINCT {ROW[held.register]}"], grids, end="")]


def _fetch(
    held: DepartmentalReturn, reads: Sequence[str], grids: frozenset[int] | None, *, end: str
) -> list[tuple[Any, ...]]:
    """Query by the register's own expressions; nothing in them was typed by anyone."""
    where = HOLDS[held.register]
    if grids is not None:
        where += " AND address.grid_id = ANY(%(grids)s)"
    query = [
        "SELECT",
        ", ".join(reads),
        "FROM",
        FROM[held.register],
        "LEFT JOIN areas_area grid ON grid.id = address.grid_id",
        "LEFT JOIN areas_area community ON community.id = grid.parent_id",
        "LEFT JOIN areas_area subdistrict ON subdistrict.id = community.parent_id",
        "WHERE",
        where,
        end,
    ]
    told: dict[str, Any] = {"day": held.day, "grids": sorted(grids or ()), "most": MOST_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(" ".join(query), told)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def tell_cell(name: str, cell: object) -> str:
    if cell is None:
        return ""
    if name == "sex":
        return SEXES.get(str(cell), "")
    if name == "age_group":
        return AGE_GROUPS[int(str(cell)) - 1] if str(cell) != "0" else ""
    return str(cell)
