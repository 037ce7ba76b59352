"""The door: a code and four characters in, one click out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fangge.kernel import clock
from fangge.portal.actions.codes import CodeRefused, enter, leave
from fangge.portal.rules.codes import COOKIE, MOST_TRIES, STAY
from fangge.portal.views.visiting import keep_to_reader, set_visit


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show_door(request: HttpRequest) -> HttpResponse:
    is_refused = False
    if request.method == "POST":
        try:
            token = enter(
                code=request.POST.get("code", ""),
                last=request.POST.get("last", ""),
                now=clock.now(),
            )
        except CodeRefused:
            is_refused = True
        else:
            response = redirect("portal:looks")
            set_visit(response, token, seconds=int(STAY.total_seconds()))
            return keep_to_reader(response)
    context = {"is_refused": is_refused, "most_tries": MOST_TRIES}
    status = 403 if is_refused else 200
    return keep_to_reader(render(request, "portal/door.html", context, status=status))


@require_POST
def leave_visit(request: HttpRequest) -> HttpResponse:
    leave(token=request.COOKIES.get(COOKIE, ""), now=clock.now())
    response = redirect("portal:door")
    response.delete_cookie(COOKIE, samesite="Strict")
    return keep_to_reader(response)
