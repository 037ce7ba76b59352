"""Life events and corrections: the form, the queue, one request with before and after."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.requests.asking import (
    EventRefused,
    Telling,
    ask_correction,
    ask_life_event,
)
from fangge.fusion.actions.requests.deciding import (
    approve_request,
    open_request,
    refuse_request,
    take_back_request,
    withdraw_request,
)
from fangge.fusion.forms import make_event_form
from fangge.fusion.queries.requests import STATES, list_requests
from fangge.fusion.rules.life import SHAPES, compare_states, may_decide
from fangge.kernel import clock
from fangge.kernel.errors import Missing
from fangge.kernel.web import read_number
from fangge.registers.actions.finding import find_addresses
from fangge.registers.actions.looks import keep_looks
from fangge.registers.queries.entries import (
    get_address,
    get_organisation,
    get_resident,
    mask_resident,
    occupancies_of,
)

CHOICES = 6


@login_required
@require_http_methods(["GET", "POST"])
def show_event_form(request: StaffRequest) -> HttpResponse:
    request.actor.require("life.register")
    given = request.POST if request.method == "POST" else request.GET
    event = given.get("event", "")
    if event not in SHAPES:
        raise Missing(f"There is no life event {event}.")
    about = _read_about(request, given)
    values = {name: text for name, text in given.items() if isinstance(text, str)}
    faults: list[tuple[str, str]] = []
    choices: list[tuple[int, str]] = []
    if request.method == "POST":
        address_id, choices = _find_address(request, event, given, about)
        if choices:
            faults = [("address", "choose_address")]
        else:
            try:
                state, request_id = _ask(request, event, values, about, address_id)
            except EventRefused as error:
                faults = error.faults
            else:
                return _tell_asked(request, state, request_id)
    context = {
        "form": make_event_form(event, values, faults),
        "about": about,
        "choices": choices,
        "token": given.get("token") or uuid4(),
        "today": clock.now().date().isoformat(),
        "from_address": given.get("from_address", ""),
    }
    response = render(request, "fusion/event_form.html", context, status=422 if faults else 200)
    response["Cache-Control"] = "no-store"
    return response


def _tell_asked(request: StaffRequest, state: str, request_id: int) -> HttpResponse:
    if state == "waiting":
        told = _("Asked. Somebody else approves it before the register changes.")
        messages.success(request, told, "wait")
    else:
        messages.success(request, _("Registered. The register says so now."), "good")
    return redirect("fusion:request", request_id)


def _ask(
    request: StaffRequest,
    event: str,
    values: dict[str, str],
    about: dict[str, object],
    address_id: int | None,
) -> tuple[str, int]:
    token = _read_token(values.get("token", ""))
    entry_id = read_number(str(about.get("entry_id") or ""))
    if event == "correction":
        asked = ask_correction(
            actor=request.actor,
            resident_id=entry_id or 0,
            values=values,
            token=token,
            now=clock.now(),
        )
        return asked.state, asked.pk
    telling = Telling(
        event,
        values,
        entry_id=entry_id,
        address_id=address_id,
        from_address_id=read_number(values.get("from_address", "")),
    )
    asked = ask_life_event(actor=request.actor, telling=telling, token=token, now=clock.now())
    return asked.state, asked.pk


def _read_token(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _read_about(request: StaffRequest, given: QueryDict) -> dict[str, object]:
    """Say whom or which place the form is about, by a masked name."""
    resident_id = read_number(given.get("resident", ""))
    organisation_id = read_number(given.get("organisation", ""))
    address_id = read_number(given.get("address_id", ""))
    if resident_id is not None:
        resident = get_resident(actor=request.actor, resident_id=resident_id)
        held = occupancies_of(actor=request.actor, resident=resident)
        keep_looks(
            actor=request.actor,
            verb="residents.see",
            resident_ids=[resident.pk],
            fields=("name_masked", "addresses"),
            object_reference="form of a life event",
            now=clock.now(),
        )
        return {
            "kind": "resident",
            "entry_id": resident.pk,
            "label": mask_resident(resident),
            "tenancies": [one for one in held if one.kind == "tenant" and one.ends_on is None],
        }
    if organisation_id is not None:
        firm = get_organisation(actor=request.actor, organisation_id=organisation_id)
        return {"kind": "organisation", "entry_id": firm.pk, "label": firm.name}
    if address_id is not None:
        entry = get_address(actor=request.actor, address_id=address_id, now=clock.now())
        return {"kind": "address", "address_id": address_id, "label": entry.address.full_name}
    raise Missing("Open a resident, an organisation or an address first.")


def _find_address(
    request: StaffRequest, event: str, given: QueryDict, about: dict[str, object]
) -> tuple[int | None, list[tuple[int, str]]]:
    """Find the address that a text means; where it is not certain, give what to choose from."""
    if "address" not in SHAPES[event].asks:
        return read_number(str(about.get("address_id") or "")), []
    chosen, text = read_number(given.get("chosen", "")), given.get("address", "").strip()
    if chosen is not None:
        return chosen, []
    found = [place for place, _reasons in find_addresses(actor=request.actor, text=text)]
    exact = [place for place in found if place.full_name == text]
    if exact or not text:
        return (exact[0].pk if exact else None), []
    return None, [(place.pk, place.full_name) for place in found[:CHOICES]]


@login_required
@require_GET
def show_requests(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("state", "waiting")
    event = request.GET.get("event", "")
    after = request.GET.get("after", "0")
    rows, next_key = list_requests(
        actor=request.actor,
        state=state if state in STATES else "",
        event=event if event in SHAPES else "",
        before=read_number(after) or 0,
        about=(
            read_number(request.GET.get("resident", "")),
            read_number(request.GET.get("organisation", "")),
        ),
    )
    context = {
        "rows": rows,
        "next_key": next_key,
        "state": state,
        "event": event,
        "events": list(SHAPES),
        "states": STATES,
    }
    return render(request, "fusion/requests.html", context)


@login_required
@require_GET
def show_request(request: StaffRequest, request_id: int) -> HttpResponse:
    asked, values = open_request(actor=request.actor, request_id=request_id, now=clock.now())
    is_own = not may_decide(asked_by=asked.asked_by, decider=request.actor.reference)
    decides = request.actor.may("requests.decide", grid_id=asked.grid_id)
    context = {
        "asked": asked,
        "values": values,
        "differences": compare_states(asked.before, asked.after),
        "is_own": is_own,
        "may_decide": decides and not is_own,
        "may_take_back": decides or (is_own and not asked.needs_approval),
    }
    response = render(request, "fusion/request.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def approve(request: StaffRequest, request_id: int) -> HttpResponse:
    approve_request(actor=request.actor, request_id=request_id, now=clock.now())
    messages.success(request, _("Approved. The register says so now."), "good")
    return redirect("fusion:request", request_id)


@login_required
@require_POST
def refuse(request: StaffRequest, request_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    refuse_request(actor=request.actor, request_id=request_id, reason=reason, now=clock.now())
    messages.success(request, _("Refused. Whoever asked can read why."), "good")
    return redirect("fusion:request", request_id)


@login_required
@require_POST
def withdraw(request: StaffRequest, request_id: int) -> HttpResponse:
    withdraw_request(actor=request.actor, request_id=request_id, now=clock.now())
    messages.success(request, _("Withdrawn. Nothing was changed."), "good")
    return redirect("fusion:request", request_id)


@login_required
@require_POST
def take_back(request: StaffRequest, request_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    take_back_request(actor=request.actor, request_id=request_id, reason=reason, now=clock.now())
    messages.success(request, _("Taken back. The registers stand as before."), "good")
    return redirect("fusion:request", request_id)
