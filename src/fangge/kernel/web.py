"""Errors to responses; paging by key."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fangge.kernel.errors import Conflict, FanggeError, Invalid, Missing, Refused

STATUSES: dict[type[FanggeError], int] = {Refused: 403, Missing: 404, Conflict: 409, Invalid: 422}


def status_of(error: FanggeError) -> int:
    """Give the HTTP status of an error by the nearest of its roots."""
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 400)


class ErrorsToResponses:
    """Turn what a person may be told into a page, or JSON for a machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, FanggeError):
            return None
        status = status_of(exception)
        if "application/json" in request.headers.get("Accept", ""):
            body = json.dumps({"error": type(exception).__name__, "detail": str(exception)})
            return HttpResponse(body, status=status, content_type="application/json")
        return render(
            request, "errors/told.html", {"error": exception, "status": status}, status=status
        )
