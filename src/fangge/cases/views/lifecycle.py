"""The table of states: its picture, its draft, and the cases that run by older versions."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.cases.actions.drafting import (
    DraftChangedMeanwhile,
    OwnDraft,
    RowUnfit,
    TableFaulty,
    begin_draft,
    change_row,
    discard_draft,
    faults_of,
    newest_version,
    open_draft,
    publish_draft,
)
from fangge.cases.actions.migrating import preview_cases, take_over_cases
from fangge.cases.forms import read_row
from fangge.cases.rules.deadlines import Unit
from fangge.cases.rules.lifecycle import Need, Part
from fangge.cases.rules.picture import BOX_HEIGHT, BOX_WIDTH, draw_lifecycle
from fangge.kernel import clock
from fangge.kernel.web import read_number


@login_required
@require_GET
def show_lifecycle(request: StaffRequest) -> HttpResponse:
    request.actor.require("lifecycle.see")
    newest, draft = newest_version(), open_draft()
    table = draft.table if draft else newest.table
    lifecycle, faults = faults_of(table)
    context = {
        "newest": newest,
        "draft": draft,
        "is_own": draft is not None and request.actor.reference in {draft.made_by, *draft.editors},
        "sections": _sections(table),
        "states": lifecycle.states,
        "faults": faults,
        "picture": draw_lifecycle(lifecycle),
        "box": {"width": BOX_WIDTH, "height": BOX_HEIGHT},
        "parts": list(Part),
        "needs": list(Need),
        "units": list(Unit),
        "groups": preview_cases(actor=request.actor),
    }
    return render(request, "cases/lifecycle.html", context)


def _sections(table: Mapping[str, Any]) -> dict[str, list[tuple[int, Mapping[str, Any]]]]:
    return {
        name: list(enumerate(table.get(name, []))) for name in ("moves", "clocks", "asks", "ladder")
    }


@login_required
@require_POST
def begin(request: StaffRequest) -> HttpResponse:
    begin_draft(actor=request.actor, now=clock.now())
    return redirect("cases:lifecycle")


@login_required
@require_POST
def change(request: StaffRequest) -> HttpResponse:
    request.actor.require("lifecycle.edit")
    typed = request.POST
    section = typed.get("section", "")
    try:
        row = None if "drop" in typed else read_row(section, typed)
        change_row(
            actor=request.actor,
            section=section,
            place=read_number(typed.get("place", "")),
            row=row,
            seen=read_number(typed.get("seen", "")) or 0,
            now=clock.now(),
        )
    except (RowUnfit, DraftChangedMeanwhile) as error:
        messages.error(request, _say(error), "bad")
    return redirect("cases:lifecycle")


@login_required
@require_POST
def end(request: StaffRequest) -> HttpResponse:
    """Publish the draft, or throw it away."""
    seen, now = read_number(request.POST.get("seen", "")) or 0, clock.now()
    try:
        if "discard" in request.POST:
            discard_draft(actor=request.actor, seen=seen, now=now)
            messages.success(request, _("The draft is thrown away."), "good")
        else:
            reason = request.POST.get("reason", "")
            publish_draft(actor=request.actor, reason=reason, seen=seen, now=now)
            messages.success(request, _("Published: new cases begin with it."), "good")
    except (RowUnfit, TableFaulty, OwnDraft, DraftChangedMeanwhile) as error:
        messages.error(request, _say(error), "bad")
    return redirect("cases:lifecycle")


@login_required
@require_POST
def take_over(request: StaffRequest) -> HttpResponse:
    n_taken, n_kept = take_over_cases(actor=request.actor, now=clock.now())
    told = _("Taken over: %(n)s cases. Kept their table: %(kept)s.")
    messages.success(request, told % {"n": n_taken, "kept": n_kept}, "good")
    return redirect("cases:lifecycle")


def _say(error: Exception) -> str:
    told: dict[type[Exception], str] = {
        OwnDraft: _("You worked on this draft: somebody else publishes it."),
        TableFaulty: _("The table would lose cases: mend what is named below first."),
        DraftChangedMeanwhile: _("Somebody changed the draft while you read: look again."),
    }
    return told.get(type(error), _("The row is not complete, or not of the right form."))
