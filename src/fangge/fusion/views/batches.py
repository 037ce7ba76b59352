"""Batches: what came in, cancelled or taken back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.ingest import ask_to_cancel, roll_back_batch
from fangge.fusion.actions.missing import end_missing, keep_missing
from fangge.fusion.queries.sources import faults_of_batch, get_batch
from fangge.kernel import clock


@login_required
@require_GET
def show_batch(request: StaffRequest, batch_id: int) -> HttpResponse:
    batch = get_batch(actor=request.actor, batch_id=batch_id)
    is_part = bool(request.headers.get("HX-Request"))
    template = "fusion/batch_figures.html" if is_part else "fusion/batch.html"
    return render(request, template, {"batch": batch, "faults": faults_of_batch(batch)})


@login_required
@require_POST
def cancel(request: StaffRequest, batch_id: int) -> HttpResponse:
    ask_to_cancel(actor=request.actor, batch_id=batch_id, now=clock.now())
    return redirect("fusion:batch", batch_id)


@login_required
@require_POST
def roll_back(request: StaffRequest, batch_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    roll_back_batch(actor=request.actor, batch_id=batch_id, reason=reason, now=clock.now())
    messages.success(
        request, _("The batch was taken back. The registers follow in a moment."), "good"
    )
    return redirect("fusion:batch", batch_id)


@login_required
@require_POST
def answer_missing(request: StaffRequest, batch_id: int) -> HttpResponse:
    answer = end_missing if request.POST.get("answer") == "end" else keep_missing
    reason = request.POST.get("reason", "")
    answer(actor=request.actor, batch_id=batch_id, reason=reason, now=clock.now())
    messages.success(request, _("Answered. The registers follow in a moment."), "good")
    return redirect("fusion:batch", batch_id)
