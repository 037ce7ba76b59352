"""Keep what was proposed for a report, and as what it was sorted."""

from datetime import datetime

from fangge.cases.actions.report import TOLD_COLUMN
from fangge.cases.adapters.classifier import propose
from fangge.cases.models.case import Case
from fangge.cases.models.routing import CaseProposal, CaseSorting
from fangge.cases.queries.routing import table_in_force
from fangge.cases.rules.routing import find_route
from fangge.kernel.fields import open_vault
from fangge.kernel.wall import beyond_scope

SHORTEST = 4
"""Characters of a report below which nothing is proposed."""


@beyond_scope()
def propose_for(case_id: int, *, now: datetime) -> None:
    """Let the classifier propose category and desk for a report, and keep it with its reasons."""
    case = Case.objects.select_related("grid").get(pk=case_id)
    if case.category:
        keep_sorting(case, is_decided=False, now=now)
    if not case.told_sealed:
        return
    told = open_vault().open(bytes(case.told_sealed), column=TOLD_COLUMN, row=case.number)
    if len(told) < SHORTEST:
        return
    ranked = propose(told)
    rows, area = table_in_force().rows, case.grid.code if case.grid else ""
    desks: dict[str, float] = {}
    for one in ranked:
        desk = find_route(rows, category=one.category, area=area, owner=case.owner).desk
        desks[desk] = desks.get(desk, 0.0) + one.confidence
    best = ranked[0]
    desk = max(desks, key=lambda code: desks[code])
    CaseProposal.objects.create(
        case=case,
        model=best.model,
        category=best.category,
        confidence=best.confidence,
        desk=desk,
        desk_confidence=desks[desk],
        words=list(best.words),
        made_at=now,
    )


@beyond_scope()
def keep_decision(case_id: int, *, now: datetime) -> None:
    """Keep as what the centre accepted a case."""
    keep_sorting(Case.objects.get(pk=case_id), is_decided=True, now=now)


def keep_sorting(case: Case, *, is_decided: bool, now: datetime) -> None:
    CaseSorting.objects.create(
        case=case, is_decided=is_decided, kind=case.kind, category=case.category, at=now
    )
