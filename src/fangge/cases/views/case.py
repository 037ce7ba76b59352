"""One case: its page, and what is done to it."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.cases.actions.attaching import staging
from fangge.cases.actions.following import read_rating
from fangge.cases.actions.likening import find_same
from fangge.cases.actions.reading import OpenedCase, open_case
from fangge.cases.actions.transition import (
    AnswerUnfilled,
    CaseMovedMeanwhile,
    MoveIncomplete,
    move_case,
)
from fangge.cases.adapters.media import FileUnfit
from fangge.cases.forms import RECEIPT, FormUnfit, read_move, say_unfit
from fangge.cases.queries.answers import offer_answers
from fangge.cases.queries.desks import open_desks
from fangge.cases.queries.routing import proposal_of, route_case
from fangge.cases.rules.catalogue import SEVERITIES, shipped_catalogue
from fangge.cases.rules.routing import OWNERS
from fangge.kernel import clock

SURE = 0.5
"""From here on a proposal is chosen in the form; below it is only told."""


@login_required
@require_GET
def show_case(request: StaffRequest, number: str) -> HttpResponse:
    return _show(request, number)


def _show(
    request: StaffRequest, number: str, fault: tuple[str, str, str] | None = None
) -> HttpResponse:
    now = clock.now()
    opened = open_case(actor=request.actor, number=number, now=now)
    case = opened.case
    catalogue = shipped_catalogue()
    context = {
        "opened": opened,
        "case": case,
        "category": catalogue.categories.get(case.category),
        "now": now,
        "can": [one for one in opened.choices if not one.bar],
        "cannot": [one for one in opened.choices if one.bar],
        "categories": catalogue.categories.values(),
        "severities": SEVERITIES,
        "fault": fault,
        "rating": read_rating(case),
        "has_receipt": request.session.get(RECEIPT, [""])[0] == case.number,
        **_answering(request, opened),
        **_sorting(request, opened, now=now),
    }
    response = render(request, "cases/case.html", context, status=422 if fault else 200)
    response["Cache-Control"] = "no-store"
    return response


def _answering(request: StaffRequest, opened: OpenedCase) -> dict[str, object]:
    """Give the answers to choose from, and what stands in the field: chosen, or typed before."""
    offers = offer_answers(opened.case, [one.move.verb for one in opened.choices if not one.bar])
    asked = request.GET.get("answer", "")
    chosen = [
        (verb, text)
        for verb, held in offers.items()
        for code, _title, text in held
        if code == asked
    ]
    verb, note = (
        chosen[0] if chosen else (request.POST.get("verb", ""), request.POST.get("note", ""))
    )
    return {"offers": offers, "noted_verb": verb, "noted": note}


def _sorting(request: StaffRequest, opened: OpenedCase, *, now: datetime) -> dict[str, object]:
    """Give what the centre sorts a case by: the desk proposed, and what may be the same."""
    case = opened.case
    if not request.actor.may("cases.sort"):
        return {"desks": open_desks()} if request.actor.may("cases.work") else {}
    proposal = proposal_of(case) if case.state == "reported" else None
    route = route_case(case)
    return {
        "desks": open_desks(),
        "proposed": route.desk,
        "route": route,
        "proposal": proposal,
        "is_sure": proposal is not None and proposal.confidence >= SURE,
        "owners": OWNERS,
        "near": find_same(actor=request.actor, case=case, told=opened.told, now=now)
        if case.is_open
        else [],
    }


@login_required
@require_POST
def act(request: StaffRequest, number: str) -> HttpResponse:
    verb = request.POST.get("verb", "")
    try:
        with staging(request.FILES.getlist("files")) as files:
            doing, seen = read_move(request.POST.dict(), files)
            move_case(actor=request.actor, number=number, doing=doing, seen=seen, now=clock.now())
    except FileUnfit as error:
        return _show(request, number, (verb, "files", say_unfit(error)))
    except AnswerUnfilled as error:
        told = _("Write what belongs in the place of {name} before it is sent.")
        return _show(request, number, (verb, error.field, told.format(name=f"{{{error.name}}}")))
    except (MoveIncomplete, FormUnfit) as error:
        return _show(request, number, (verb, error.field, str(error)))
    except CaseMovedMeanwhile:
        told = _(
            "Somebody acted on this case while you read. Nothing of yours is done: look again."
        )
        messages.warning(request, told, "wait")
    else:
        messages.success(request, _("Done."), "good")
        if "triage" in request.POST:
            return redirect("cases:triage")
    return redirect("cases:case", number)
