"""The resident's rights: a copy, a correction, a deletion, and what became of them."""

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.fusion.actions.requests.asking import EventRefused
from fangge.kernel import clock
from fangge.kernel.errors import FanggeError
from fangge.kernel.web import as_download, status_of
from fangge.portal.actions.claims import LONGEST, claim_correction, claim_deletion
from fangge.portal.actions.copies import FORMS, take_copy
from fangge.portal.queries.claims import claims_of
from fangge.portal.views.own import read_token
from fangge.portal.views.visiting import VisitorRequest, own_page
from fangge.registers.queries.own import FIELDS


@own_page
@require_GET
def show_rights(request: VisitorRequest) -> HttpResponse:
    context = {
        "visit": request.visit,
        "claims": claims_of(request.visit, now=clock.now()),
        "forms": FORMS,
    }
    return render(request, "portal/rights.html", context)


@own_page
@require_POST
def copy(request: VisitorRequest) -> HttpResponse:
    form = request.POST.get("form", "")
    return as_download(take_copy(visit=request.visit, form=form, now=clock.now()))


@own_page
@require_http_methods(["GET", "POST"])
def correct(request: VisitorRequest) -> HttpResponse:
    faults: list[tuple[str, str]] = []
    fault: FanggeError | None = None
    if request.method == "POST":
        try:
            claim_correction(
                visit=request.visit,
                values={name: request.POST.get(name, "") for name in FIELDS},
                text=request.POST.get("text", ""),
                token=read_token(request.POST.get("token", "")),
                now=clock.now(),
            )
        except EventRefused as error:
            fault, faults = error, error.faults
        else:
            return redirect("portal:rights")
    return _form(request, "portal/correct.html", fault, dict(faults))


@own_page
@require_http_methods(["GET", "POST"])
def delete(request: VisitorRequest) -> HttpResponse:
    fault: FanggeError | None = None
    if request.method == "POST":
        try:
            claim_deletion(
                visit=request.visit,
                text=request.POST.get("text", ""),
                token=read_token(request.POST.get("token", "")),
                now=clock.now(),
            )
        except FanggeError as error:
            fault = error
        else:
            return redirect("portal:rights")
    return _form(request, "portal/delete.html", fault, {})


def _form(
    request: VisitorRequest, template: str, fault: FanggeError | None, faults: dict[str, str]
) -> HttpResponse:
    context = {
        "visit": request.visit,
        "fault": fault,
        "faults": faults,
        "typed": request.POST,
        "token": request.POST.get("token") or uuid4(),
        "longest": LONGEST,
    }
    return render(request, template, context, status=status_of(fault) if fault else 200)
