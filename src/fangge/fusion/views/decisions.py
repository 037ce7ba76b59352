"""What was decided at the review desk: by whom, with what effect; taken back or confirmed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.review.settle import (
    OwnJudgement,
    confirm_judgement,
    decline_judgement,
    undo_judgement,
)
from fangge.fusion.queries.decisions import PAGE_JUDGEMENTS, list_judgements
from fangge.kernel import clock
from fangge.kernel.errors import Conflict
from fangge.kernel.web import read_number
from fangge.registers.actions.looks import keep_looks

STATES = ("waiting", "in_force", "declined", "withdrawn")


@login_required
@require_GET
def show_judgements(request: StaffRequest) -> HttpResponse:
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    state = state if state in STATES else ""
    mine = "1" if request.GET.get("mine") else ""
    lines = list_judgements(
        actor=request.actor,
        state=state,
        by=request.actor.reference if mine else "",
        before=read_number(before),
    )
    shown = lines[:PAGE_JUDGEMENTS]
    keep_looks(
        actor=request.actor,
        verb="residents.list",
        resident_ids=[
            entry.entry_id
            for line in shown
            if line.judgement.kind == "resident"
            for both in line.joined
            for entry in both
        ],
        object_reference="review desk",
        now=clock.now(),
    )
    context = {
        "lines": shown,
        "state": state,
        "mine": mine,
        "next_key": shown[-1].judgement.pk if len(lines) > PAGE_JUDGEMENTS else None,
    }
    return render(request, "fusion/review/judgements.html", context)


@login_required
@require_POST
def undo(request: StaffRequest, judgement_id: int) -> HttpResponse:
    try:
        undo_judgement(actor=request.actor, judgement_id=judgement_id, now=clock.now())
    except Conflict as error:
        messages.error(request, str(error), "bad")
    else:
        told = _("Decision %(n)s was taken back, with all it did.")
        messages.success(request, told % {"n": judgement_id}, "good")
    return redirect("fusion:judgements")


@login_required
@require_POST
def confirm(request: StaffRequest, judgement_id: int) -> HttpResponse:
    try:
        confirm_judgement(actor=request.actor, judgement_id=judgement_id, now=clock.now())
    except (Conflict, OwnJudgement) as error:
        messages.error(request, str(error), "bad")
    else:
        messages.success(request, _("Confirmed. The registers follow already."), "good")
    return redirect("fusion:judgements")


@login_required
@require_POST
def decline(request: StaffRequest, judgement_id: int) -> HttpResponse:
    try:
        decline_judgement(actor=request.actor, judgement_id=judgement_id, now=clock.now())
    except (Conflict, OwnJudgement) as error:
        messages.error(request, str(error), "bad")
    else:
        messages.success(request, _("Declined. Its pairs wait again."), "good")
    return redirect("fusion:judgements")
