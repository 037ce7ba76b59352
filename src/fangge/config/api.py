"""The JSON face of every app, mounted once under /api/."""

from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import django_auth

from fangge.kernel.errors import FanggeError
from fangge.kernel.web import TextUnwritable, is_unwritable, status_of

FORBIDDEN = 403

api = NinjaAPI(
    title="Fangge",
    version="1",
    description="Standard addresses of a city district.",
    auth=django_auth,
    # The interactive page would load its scripts from elsewhere.
    docs_url=None,
)
api.add_router("/addresses", "fangge.registers.api.router")
api.add_router("/own", "fangge.portal.api.router")


@api.exception_handler(FanggeError)
def tell_error(request: HttpRequest, error: FanggeError) -> HttpResponse:
    body: dict[str, Any] = {"error": type(error).__name__, "detail": str(error)}
    if faults := getattr(error, "faults", None):
        body["rows"] = [{"row": fault.row, "reason": fault.reason} for fault in faults]
    return api.create_response(request, body, status=status_of(error))


@api.exception_handler(ValidationError)
def tell_malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say which row is malformed and why, or which field where there are no rows."""
    faults = [_locate(fault) for fault in error.errors]
    first = faults[0]
    place = f"Row {first['row']}" if "row" in first else str(first.get("field", "The request"))
    body = {"error": "Malformed", "detail": f"{place}: {first['reason']}.", "rows": faults}
    return api.create_response(request, body, status=422)


def _locate(fault: dict[str, Any]) -> dict[str, object]:
    where = fault.get("loc", ())
    row = next((part for part in where if isinstance(part, int)), None)
    names = [str(part) for part in where if isinstance(part, str)]
    reason = str(fault.get("msg", "")).rstrip(".")
    told: dict[str, object] = {"reason": reason[:1].lower() + reason[1:]}
    if row is not None:
        told["row"] = row
    elif names:
        told["field"] = names[-1]
    return told


@api.exception_handler(HttpError)
def tell_unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Say what the framework refused before any of ours was asked: no JSON, no CSRF token."""
    name = "Refused" if error.status_code == FORBIDDEN else "Malformed"
    body = {"error": name, "detail": f"{str(error).rstrip('.')}."}
    return api.create_response(request, body, status=error.status_code)


@api.exception_handler(DataError)
def tell_unwritable(request: HttpRequest, error: DataError) -> HttpResponse:
    if not is_unwritable(error):
        raise error
    return tell_error(request, TextUnwritable("A text holds a character that no text may hold."))


@api.exception_handler(AuthenticationError)
def tell_stranger(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    body = {"error": "SignInNeeded", "detail": "Sign in first."}
    return api.create_response(request, body, status=401)
