"""The indicators as they were known at any instant: read from what is only appended."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from fangge.cases.models.case import Case, CaseStep
from fangge.cases.models.desk import Desk
from fangge.cases.models.rating import CaseRating
from fangge.cases.models.routing import CaseProposal, CaseSorting
from fangge.cases.queries.calendar import working_calendar
from fangge.cases.rules.evaluation import Act, Figures, Life, count_figures
from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope

GROUPS = ("kind", "category", "desk", "community", "month")
WHOLE = ""
"""The group of all."""


@dataclass(frozen=True, slots=True)
class Span:
    """Cases reported in a period, by what, as known at an instant."""

    since: datetime
    until: datetime
    as_of: datetime
    by: str = "kind"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The indicators of each group, and of all."""

    whole: Figures | None
    groups: list[Figures]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was appended of the cases until the instant."""

    acts: dict[int, list[Act]]
    desks: dict[int, str]
    sorted_as: dict[int, list[tuple[bool, str, str]]]
    scores: dict[int, int]
    proposals: dict[int, str]


def read_evaluation(*, actor: Actor, span: Span) -> Evaluation:
    """Count the indicators of the actor's area; nothing of a single case leaves here."""
    actor.require("indicators.see")
    with beyond_scope():
        cases = Case.objects.filter(reported_at__gte=span.since, reported_at__lt=span.until)
        cases = cases.filter(reported_at__lte=span.as_of)
        if actor.grid_ids is not None:
            cases = cases.filter(grid_id__in=actor.grid_ids)
        lives = list(_read_lives(cases, span))
    calendar = working_calendar()
    groups = count_figures(lives, as_of=span.as_of, calendar=calendar)
    all_of_them = [Life(WHOLE, one.acts, one.score, one.was_proposal_right) for one in lives]
    whole = count_figures(all_of_them, as_of=span.as_of, calendar=calendar)
    return Evaluation(whole[0] if whole else None, groups)


def _read_lives(cases: QuerySet[Case], span: Span) -> Iterable[Life]:
    known = _read_known(cases, span.as_of)
    zone = working_calendar().zone
    for pk, place, at in cases.order_by("pk").values_list(
        "pk", "grid__parent__name", "reported_at"
    ):
        sorted_as = known.sorted_as.get(pk, [])
        _decided, kind, category = sorted_as[-1] if sorted_as else (False, "lead", "")
        group = {
            "kind": kind,
            "category": category,
            "desk": known.desks.get(pk, ""),
            "community": place or "",
            "month": f"{at.astimezone(zone):%Y-%m}",
        }[span.by]
        yield Life(group, known.acts[pk], known.scores.get(pk), _judge(known, pk, sorted_as))


def _judge(known: _Known, pk: int, sorted_as: Sequence[tuple[bool, str, str]]) -> bool | None:
    """Tell whether what was proposed is what the centre decided first."""
    decided = next((category for is_decided, _, category in sorted_as if is_decided), None)
    proposed = known.proposals.get(pk)
    return None if decided is None or proposed is None else proposed == decided


def _read_known(cases: QuerySet[Case], as_of: datetime) -> _Known:
    names = dict(Desk.objects.values_list("pk", "name"))
    acts: dict[int, list[Act]] = defaultdict(list)
    desks: dict[int, str] = {}
    steps = CaseStep.objects.filter(case__in=cases, at__lte=as_of).order_by("case_id", "place")
    for case_id, desk_id, verb, end, at, clock, due_at in steps.values_list(
        "case_id", "desk_id", "verb", "end", "at", "clock_name", "due_at"
    ):
        acts[case_id].append(Act(verb, end, at, clock, due_at))
        if desk_id is not None:
            desks[case_id] = names[desk_id]
    sorted_as: dict[int, list[tuple[bool, str, str]]] = defaultdict(list)
    held = CaseSorting.objects.filter(case__in=cases, at__lte=as_of).order_by("pk")
    for case_id, is_decided, kind, category in held.values_list(
        "case_id", "is_decided", "kind", "category"
    ):
        sorted_as[case_id].append((is_decided, kind, category))
    rated = CaseRating.objects.filter(case__in=cases, rated_at__lte=as_of).order_by("pk")
    proposed = CaseProposal.objects.filter(case__in=cases, made_at__lte=as_of)
    return _Known(
        acts,
        desks,
        sorted_as,
        dict(rated.values_list("case_id", "score")),
        dict(proposed.values_list("case_id", "category")),
    )
