"""The steward's queue of address texts, and what is decided on them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.kernel.errors import FanggeError
from fangge.kernel.web import read_number, status_of
from fangge.registers.actions.corrections import (
    ask_to_look,
    choose_address,
    mark_absent,
    withdraw_decision,
)
from fangge.registers.actions.offer import offer_choices
from fangge.registers.queries.corrections import (
    STATES,
    get_waiting,
    list_waiting,
    next_waiting,
    text_of_decision,
)
from fangge.registers.rules.corrections import Naming


@login_required
@require_GET
def show_waiting(request: StaffRequest) -> HttpResponse:
    state, text = request.GET.get("state", "waiting"), request.GET.get("text", "").strip()
    state = state if state in STATES else STATES[0]
    page = list_waiting(
        actor=request.actor, state=state, text=text, after=request.GET.get("after", "")
    )
    context = {"page": page, "state": state, "text": text}
    return render(request, "registers/waiting.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def show_text(request: StaffRequest, text_id: int) -> HttpResponse:
    fault: FanggeError | None = None
    if request.method == "POST":
        try:
            return _choose(request, text_id)
        except FanggeError as error:
            fault = error
    asked = request.POST if request.method == "POST" else request.GET
    offer = offer_choices(
        actor=request.actor,
        text_id=text_id,
        code=asked.get("code", ""),
        typed=asked.get("find", "").strip()[:200],
        own=_read_naming(asked.get("naming", "")) or _read_own(request),
    )
    context = {"offer": offer, "fault": fault, "chosen_naming": asked.get("naming", "")}
    response = render(
        request, "registers/waiting_text.html", context, status=status_of(fault) if fault else 200
    )
    response["Cache-Control"] = "no-store"
    return response


def _choose(request: StaffRequest, text_id: int) -> HttpResponse:
    decision = choose_address(
        actor=request.actor,
        text_id=text_id,
        code=request.POST.get("code", ""),
        naming=_read_naming(request.POST.get("naming", "")),
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    n_texts = decision.settled.count()
    told = ngettext(
        "Decided: %(n)s text no longer waits. You can take it back from its page.",
        "Decided: %(n)s texts no longer wait. You can take it back from the page of this text.",
        n_texts,
    )
    messages.success(request, told % {"n": n_texts}, "good")
    return _go_on(request, text_id)


def _go_on(request: StaffRequest, text_id: int) -> HttpResponse:
    waiting = next_waiting(
        actor=request.actor, text=get_waiting(actor=request.actor, text_id=text_id)
    )
    if waiting is None:
        return redirect("registers:waiting")
    return redirect("registers:waiting-text", waiting.pk)


def _read_naming(value: str) -> Naming | None:
    """Read the value of a choice, `12:观前苑`; an empty one names nothing."""
    address_id, _colon, wording = value.partition(":")
    number = read_number(address_id)
    return Naming(wording, number) if number is not None and wording else None


def _read_own(request: StaffRequest) -> Naming | None:
    """Read the wording that somebody typed for one of the addresses."""
    address_id, wording = request.GET.get("names", ""), request.GET.get("wording", "").strip()
    number = read_number(address_id)
    return Naming(wording, number) if number is not None and wording else None


@login_required
@require_POST
def set_aside(request: StaffRequest, text_id: int) -> HttpResponse:
    """Decide that the text is not in the register, or that somebody is to look."""
    reason = request.POST.get("reason", "")
    if request.POST.get("choice") == "visit":
        ask_to_look(actor=request.actor, text_id=text_id, reason=reason, now=clock.now())
        told = _("Kept as an open item for somebody to look at.")
    else:
        mark_absent(actor=request.actor, text_id=text_id, reason=reason, now=clock.now())
        told = _("Kept as not in the register.")
    messages.success(request, told, "good")
    return _go_on(request, text_id)


@login_required
@require_POST
def withdraw(request: StaffRequest, decision_id: int) -> HttpResponse:
    withdraw_decision(
        actor=request.actor,
        decision_id=decision_id,
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    messages.success(request, _("Taken back: what it had settled waits again."), "good")
    text = text_of_decision(actor=request.actor, decision_id=decision_id)
    return redirect("registers:waiting-text", text.pk)
