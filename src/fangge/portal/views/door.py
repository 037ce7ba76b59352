"""The door: a code and four characters in, one click out."""

from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fangge.access.actions.limits import CalledTooOften, count_call, refuse_if_spent
from fangge.access.queries import read_caller
from fangge.kernel import clock
from fangge.portal.actions.codes import CodeRefused, enter, leave
from fangge.portal.rules.codes import COOKIE, MOST_TRIES, SPELL, STAY
from fangge.portal.views.visiting import keep_to_reader, set_visit

FORBIDDEN = 403


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show_door(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            token = _try(request)
        except CodeRefused:
            return _render(request, status=403)
        except CalledTooOften as error:
            response = _render(request, status=429, n_minutes=error.seconds // 60 + 1)
            response["Retry-After"] = str(error.seconds)
            return response
        else:
            response = redirect("portal:looks")
            set_visit(response, token, seconds=int(STAY.total_seconds()))
            return keep_to_reader(response)
    return _render(request, status=200)


def _try(request: HttpRequest) -> str:
    """Open a visit; wrong codes are counted for the network that they come from."""
    now, most = clock.now(), settings.DOOR_TRIES
    caller = f"door:{read_caller(request).network}"
    refuse_if_spent(caller=caller, most=most, spell=SPELL, now=now)
    try:
        return enter(code=request.POST.get("code", ""), last=request.POST.get("last", ""), now=now)
    except CodeRefused:
        with suppress(CalledTooOften):
            count_call(caller=caller, most=most, spell=SPELL, now=now)
        raise


def _render(request: HttpRequest, *, status: int, n_minutes: int = 0) -> HttpResponse:
    context = {
        "is_refused": status == FORBIDDEN,
        "most_tries": MOST_TRIES,
        "n_minutes": n_minutes,
    }
    return keep_to_reader(render(request, "portal/door.html", context, status=status))


@require_POST
def leave_visit(request: HttpRequest) -> HttpResponse:
    leave(token=request.COOKIES.get(COOKIE, ""), now=clock.now())
    response = redirect("portal:door")
    response.delete_cookie(COOKIE, samesite="Strict")
    return keep_to_reader(response)
