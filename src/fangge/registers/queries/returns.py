"""Departmental returns as pages show them, and the rows of one under a reader's rights."""

from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import Case, Count, QuerySet, Sum, Value, When
from psycopg import sql

from fangge.areas.queries import current_areas, grids_within
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.wall import beyond_scope
from fangge.registers.models.returns import DepartmentalReturn, ReturnMade, ReturnState
from fangge.registers.rules.returns import (
    COLUMNS,
    FROM,
    HOLDS,
    MOST_ROWS,
    SMALLEST_COUNT,
    SUBJECT,
    Selection,
    show_count,
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
    """Read a return's rows: its area as far as the actor's goes, small counts suppressed."""
    if held.register == "resident" and not held.is_total:
        actor.require("residents.see")
    selection = selection_of(held)
    grid_ids = selection.grid_ids
    if actor.grid_ids is not None:
        grid_ids = actor.grid_ids if grid_ids is None else grid_ids & actor.grid_ids
    names = [name for name in COLUMNS[held.register] if name in selection.fields]
    with connection.cursor() as cursor:
        cursor.execute(
            _compose(held.register, names, is_total=held.is_total, is_part=grid_ids is not None),
            {"day": held.day, "grids": sorted(grid_ids or ()), "most": MOST_ROWS},
        )
        found = cursor.fetchall()
    told = [[_tell(name, cell) for name, cell in zip(names, row, strict=False)] for row in found]
    if not held.is_total:
        return Rows(names, told, [str(row[-1]) for row in found], 0)
    counts = [int(row[-1]) for row in found]
    shown = [[*row, show_count(count)] for row, count in zip(told, counts, strict=True)]
    small = sum(count < SMALLEST_COUNT for count in counts)
    return Rows([*names, "n"], shown, [], small)


def _compose(register: str, names: list[str], *, is_total: bool, is_part: bool) -> sql.Composed:
    """Compose the query from the register's own expressions; nothing in it was typed by anyone."""
    columns = COLUMNS[register]
    reads = sql.SQL(", ").join(_text(columns[name].reads) for name in names)
    last = sql.SQL("count(*)") if is_total else _text(SUBJECT[register])
    where = _text(HOLDS[register])
    if is_part:
        where += sql.SQL(" AND address.grid_id = ANY(%(grids)s)")
    numbers = sql.SQL(", ").join(sql.SQL(str(i + 1)) for i in range(len(names)))
    end = (
        sql.SQL(" GROUP BY {numbers} ORDER BY {numbers}").format(numbers=numbers)
        if is_total
        else sql.SQL(" ORDER BY address.id, {last}").format(last=last)
    )
    return sql.SQL(
        "SELECT {reads}, {last} FROM {tables} "
        "LEFT JOIN areas_area grid ON grid.id = address.grid_id "
        "LEFT JOIN areas_area community ON community.id = grid.parent_id "
        "LEFT JOIN areas_area subdistrict ON subdistrict.id = community.parent_id "
        "WHERE {where}{end} LIMIT %(most)s"
    ).format(reads=reads, last=last, tables=_text(FROM[register]), where=where, end=end)


def _text(text: str) -> sql.Composed:
    return sql.Composed([sql.SQL(cast("Any", text))])


def _tell(name: str, cell: object) -> str:
    if cell is None:
        return ""
    if name == "sex":
        return SEXES.get(str(cell), "")
    if name == "age_group":
        return AGE_GROUPS[int(str(cell)) - 1] if str(cell) != "0" else ""
    return str(cell)
