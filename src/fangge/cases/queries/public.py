"""What everybody may see of cases: no words, no persons, no dispute, no dwelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet

from fangge.cases.models.case import Case, CaseStep
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.publicity import Shown, shipped_publicity
from fangge.kernel.fields import Point
from fangge.kernel.wall import beyond_scope
from fangge.registers.queries.places import Spot, spots_of


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A case as everybody may see it."""

    number: str
    category: str
    kind: str
    state: str
    is_open: bool
    place: str
    point: Point | None
    office: str
    clock_name: str
    due_at: datetime | None
    reported_at: datetime
    updated_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicWanted:
    """What a list of public cases keeps to; empty means everything."""

    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None


def list_public_cases(
    *, wanted: PublicWanted, page: int, page_size: int
) -> tuple[list[PublicCase], bool]:
    """Give a page of public cases, the newest first, and whether there are more."""
    # Nothing that a person said and no dwelling leaves here, so every grid may be looked at.
    with beyond_scope():
        start = (page - 1) * page_size
        found = _narrow(_public(), wanted).order_by("-pk")
        rows = list(found[start : start + page_size + 1])
        return show_publicly(rows[:page_size]), len(rows) > page_size


def find_public_case(*, number: str) -> PublicCase | None:
    """Give one public case by its number."""
    with beyond_scope():
        shown = show_publicly(list(_public().filter(number=number)))
    return shown[0] if shown else None


def _public() -> QuerySet[Case]:
    publicity = shipped_publicity()
    shown = [
        code
        for code, category in shipped_catalogue().categories.items()
        if publicity.shown_of(category.kind, code) is not Shown.NONE
    ]
    hidden = [kind for kind, how in publicity.kinds.items() if how is Shown.NONE]
    found = Case.objects.filter(category__in=shown).exclude(kind__in=hidden)
    return found.select_related("desk", "grid__parent")


def _narrow(found: QuerySet[Case], wanted: PublicWanted) -> QuerySet[Case]:
    if wanted.numbers:
        return found.filter(number__in=wanted.numbers)
    if wanted.categories:
        found = found.filter(category__in=wanted.categories)
    if wanted.since is not None:
        found = found.filter(reported_at__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(reported_at__lte=wanted.until)
    if wanted.is_open is not None:
        found = found.filter(is_open=wanted.is_open)
    return found


def show_publicly(cases: Sequence[Case]) -> list[PublicCase]:
    """Give cases as everybody may see them; the kind says how near the place is."""
    spots = spots_of([case.address_id for case in cases if case.address_id])
    steps = CaseStep.objects.filter(case__in=cases, is_public=True).order_by()
    changed = dict(steps.values_list("case_id").annotate(at=Max("at")))
    return [_show(case, spots, changed.get(case.pk, case.reported_at)) for case in cases]


def _show(case: Case, spots: dict[int, Spot], updated_at: datetime) -> PublicCase:
    shown = shipped_publicity().shown_of(case.kind, case.category)
    spot = spots.get(case.address_id or 0) if shown is Shown.BUILDING else None
    area = case.grid.parent or case.grid if case.grid and shown is not Shown.NONE else None
    return PublicCase(
        number=case.number,
        category=case.category,
        kind=case.kind,
        state=case.state,
        is_open=case.is_open,
        place=spot.name if spot else area.name if area else "",
        point=spot.position if spot else None,
        office=case.desk.office if case.desk and shown is not Shown.NONE else "",
        clock_name=case.clock_name,
        due_at=case.due_at,
        reported_at=case.reported_at,
        updated_at=updated_at,
        closed_at=case.closed_at,
    )
