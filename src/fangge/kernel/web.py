"""Errors to responses; files that leave; paging by key."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fangge.kernel.errors import Conflict, FanggeError, Invalid, Missing, Refused


@dataclass(frozen=True, slots=True)
class Download:
    """A file that leaves: only `disclosure` makes one, with its mark and its entry."""

    body: bytes
    kind: str
    name: str
    code: str


LONGEST_NUMBER = 18
"""Digits of a number that a bigint holds whatever they are."""

STATUSES: dict[type[FanggeError], int] = {Refused: 403, Missing: 404, Conflict: 409, Invalid: 422}


def status_of(error: FanggeError) -> int:
    """Give the HTTP status of an error by the nearest of its roots."""
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 400)


def as_download(file: Download) -> HttpResponse:
    """Answer with a file to be kept; the one place from which files leave."""
    response = HttpResponse(file.body, content_type=file.kind)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["X-Export-Code"] = file.code
    response["Cache-Control"] = "no-store"
    return response


def read_number(text: str) -> int | None:
    """Read a number that an address or a form carries; what the database cannot count is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else None


def is_unwritable(exception: Exception) -> bool:
    """Tell whether the database refused a text for a character that no text may hold."""
    return isinstance(exception, DataError | ValueError) and "NUL" in str(exception)


class TextUnwritable(Invalid):
    """A text holds a character that no text may hold."""


class ErrorsToResponses:
    """Turn what a person may be told into a page, or JSON for a machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_unwritable(exception):
            exception = TextUnwritable("A text holds a character that no text may hold.")
        if not isinstance(exception, FanggeError):
            return None
        status = status_of(exception)
        if "application/json" in request.headers.get("Accept", ""):
            body = json.dumps({"error": type(exception).__name__, "detail": str(exception)})
            return HttpResponse(body, status=status, content_type="application/json")
        return render(
            request, "errors/told.html", {"error": exception, "status": status}, status=status
        )
