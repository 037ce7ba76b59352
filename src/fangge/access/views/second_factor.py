"""Enrol a second factor, take it away, and make recovery codes."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.actions.second_factor import (
    CodeWrong,
    LastFactor,
    ask_for_passkey,
    enrol_code_maker,
    enrol_passkey,
    make_recovery_codes,
    remove_code_maker,
    remove_passkey,
)
from fangge.access.actions.sessions import end_other_sessions
from fangge.access.adapters.codes import draw_secret, make_secret, read_secret, spell_secret
from fangge.access.adapters.passkeys import PasskeyNotAccepted
from fangge.access.queries import StaffRequest, count_factors, count_recovery_codes, staff_of
from fangge.access.rules import Ending
from fangge.access.views.confirming import confirmed
from fangge.access.views.signing_in import domain_of, read_answer
from fangge.kernel import clock


@never_cache
@login_required
@require_GET
def choose(request: StaffRequest) -> HttpResponse:
    """Ask which second factor it shall be; who has one goes to their own page."""
    if request.session.get("is_strong") or count_factors(staff_of(request)):
        return redirect("access:account")
    is_needed = bool(settings.SECOND_FACTOR_ROLES & set(request.actor.roles))
    told = {"is_needed": is_needed, "base": "alone.html" if is_needed else "frame.html"}
    return render(request, "access/second_factor.html", told)


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def add_code_maker(request: StaffRequest) -> HttpResponse:
    fault, staff = "", staff_of(request)
    if request.method == "POST" and "new_secret" in request.session:
        try:
            enrol_code_maker(
                actor=request.actor,
                staff=staff,
                secret=read_secret(request.session["new_secret"]),
                code=request.POST.get("code", "").replace(" ", "")[:10],
                now=clock.now(),
            )
        except CodeWrong as error:
            fault = str(error)
        else:
            del request.session["new_secret"]
            return redirect(_go_on(request))
    else:
        request.session["new_secret"] = spell_secret(make_secret())
    spelt = request.session["new_secret"]
    told = {
        "picture": draw_secret(read_secret(spelt), account=staff.username),
        "secret": " ".join(spelt[i : i + 4] for i in range(0, len(spelt), 4)),
        "fault": fault,
        "base": "frame.html" if _is_inside(request) else "alone.html",
    }
    return render(request, "access/code_maker.html", told, status=422 if fault else 200)


@confirmed
@require_POST
def ask_new_passkey(request: StaffRequest) -> HttpResponse:
    options, state = ask_for_passkey(staff=staff_of(request), domain=domain_of(request))
    request.session["passkey_state"] = state
    return JsonResponse(options)


@confirmed
@require_POST
def add_passkey(request: StaffRequest) -> HttpResponse:
    told = read_answer(request)
    try:
        enrol_passkey(
            actor=request.actor,
            staff=staff_of(request),
            name=str(told.get("name", "")) or _("Passkey"),
            domain=domain_of(request),
            state=request.session.pop("passkey_state", {}),
            answer=told.get("answer") or {},
            now=clock.now(),
        )
    except PasskeyNotAccepted as error:
        return JsonResponse({"detail": _(str(error))}, status=422)
    return JsonResponse({"next": _go_on(request)})


@confirmed
@require_POST
def drop_code_maker(request: StaffRequest) -> HttpResponse:
    try:
        remove_code_maker(actor=request.actor, staff=staff_of(request), now=clock.now())
    except LastFactor as error:
        messages.error(request, str(error), "bad")
    else:
        messages.success(request, _("The second factor is taken away."), "good")
    return redirect("access:account")


@confirmed
@require_POST
def drop_passkey(request: StaffRequest, passkey_id: int) -> HttpResponse:
    try:
        remove_passkey(
            actor=request.actor,
            staff=staff_of(request),
            passkey_id=passkey_id,
            now=clock.now(),
        )
    except LastFactor as error:
        messages.error(request, str(error), "bad")
    else:
        messages.success(request, _("The second factor is taken away."), "good")
    return redirect("access:account")


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: StaffRequest) -> HttpResponse:
    staff = staff_of(request)
    if not count_factors(staff):
        return redirect("access:account")
    codes = (
        make_recovery_codes(actor=request.actor, staff=staff, now=clock.now())
        if request.method == "POST"
        else []
    )
    told = {"codes": codes, "n_left": count_recovery_codes(staff)}
    return render(request, "access/recovery_codes.html", told)


def _is_inside(request: StaffRequest) -> bool:
    needs_more = settings.SECOND_FACTOR_ROLES & set(request.actor.roles)
    return bool(request.session.get("is_strong")) or not needs_more


def _go_on(request: StaffRequest) -> str:
    """Take this session for one with a second factor, end the others, and give the next page."""
    staff = staff_of(request)
    request.session["is_strong"] = True
    end_other_sessions(
        actor=request.actor,
        staff=staff,
        kept_key=str(request.session.session_key),
        ending=Ending.SECOND_FACTOR_CHANGED,
        now=clock.now(),
    )
    messages.success(request, _("The second factor is enrolled."), "good")
    page = "access:account" if count_recovery_codes(staff) else "access:recovery-codes"
    return reverse(page)
