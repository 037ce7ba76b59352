"""The table of clocks with what is due, the last runs, and the holds."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.retention.actions import hold_resident, release_hold
from fangge.retention.queries.showing import read_retention


@login_required
@require_GET
def show_retention(request: StaffRequest) -> HttpResponse:
    lines, holds, runs = read_retention(actor=request.actor, now=clock.now())
    context = {"lines": lines, "holds": holds, "runs": runs}
    return render(request, "retention/clocks.html", context)


@login_required
@require_POST
def hold(request: StaffRequest) -> HttpResponse:
    hold_resident(
        actor=request.actor,
        resident_code=request.POST.get("code", ""),
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    messages.success(request, _("Held back until somebody ends the hold."), "good")
    return redirect("retention:clocks")


@login_required
@require_POST
def release(request: StaffRequest, hold_id: int) -> HttpResponse:
    release_hold(actor=request.actor, hold_id=hold_id, now=clock.now())
    messages.success(request, _("The hold has ended."), "good")
    return redirect("retention:clocks")
