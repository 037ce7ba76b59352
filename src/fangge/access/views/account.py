"""A person's own sign-in: where they are signed in, what was tried, how they prove who they are."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from fangge.access.actions.sessions import end_other_sessions, end_session
from fangge.access.queries import (
    StaffRequest,
    code_maker_of,
    count_recovery_codes,
    is_password_near_its_end,
    passkeys_of,
    password_days_left,
    sessions_of,
    staff_of,
    tries_of,
)
from fangge.access.rules import Ending
from fangge.kernel import clock


@never_cache
@login_required
@require_GET
def show(request: StaffRequest) -> HttpResponse:
    staff, now = staff_of(request), clock.now()
    told = {
        "staff": staff,
        "days_left": password_days_left(staff, now=now),
        "is_near": is_password_near_its_end(staff, now=now),
        "code_maker": code_maker_of(staff),
        "passkeys": passkeys_of(staff),
        "n_recovery_codes": count_recovery_codes(staff),
        "is_needed": bool(settings.SECOND_FACTOR_ROLES & set(request.actor.roles)),
        "sessions": sessions_of(staff, now=now),
        "here": request.session.session_key,
        "tries": tries_of(staff),
    }
    return render(request, "access/account.html", told)


@login_required
@require_POST
def end_one(request: StaffRequest, session_id: int) -> HttpResponse:
    end_session(
        actor=request.actor, staff=staff_of(request), session_id=session_id, now=clock.now()
    )
    messages.success(request, _("The session has ended."), "good")
    return redirect("access:account")


@login_required
@require_POST
def end_others(request: StaffRequest) -> HttpResponse:
    n_ended = end_other_sessions(
        actor=request.actor,
        staff=staff_of(request),
        kept_key=str(request.session.session_key),
        ending=Ending.ENDED_BY_OWNER,
        now=clock.now(),
    )
    told = ngettext("One session ended.", "%(n)s sessions ended.", n_ended) % {"n": n_ended}
    messages.success(request, told, "good")
    return redirect("access:account")


@never_cache
@require_GET
def seconds_left(request: StaffRequest) -> JsonResponse:
    return JsonResponse({"seconds": getattr(request, "seconds_left", 0)})


@login_required
@require_POST
def stay(request: StaffRequest) -> JsonResponse:
    return JsonResponse({"seconds": request.seconds_left})
