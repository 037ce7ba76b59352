"""What a resident sees: who looked, the proof of it, and their questions."""

from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from fangge.kernel import clock
from fangge.kernel.errors import Invalid
from fangge.kernel.web import as_download, read_number
from fangge.portal.actions.copies import take_proof
from fangge.portal.actions.questions import LONGEST, question_look
from fangge.portal.queries.looks import look_of, looks_at
from fangge.portal.queries.questions import WHYS_TOLD, questions_of
from fangge.portal.views.visiting import VisitorRequest, own_page


@own_page
@require_GET
def show_looks(request: VisitorRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    looks, next_key = looks_at(request.visit, before=read_number(before))
    context = {
        "visit": request.visit,
        "looks": looks,
        "next_key": next_key,
        "questions": questions_of(request.visit, now=clock.now()),
    }
    return render(request, "portal/looks.html", context)


@own_page
@require_GET
def show_proof(request: VisitorRequest, entry_id: int) -> HttpResponse:
    return as_download(take_proof(visit=request.visit, entry_id=entry_id, now=clock.now()))


@own_page
@require_http_methods(["GET", "POST"])
def ask(request: VisitorRequest, entry_id: int) -> HttpResponse:
    look, _entry = look_of(request.visit, entry_id=entry_id)
    fault = ""
    if request.method == "POST":
        try:
            question_look(
                visit=request.visit,
                entry_id=entry_id,
                why=request.POST.get("why", ""),
                text=request.POST.get("text", ""),
                token=read_token(request.POST.get("token", "")),
                now=clock.now(),
            )
        except Invalid as error:
            fault = str(error)
        else:
            return redirect("portal:looks")
    context = {
        "visit": request.visit,
        "look": look,
        "whys": WHYS_TOLD,
        "token": uuid4(),
        "fault": fault,
        "longest": LONGEST,
        "typed": request.POST.get("text", ""),
    }
    return render(request, "portal/ask.html", context, status=422 if fault else 200)


def read_token(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
