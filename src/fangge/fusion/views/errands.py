"""Send somebody to look, from a finding's page and from a pair's."""

from datetime import date, datetime
from functools import partial
from typing import Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fangge.access.queries import StaffRequest
from fangge.fieldwork.queries import read_day
from fangge.fusion.actions.errands import look_into_finding, look_into_pair
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid


class LookInto(Protocol):
    """Have somebody go and look at a place, with a question and a day."""

    def __call__(self, *, actor: Actor, question: str, due_on: date, now: datetime) -> object: ...


@login_required
@require_POST
def look_into_finding_now(request: StaffRequest, finding_id: int) -> HttpResponse:
    _ask(request, partial(look_into_finding, finding_id=finding_id))
    return redirect("fusion:finding", finding_id)


@login_required
@require_POST
def look_into_pair_now(request: StaffRequest, pair_id: int) -> HttpResponse:
    _ask(request, partial(look_into_pair, pair_id=pair_id))
    return redirect("fusion:pair", pair_id)


def _ask(request: StaffRequest, look_into: LookInto) -> None:
    """Ask as the form says, and tell what came of it."""
    now = clock.now()
    try:
        look_into(
            actor=request.actor,
            question=request.POST.get("question", ""),
            due_on=read_day(request.POST.get("due_on", ""), now=now),
            now=now,
        )
    except (Invalid, Conflict) as fault:
        messages.error(request, str(fault), "bad")
    else:
        messages.success(request, _("The worker of the grid sees the task now."), "good")
