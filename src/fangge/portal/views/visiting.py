"""What the resident's pages share: the cookie of a visit, and headers against keeping a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from fangge.kernel import clock
from fangge.kernel.wall import reaching
from fangge.portal.queries.visits import Visit, reach_of_visit, visit_of
from fangge.portal.rules.codes import COOKIE


class VisitorRequest(HttpRequest):
    """A request of a resident whose visit is under way."""

    visit: Visit


View = Callable[..., HttpResponse]


def keep_to_reader(response: HttpResponse) -> HttpResponse:
    """Let nobody keep or index this page."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def set_visit(response: HttpResponse, token: str, *, seconds: int) -> None:
    """Hand the visit's token to the browser: for this site, out of reach of scripts."""
    response.set_cookie(
        COOKIE, token, max_age=seconds, httponly=True, secure=settings.IS_HTTPS, samesite="Strict"
    )


def own_page(view: View) -> View:
    """Open a page to the resident of a visit under way; send everybody else to the door."""

    @sensitive_post_parameters()
    @wraps(view)
    def enter(request: Any, *arguments: Any, **named: Any) -> HttpResponse:
        visit = visit_of(request.COOKIES.get(COOKIE, ""), now=clock.now())
        if visit is None:
            return keep_to_reader(redirect("portal:door"))
        request.visit = visit
        with reaching(reach_of_visit(visit)):
            return keep_to_reader(view(request, *arguments, **named))

    return enter
