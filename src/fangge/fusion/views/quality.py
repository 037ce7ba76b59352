"""Quality: dimensions with their trends, findings by filter, sources that differ."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.fieldwork.queries import suggest_day, tasks_about
from fangge.fusion.actions.errands import may_look_into_finding
from fangge.fusion.actions.quality.checking import check_quality
from fangge.fusion.actions.quality.findings import (
    dismiss_finding,
    hand_over_finding,
    reopen_finding,
    take_finding,
)
from fangge.fusion.queries.findings import STATES, Item, get_finding, list_findings
from fangge.fusion.queries.quality import (
    HEIGHT,
    WIDTH,
    get_conflict,
    read_conflicts,
    read_quality,
)
from fangge.fusion.rules.quality.library import RULES
from fangge.fusion.rules.quality.shape import Dimension, Remedy, Severity
from fangge.kernel import clock
from fangge.registers.actions.looks import keep_looks

FILTERS = ("rule", "dimension", "severity", "remedy", "owner", "subject", "assigned_to")
BOX = {"width": WIDTH, "height": HEIGHT}


@login_required
@require_GET
def show_quality(request: StaffRequest) -> HttpResponse:
    quality = read_quality(actor=request.actor, now=clock.now())
    matrices = read_conflicts(actor=request.actor)
    context = {"quality": quality, "matrices": matrices, "box": BOX}
    return render(request, "fusion/quality.html", context)


@login_required
@require_POST
def check_now(request: StaffRequest) -> HttpResponse:
    check_quality(actor=request.actor, now=clock.now())
    messages.success(request, _("The registers were checked."), "good")
    return redirect("fusion:quality")


@login_required
@require_GET
def show_findings(request: StaffRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    if chosen["assigned_to"] == "me":
        chosen["assigned_to"] = request.actor.reference
    state = request.GET.get("state", "open")
    items, next_key, n_all = list_findings(
        actor=request.actor, state=state, after=request.GET.get("after", ""), **chosen
    )
    _keep_looks(request, items)
    kept = {name: request.GET[name] for name in (*FILTERS, "state") if request.GET.get(name)}
    context = {
        "items": items,
        "n_all": n_all,
        "next_url": f"?{urlencode({**kept, 'after': next_key})}" if next_key else "",
        "chosen": chosen | {"assigned_to": request.GET.get("assigned_to", "")},
        "state": state,
        "states": STATES,
        "rules": list(RULES.values()),
        "dimensions": list(Dimension),
        "severities": list(Severity),
        "remedies": list(Remedy),
    }
    return render(request, "fusion/findings.html", context)


@login_required
@require_GET
def show_finding(request: StaffRequest, finding_id: int) -> HttpResponse:
    item = get_finding(actor=request.actor, finding_id=finding_id)
    _keep_looks(request, [item])
    may_decide = request.actor.may("findings.decide", grid_id=item.finding.grid_id)
    now = clock.now()
    errands = tasks_about(actor=request.actor, kind="finding", subject_id=finding_id, now=now)
    context = {
        "item": item,
        "may_decide": may_decide,
        "errands": errands,
        "may_look": not any(one.is_under_way for one in errands)
        and may_look_into_finding(request.actor, finding_id),
        "due_on": suggest_day(now),
    }
    return render(request, "fusion/finding.html", context)


@login_required
@require_POST
def take(request: StaffRequest, finding_id: int) -> HttpResponse:
    take_finding(actor=request.actor, finding_id=finding_id, now=clock.now())
    return redirect("fusion:finding", finding_id)


@login_required
@require_POST
def hand_over(request: StaffRequest, finding_id: int) -> HttpResponse:
    remedy = request.POST.get("remedy", "")
    hand_over_finding(actor=request.actor, finding_id=finding_id, remedy=remedy, now=clock.now())
    messages.success(request, _("Handed over."), "good")
    return redirect("fusion:finding", finding_id)


@login_required
@require_POST
def dismiss(request: StaffRequest, finding_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    dismiss_finding(actor=request.actor, finding_id=finding_id, reason=reason, now=clock.now())
    messages.success(request, _("Dismissed. It opens again if the facts change."), "good")
    return redirect("fusion:finding", finding_id)


@login_required
@require_POST
def reopen(request: StaffRequest, finding_id: int) -> HttpResponse:
    reopen_finding(actor=request.actor, finding_id=finding_id, now=clock.now())
    return redirect("fusion:finding", finding_id)


@login_required
@require_GET
def show_conflict(request: StaffRequest, conflict_id: int) -> HttpResponse:
    found = get_conflict(actor=request.actor, conflict_id=conflict_id)
    keep_looks(
        actor=request.actor,
        verb="residents.list",
        resident_ids=[one.entry_id for one in found.entries],
        object_reference=f"conflict:{conflict_id}",
        now=clock.now(),
    )
    return render(request, "fusion/conflict.html", {"found": found, "box": BOX})


def _keep_looks(request: StaffRequest, items: list[Item]) -> None:
    """Keep whose masked names a page of findings shows."""
    keep_looks(
        actor=request.actor,
        verb="residents.list",
        resident_ids=[
            one.finding.subject_id
            for one in items
            if one.finding.subject == "resident" and one.link
        ],
        object_reference="findings",
        now=clock.now(),
    )
