"""Lists of cases: what waits for whom, due first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from fangge.cases.models.asking import Asking
from fangge.cases.models.case import Case
from fangge.cases.queries.desks import desk_ids_of
from fangge.cases.queries.visible import cases_helped_by, cases_visible_to
from fangge.cases.rules.lifecycle import Part
from fangge.kernel.actor import Actor
from fangge.kernel.web import read_number

PAGE_ROWS = 50
VIEWS = ("mine", "open", "overdue", "reported", "ended")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of cases keeps to."""

    view: str = "mine"
    kind: str = ""
    category: str = ""
    text: str = ""
    desk: str = ""


def list_cases(
    *, actor: Actor, wanted: Wanted, after: str = "", now: datetime
) -> tuple[list[Case], str]:
    """List a page of cases, due first, and give the key of the next page or nothing."""
    found = _narrow(cases_visible_to(actor, now=now), actor, wanted, now=now)
    if wanted.view in {"reported", "ended"}:
        return _page_newest(found, after)
    return _page_due(found, after)


def _narrow(
    found: QuerySet[Case], actor: Actor, wanted: Wanted, *, now: datetime
) -> QuerySet[Case]:
    if wanted.view == "mine":
        found = found.filter(waiting_for(actor, now=now))
    elif wanted.view == "open":
        found = found.filter(is_open=True)
    elif wanted.view == "overdue":
        found = found.filter(is_open=True, due_at__lt=now)
    elif wanted.view == "reported":
        found = found.filter(reported_by=actor.reference)
    else:
        found = found.filter(is_open=False)
    exact = {"kind": wanted.kind, "category": wanted.category, "desk__code": wanted.desk}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if wanted.text:
        text = wanted.text.strip()
        found = found.filter(Q(number=text) | Q(place__icontains=text))
    return found.select_related("desk", "grid")


def waiting_reports(*, actor: Actor, now: datetime) -> list[Case]:
    """Give the reports that wait to be sorted, due first: at most a page of them."""
    found = cases_visible_to(actor, now=now).filter(is_open=True, state="reported")
    return list(found.select_related("grid").order_by("due_at", "pk")[:PAGE_ROWS])


def waiting_for(actor: Actor, *, now: datetime) -> Q:
    """Say which open cases wait for this actor: by whose clock runs."""
    mine = Q(pk=None)
    if actor.may("cases.sort"):
        mine |= Q(clock_owner=Part.CENTRE) | Q(pk__in=_asked_of_centre())
    if actor.may("cases.work"):
        desks = desk_ids_of(actor, now=now)
        mine |= Q(clock_owner=Part.DESK, desk_id__in=desks)
        helping = cases_helped_by(desks, is_waiting=True)
        if helping:
            mine |= Q(pk__in=helping)
    if actor.may("cases.verify"):
        mine |= Q(clock_owner=Part.WITNESS)
    return Q(is_open=True) & mine


def _asked_of_centre() -> QuerySet[Asking, int]:
    """Give the cases in which a desk asked the centre for something."""
    asked = Asking.objects.filter(owner=Part.CENTRE, answered_at=None)
    return asked.values_list("case_id", flat=True)


def count_waiting(actor: Actor, *, now: datetime) -> tuple[int, int]:
    """Give how many cases wait for the actor, and how many of those are overdue."""
    if not actor.may("cases.see"):
        return 0, 0
    waiting = cases_visible_to(actor, now=now).filter(waiting_for(actor, now=now))
    return waiting.count(), waiting.filter(due_at__lt=now).count()


def _page_due(found: QuerySet[Case], after: str) -> tuple[list[Case], str]:
    """Page by due date and number; what is not due, such as a paused case, comes last."""
    due, _, number = after.rpartition("~")
    key = read_number(number)
    if key is not None:
        beyond = Q(due_at=None, pk__gt=key)
        if at := _read_instant(due):
            beyond = Q(due_at__gt=at) | Q(due_at=at, pk__gt=key) | Q(due_at=None)
        found = found.filter(beyond)
    rows = list(found.order_by(F("due_at").asc(nulls_last=True), "pk")[: PAGE_ROWS + 1])
    return _cut(rows, lambda last: f"{last.due_at.isoformat() if last.due_at else ''}~{last.pk}")


def _read_instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _page_newest(found: QuerySet[Case], after: str) -> tuple[list[Case], str]:
    key = read_number(after)
    if key is not None:
        found = found.filter(pk__lt=key)
    rows = list(found.order_by("-pk")[: PAGE_ROWS + 1])
    return _cut(rows, lambda last: str(last.pk))


def _cut(rows: Sequence[Case], key_of: Callable[[Case], str]) -> tuple[list[Case], str]:
    page = list(rows[:PAGE_ROWS])
    return page, key_of(page[-1]) if len(rows) > PAGE_ROWS else ""
