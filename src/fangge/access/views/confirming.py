"""Ask again who is there, before what would let another person in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fangge.access.actions.second_factor import CodeWrong, use_code
from fangge.access.adapters.lockout import count_failure, is_locked
from fangge.access.queries import StaffRequest, count_factors, staff_of
from fangge.access.views.signing_in import safe_target
from fangge.kernel import clock

HOLDS_FOR = 10 * 60
"""Seconds that a confirmation holds."""

View = Callable[..., HttpResponse]


def confirmed(view: View) -> View:
    """Let a view run only for who confirmed in the last minutes that it is them."""

    @wraps(view)
    @login_required
    def ask_first(request: StaffRequest, **kwargs: Any) -> HttpResponse:
        at = request.session.get("confirmed_at", 0.0)
        if clock.now().timestamp() - at <= HOLDS_FOR:
            return view(request, **kwargs)
        there = request.get_full_path() if request.method == "GET" else reverse("access:account")
        return HttpResponseRedirect(f"{reverse('access:confirm')}?{urlencode({'next': there})}")

    return ask_first


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: StaffRequest) -> HttpResponse:
    staff = staff_of(request)
    target = safe_target(request, request.GET.get("next", "") or reverse("access:account"))
    fault = ""
    if request.method == "POST":
        if is_locked(request, username=staff.username):
            return HttpResponse(status=403)
        if _holds(request):
            request.session["confirmed_at"] = clock.now().timestamp()
            return HttpResponseRedirect(target)
        count_failure(request, username=staff.username, way="confirm")
        fault = _("That is not right.")
    told = {"fault": fault, "has_factor": count_factors(staff) > 0, "target": target}
    return render(request, "access/confirm.html", told, status=422 if fault else 200)


def _holds(request: HttpRequest) -> bool:
    staff = staff_of(request)
    if password := request.POST.get("password", ""):
        return staff.check_password(password)
    try:
        use_code(staff=staff, code=request.POST.get("code", "")[:40], now=clock.now())
    except CodeWrong:
        return False
    return True
