"""The sign-in of others, for the security administrator."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from fangge.access.actions.looking_after import end_sessions_of, unlock_account
from fangge.access.actions.passwords import reset_password
from fangge.access.actions.second_factor import reset_second_factor
from fangge.access.actions.staff import restore_staff, suspend_staff
from fangge.access.adapters.lockout import is_locked_now
from fangge.access.queries import (
    StaffRequest,
    code_maker_of,
    find_staff,
    must_change_password,
    passkeys_of,
    password_days_left,
    roles_of,
    sessions_of,
    staff_of,
    staff_visible_to,
    tries_of,
)
from fangge.kernel import clock

A_PAGE = 50


@never_cache
@login_required
@require_GET
def show_all(request: StaffRequest) -> HttpResponse:
    text, after = request.GET.get("text", "").strip()[:60], request.GET.get("after", "")[:60]
    held = staff_visible_to(request.actor).filter(username__gt=after)
    if text:
        held = held.filter(username__startswith=text)
    found = list(held[: A_PAGE + 1])
    now = clock.now()
    rows = [
        {
            "staff": staff,
            "is_locked": is_locked_now(staff.username, now=now),
            "must_change": must_change_password(staff, now=now),
        }
        for staff in found[:A_PAGE]
    ]
    told = {
        "rows": rows,
        "text": text,
        "next": found[A_PAGE - 1].username if len(found) > A_PAGE else "",
    }
    return render(request, "access/sign_ins.html", told)


@never_cache
@login_required
@require_GET
def show_one(request: StaffRequest, staff_id: int) -> HttpResponse:
    return _render(request, staff_id)


@login_required
@require_POST
def give_password(request: StaffRequest, staff_id: int) -> HttpResponse:
    password = reset_password(actor=request.actor, staff_id=staff_id, now=clock.now())
    return _render(request, staff_id, password=password)


@login_required
@require_POST
def reset_factor(request: StaffRequest, staff_id: int) -> HttpResponse:
    reset_second_factor(actor=request.actor, staff_id=staff_id, now=clock.now())
    messages.success(
        request, _("The second factor is reset. It is enrolled anew at the next sign-in."), "good"
    )
    return redirect("access:sign-in-of", staff_id=staff_id)


@login_required
@require_POST
def unlock(request: StaffRequest, staff_id: int) -> HttpResponse:
    unlock_account(actor=request.actor, staff_id=staff_id, now=clock.now())
    messages.success(request, _("The account is open again."), "good")
    return redirect("access:sign-in-of", staff_id=staff_id)


@login_required
@require_POST
def end_all(request: StaffRequest, staff_id: int) -> HttpResponse:
    n_ended = end_sessions_of(actor=request.actor, staff_id=staff_id, now=clock.now())
    told = ngettext("One session ended.", "%(n)s sessions ended.", n_ended) % {"n": n_ended}
    messages.success(request, told, "good")
    return redirect("access:sign-in-of", staff_id=staff_id)


@login_required
@require_POST
def suspend(request: StaffRequest, staff_id: int) -> HttpResponse:
    suspend_staff(actor=request.actor, staff_id=staff_id, now=clock.now())
    messages.success(request, _("Suspended. Every session ended."), "good")
    return redirect("access:sign-in-of", staff_id=staff_id)


@login_required
@require_POST
def restore(request: StaffRequest, staff_id: int) -> HttpResponse:
    restore_staff(actor=request.actor, staff_id=staff_id, now=clock.now())
    messages.success(request, _("Restored. The person may sign in again."), "good")
    return redirect("access:sign-in-of", staff_id=staff_id)


def _render(request: StaffRequest, staff_id: int, *, password: str = "") -> HttpResponse:
    staff, now = find_staff(actor=request.actor, staff_id=staff_id), clock.now()
    told = {
        "staff": staff,
        "password": password,
        "roles": roles_of(staff, now=now),
        "is_locked": is_locked_now(staff.username, now=now),
        "must_change": must_change_password(staff, now=now),
        "days_left": password_days_left(staff, now=now),
        "code_maker": code_maker_of(staff),
        "passkeys": passkeys_of(staff),
        "sessions": sessions_of(staff, now=now),
        "tries": tries_of(staff),
        "is_own": staff.pk == staff_of(request).pk,
    }
    return render(request, "access/sign_in_of.html", told)
