"""Sign in with the office's own sign-in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from fangge.access.actions.sessions import note_failure
from fangge.access.adapters.lockout import is_locked
from fangge.access.adapters.office import (
    OfficeAway,
    OfficeRefused,
    farewell_address,
    is_open,
    read_claims,
    send_to_office,
)
from fangge.access.queries import find_by_username, read_caller
from fangge.access.views.signing_in import let_in
from fangge.kernel import clock

STATUSES = {"away": 502, "refused": 403, "not_registered": 403}


@never_cache
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    if not is_open():
        return redirect("access:sign-in")
    request.session["office_target"] = request.GET.get("next", "")
    try:
        return send_to_office(request, back=_address(request, "access:office-back"))
    except OfficeAway:
        return _tell(request, "away")


@never_cache
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    if not is_open():
        return redirect("access:sign-in")
    try:
        claims = read_claims(request)
    except OfficeAway:
        return _tell(request, "away")
    except OfficeRefused:
        return _tell(request, "refused")
    username = str(claims.get(settings.OFFICE["claim"]) or "")
    staff = find_by_username(username)
    if staff is None:
        return _tell(request, "not_registered", username)
    if is_locked(request, username=username):
        return HttpResponse(status=403)
    return let_in(
        request,
        staff,
        way="office",
        target=request.session.pop("office_target", ""),
        is_strong=settings.OFFICE_ASKS_SECOND_FACTOR,
    )


@never_cache
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out of the office too, for who shares a computer."""
    back = _address(request, "access:sign-in")
    return HttpResponseRedirect((is_open() and farewell_address(back=back)) or back)


def _tell(request: HttpRequest, fault: str, username: str = "") -> HttpResponse:
    note_failure(
        username=username,
        outcome=fault,
        way="office",
        caller=read_caller(request),
        now=clock.now(),
    )
    told = {"fault": fault, "username": username, "office": settings.OFFICE}
    return render(request, "access/office_fault.html", told, status=STATUSES[fault])


def _address(request: HttpRequest, route: str) -> str:
    return request.build_absolute_uri(reverse(route))
