"""The office's queue of rights that residents claim, with due dates."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.portal.actions.claims import open_claim, rule_claim
from fangge.portal.queries.claims import GROUNDS_TOLD, STATES, list_claims


@login_required
@require_GET
def show_claims(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    context = {
        "state": state,
        "states": STATES,
        "rows": list_claims(actor=request.actor, state=state, now=clock.now()),
    }
    return render(request, "portal/claims.html", context)


@login_required
@require_GET
def show_claim(request: StaffRequest, claim_id: int) -> HttpResponse:
    claim = open_claim(actor=request.actor, claim_id=claim_id, now=clock.now())
    may = request.actor.may("claims.decide") and claim.kind == "deletion" and not claim.outcome
    context = {"claim": claim, "may_decide": may, "grounds": GROUNDS_TOLD}
    response = render(request, "portal/claim.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def rule(request: StaffRequest, claim_id: int) -> HttpResponse:
    rule_claim(
        actor=request.actor,
        claim_id=claim_id,
        outcome=request.POST.get("outcome", ""),
        ground=request.POST.get("ground", ""),
        text=request.POST.get("text", ""),
        now=clock.now(),
    )
    messages.success(request, _("Decided. The resident reads it on their page."), "good")
    return redirect("portal:claim", claim_id)
