"""Why an entry's records are one, how its values were chosen, and taking one record out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.review.takeout import take_out
from fangge.fusion.actions.review.why import explain_entry
from fangge.fusion.queries.sources import source_titles
from fangge.kernel import clock
from fangge.kernel.errors import Conflict
from fangge.kernel.web import read_number
from fangge.registers.queries.matters import matters_about


@login_required
@require_http_methods(["GET", "POST"])
def show_why(request: StaffRequest, kind: str, entry_id: int) -> HttpResponse:
    story = explain_entry(
        actor=request.actor,
        kind=kind,
        entry_id=entry_id,
        purpose=request.POST.get("purpose", ""),
        matter=request.POST.get("matter", ""),
        now=clock.now(),
    )
    titles = source_titles()
    names = {
        member.number: f"{titles[member.record.source.code]} · {member.record.row_no}"
        for member in story.members
    }
    may_open = kind == "resident" and request.actor.may("residents.open")
    context = {
        "story": story,
        "matters": matters_about(actor=request.actor, resident_id=entry_id) if may_open else [],
        "members": [(member, names[member.number]) for member in story.members],
        "bonds": [
            (bond, names[bond.left.number], names[bond.right.number]) for bond in story.bonds
        ],
        "fields": [
            (one, [(told, names[told.member.number]) for told in one.told]) for one in story.fields
        ],
    }
    response = render(request, "fusion/review/why.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def take_out_record(request: StaffRequest, kind: str, entry_id: int) -> HttpResponse:
    record = request.POST.get("record", "")
    try:
        judgement = take_out(
            actor=request.actor,
            kind=kind,
            entry_id=entry_id,
            record_id=read_number(record) or 0,
            part=request.POST.get("part", ""),
            reason=request.POST.get("reason", ""),
            now=clock.now(),
        )
    except Conflict as error:
        messages.error(request, str(error), "bad")
    else:
        told = _("The record speaks of an entry of its own now. Decision %(n)s can be taken back.")
        messages.success(request, told % {"n": judgement.pk}, "good")
    return redirect("fusion:why", kind, entry_id)
