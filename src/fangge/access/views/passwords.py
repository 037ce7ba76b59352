"""Take a new password."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import get_default_password_validators
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fangge.access.actions.passwords import (
    CurrentPasswordWrong,
    PasswordNotAccepted,
    change_password,
)
from fangge.access.actions.sessions import end_other_sessions, move_session
from fangge.access.adapters.lockout import count_failure, is_locked
from fangge.access.queries import StaffRequest, must_change_password, staff_of
from fangge.access.rules import Ending
from fangge.kernel import clock

MOST = 200
"""Characters that are read of a password."""


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: StaffRequest) -> HttpResponse:
    staff, now = staff_of(request), clock.now()
    is_forced = must_change_password(staff, now=now)
    faults: dict[str, list[str]] = {}
    if request.method == "POST":
        if is_locked(request, username=staff.username):
            return HttpResponse(status=403)
        faults = _take(request)
        if not faults:
            messages.success(request, _("Your password is changed. Other sessions ended."), "good")
            return redirect("insight:home" if is_forced else "access:account")
    told = {
        "faults": faults,
        "is_forced": is_forced,
        "is_temporary": staff.password_is_temporary,
        "n_days": settings.PASSWORD_DAYS,
        "n_past": settings.PASSWORD_HISTORY,
        "n_kinds": settings.PASSWORD_KINDS,
        "n_characters": _least_length(),
        "base": "alone.html" if is_forced else "frame.html",
    }
    return render(request, "access/password.html", told, status=422 if faults else 200)


def _take(request: StaffRequest) -> dict[str, list[str]]:
    """Take the new password; give what is wrong by field."""
    staff, now = staff_of(request), clock.now()
    typed = {name: request.POST.get(name, "")[:MOST] for name in ("current", "fresh", "again")}
    if typed["fresh"] != typed["again"]:
        return {"again": [_("The two are not the same.")]}
    try:
        changed = change_password(
            actor=request.actor,
            staff=staff,
            current=typed["current"],
            fresh=typed["fresh"],
            now=now,
        )
    except CurrentPasswordWrong as error:
        count_failure(request, username=staff.username, way="current_password")
        return {"current": [str(error)]}
    except PasswordNotAccepted as error:
        return {"fresh": error.faults}
    old_key = str(request.session.session_key)
    update_session_auth_hash(request, changed)
    new_key = str(request.session.session_key)
    move_session(old_key=old_key, new_key=new_key)
    end_other_sessions(
        actor=request.actor,
        staff=staff,
        kept_key=new_key,
        ending=Ending.PASSWORD_CHANGED,
        now=now,
    )
    return {}


def _least_length() -> int:
    return next(
        (
            held.min_length
            for held in get_default_password_validators()
            if hasattr(held, "min_length")
        ),
        0,
    )
