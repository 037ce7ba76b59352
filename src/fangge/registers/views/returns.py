"""Departmental returns: the list, the form, one return with its approval and its files."""

from datetime import date
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.disclosure.actions.releasing import TooNear
from fangge.kernel import clock
from fangge.kernel.web import as_download, read_number
from fangge.registers.actions.returns.asking import AlreadyHeld, ReturnRefused, Wish, ask_return
from fangge.registers.actions.returns.counting import count_return
from fangge.registers.actions.returns.making import decide_return, make_return
from fangge.registers.queries.returns import (
    areas_to_choose,
    columns_of,
    count_saved,
    get_return,
    list_returns,
    made_of,
)
from fangge.registers.rules.masking import RETURNED_FOR, returnable_for
from fangge.registers.rules.returns import COLUMNS

PREVIEW = 30


@login_required
@require_GET
def show_returns(request: StaffRequest) -> HttpResponse:
    rows = list_returns(actor=request.actor)
    return render(request, "registers/returns.html", {"rows": rows, "saved": count_saved()})


@login_required
@require_http_methods(["GET", "POST"])
def show_return_form(request: StaffRequest) -> HttpResponse:
    request.actor.require("returns.ask")
    given = request.POST if request.method == "POST" else request.GET
    register = given.get("register", "resident")
    register = register if register in COLUMNS else "resident"
    purpose = given.get("purpose", "statistics")
    chosen = [name for name in given.getlist("fields") if name in COLUMNS[register]]
    faults: list[tuple[str, str]] = []
    if request.method == "POST":
        try:
            asked = ask_return(
                actor=request.actor,
                wish=_read_wish(request, register, chosen),
                token=_read_token(given.get("token", "")),
                now=clock.now(),
            )
        except ReturnRefused as error:
            faults = error.faults
        except AlreadyHeld as error:
            told = _("This is held already: use this return. Nobody has to be asked again.")
            messages.warning(request, told, "wait")
            return redirect("registers:return", error.return_id)
        else:
            messages.success(request, _("Asked. Somebody else approves it."), "good")
            return redirect("registers:return", asked.pk)
    context = {
        "register": register,
        "registers": list(COLUMNS),
        "columns": COLUMNS[register].items(),
        "chosen": chosen,
        "purpose": purpose,
        "purposes": list(RETURNED_FOR),
        "allowed": returnable_for(purpose),
        "is_total": given.get("is_total", "1" if purpose == "statistics" else "0") == "1",
        "areas": areas_to_choose(),
        "values": {name: given.get(name, "") for name in
                   ("title", "department", "reason", "legal_basis", "area", "day")},
        "faults": faults,
        "token": given.get("token") or uuid4(),
        "today": clock.now().date().isoformat(),
    }  # fmt: skip
    return render(request, "registers/return_form.html", context, status=422 if faults else 200)


def _read_wish(request: StaffRequest, register: str, chosen: list[str]) -> Wish:
    given = request.POST
    area = given.get("area", "")
    return Wish(
        title=given.get("title", "")[:120],
        department=given.get("department", "")[:120],
        register=register,
        purpose=given.get("purpose", ""),
        reason=given.get("reason", ""),
        legal_basis=given.get("legal_basis", ""),
        fields=chosen,
        is_total=given.get("is_total") == "1",
        area_id=read_number(area),
        day=_read_day(given.get("day", "")),
    )


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_token(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


@login_required
@require_GET
def show_return(request: StaffRequest, return_id: int) -> HttpResponse:
    held = get_return(actor=request.actor, return_id=return_id)
    is_own = held.asked_by == request.actor.reference
    context = {
        "held": held,
        "columns": columns_of(held),
        "made": made_of(held),
        "is_own": is_own,
        "may_approve": request.actor.may("returns.approve") and not is_own,
        "may_make": held.state == "approved"
        and request.actor.may("returns.make")
        and (held.is_total or held.register != "resident" or request.actor.may("residents.see")),
        "n_preview": PREVIEW,
    }
    if held.state == "approved" and held.is_total:
        try:
            context["preview"] = count_return(actor=request.actor, held=held, now=clock.now())
        except TooNear as refusal:
            context |= {"refusal": refusal, "may_make": False}
    return render(request, "registers/return.html", context)


@login_required
@require_POST
def decide(request: StaffRequest, return_id: int) -> HttpResponse:
    is_approved = "approve" in request.POST
    decide_return(
        actor=request.actor,
        return_id=return_id,
        is_approved=is_approved,
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    told = _("Approved. It can be made now.") if is_approved else _("Refused.")
    messages.success(request, told, "good")
    return redirect("registers:return", return_id)


@login_required
@require_POST
def make(request: StaffRequest, return_id: int) -> HttpResponse:
    form = request.POST.get("form", "xlsx")
    made = make_return(actor=request.actor, return_id=return_id, form=form, now=clock.now())
    return as_download(made)
