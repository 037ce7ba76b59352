"""What the calls of GeoReport v2 share: the form of the answer, the key, the count, the errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from fangge.access.actions.limits import CalledTooOften, count_call
from fangge.gateway.actions.keys import keep_call
from fangge.gateway.adapters.writing import KINDS, write_answer
from fangge.gateway.queries.keys import key_of
from fangge.gateway.rules.keys import SPELL, STRANGERS_A_MINUTE
from fangge.gateway.rules.requests import CallUnfit
from fangge.kernel import clock
from fangge.kernel.errors import FanggeError, Refused
from fangge.kernel.web import is_unwritable, status_of

BAD, NOT_THAT_WAY, TOO_MANY = 400, 405, 429


class KeyRefused(Refused):
    """The key is missing, or does not hold."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gives; `root` is what it is called in XML."""

    body: Any
    root: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Calling:
    """A call under way; `key` is the partner's, or None."""

    request: HttpRequest
    now: datetime
    key: Any = None

    @property
    def may_follow(self) -> bool:
        return self.key is not None and "follow" in self.key.scopes


View = Callable[..., Answer]


def call(*methods: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a call of a view: it gives an answer, and every refusal in the words of the standard."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        # A key says who calls, never a cookie: so there is nothing to forge.
        @csrf_exempt
        @sensitive_post_parameters()
        @wraps(view)
        def enter(request: HttpRequest, form: str = "", **named: Any) -> HttpResponse:
            calling = Calling(request, clock.now())
            answer = _answer(calling, view, methods, named)
            if calling.key is not None:
                keep_call(
                    key=calling.key,
                    method=request.method or "",
                    what=view.__name__,
                    status=answer.status,
                    now=calling.now,
                )
            return _write(request, answer, form.removeprefix("."))

        return enter

    return decorate


def _answer(
    calling: Calling, view: View, methods: tuple[str, ...], named: dict[str, Any]
) -> Answer:
    try:
        _let_in(calling)
        if calling.request.method in {*methods, "HEAD"}:
            return view(calling, **named)
    except CalledTooOften as error:
        return _tell(TOO_MANY, str(error), {"Retry-After": str(error.seconds)})
    except (CallUnfit, FanggeError) as error:
        return _tell(_status(error), str(error))
    except (SuspiciousOperation, MultiPartParserError):
        return _tell(BAD, "The body cannot be read.")
    except Exception as error:
        if not is_unwritable(error):
            raise
        return _tell(BAD, "A text holds a character that no text may hold.")
    told = f"Only {' and '.join(methods)} is answered here."
    return _tell(NOT_THAT_WAY, told, {"Allow": ", ".join(methods)})


def _status(error: CallUnfit | FanggeError) -> int:
    return BAD if isinstance(error, CallUnfit) else status_of(error)


def _let_in(calling: Calling) -> None:
    """Find whose key it is, and count the call; strangers are counted by their address."""
    request = calling.request
    text = request.headers.get("X-Api-Key") or request.GET.get("api_key", "")
    if not text and request.method == "POST":
        text = request.POST.get("api_key", "")
    key = key_of(text, now=calling.now) if text else None
    caller = f"key:{key.pk}" if key else f"net:{request.META.get('REMOTE_ADDR', '')}"
    most = key.calls_a_minute if key else STRANGERS_A_MINUTE
    count_call(caller=caller, most=most, spell=SPELL, now=calling.now)
    if text and key is None:
        raise KeyRefused("api_key does not hold: it is unknown, revoked or over.")
    calling.key = key


def _tell(status: int, told: str, headers: Mapping[str, str] | None = None) -> Answer:
    errors = [{"code": str(status), "description": told}]
    return Answer(errors, "errors", status, headers or {})


def _write(request: HttpRequest, answer: Answer, form: str) -> HttpResponse:
    form = form or _choose_form(request)
    body = write_answer(answer.body, root=answer.root, form=form)
    response = HttpResponse(body, status=answer.status, content_type=KINDS[form])
    for name, text in answer.headers.items():
        response[name] = text
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response


def _choose_form(request: HttpRequest) -> str:
    """Choose the form that the client likes best; who takes anything gets JSON."""
    wanted = request.get_preferred_type(["application/json", "text/xml", "application/xml"])
    return "xml" if wanted is not None and wanted.endswith("xml") else "json"
