"""Send somebody to look, from a finding's page and from a pair's."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fangge.access.queries import StaffRequest
from fangge.fieldwork.queries import read_day
from fangge.fusion.actions.errands import look_into_finding, look_into_pair
from fangge.kernel import clock
from fangge.kernel.errors import Conflict, Invalid


@login_required
@require_POST
def look_into_finding_now(request: StaffRequest, finding_id: int) -> HttpResponse:
    now = clock.now()
    try:
        look_into_finding(
            actor=request.actor,
            finding_id=finding_id,
            question=request.POST.get("question", ""),
            due_on=read_day(request.POST.get("due_on", ""), now=now),
            now=now,
        )
    except (Invalid, Conflict) as fault:
        messages.error(request, str(fault), "bad")
    else:
        messages.success(request, _("The worker of the grid sees the task now."), "good")
    return redirect("fusion:finding", finding_id)


@login_required
@require_POST
def look_into_pair_now(request: StaffRequest, pair_id: int) -> HttpResponse:
    now = clock.now()
    try:
        look_into_pair(
            actor=request.actor,
            pair_id=pair_id,
            question=request.POST.get("question", ""),
            due_on=read_day(request.POST.get("due_on", ""), now=now),
            now=now,
        )
    except (Invalid, Conflict) as fault:
        messages.error(request, str(fault), "bad")
    else:
        messages.success(request, _("The worker of the grid sees the task now."), "good")
    return redirect(reverse("fusion:pair", args=[pair_id]))
