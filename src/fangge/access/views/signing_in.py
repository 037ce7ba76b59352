"""Sign in, in one step or two, and out."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from typing_extensions import override

from fangge.access.actions.second_factor import CodeWrong, ask_passkey, use_code, use_passkey
from fangge.access.actions.sessions import note_failure
from fangge.access.adapters import office
from fangge.access.adapters.lockout import count_failure, is_locked
from fangge.access.adapters.passkeys import PasskeyNotAccepted
from fangge.access.queries import (
    code_maker_of,
    count_factors,
    failures_before,
    find_by_id,
    is_password_near_its_end,
    passkeys_of,
    password_days_left,
    read_caller,
    tries_of,
)
from fangge.kernel import clock

if TYPE_CHECKING:
    from fangge.access.models import StaffMember

BACKEND = "django.contrib.auth.backends.ModelBackend"
ENTERING_FOR = timedelta(minutes=10)
"""How long the second step waits for its code."""


class SignIn(LoginView):
    template_name = "access/sign_in.html"
    redirect_authenticated_user = True

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "ended": self.request.session.pop("ended", ""),
            "office": settings.OFFICE if office.is_open() else None,
            "is_open_to_one_factor": not settings.SECOND_FACTOR_ROLES,
        }

    @override
    def form_valid(self, form: Any) -> HttpResponse:
        return let_in(self.request, form.get_user(), way="password", target=self.get_success_url())


sign_in = SignIn.as_view()
sign_out = LogoutView.as_view()


def let_in(
    request: HttpRequest, staff: "StaffMember", *, way: str, target: str, is_strong: bool = False
) -> HttpResponse:
    """Let a person in, or ask for the second factor first where they have one."""
    if is_strong or not count_factors(staff):
        return finish(request, staff, way=way, target=target, is_strong=is_strong)
    request.session.cycle_key()
    request.session["entering"] = {
        "staff": staff.pk,
        "way": way,
        "target": target,
        "at": clock.now().isoformat(),
    }
    return redirect("access:second-step")


def finish(
    request: HttpRequest, staff: "StaffMember", *, way: str, target: str, is_strong: bool
) -> HttpResponse:
    request.session.pop("entering", None)
    request.session["way"] = way
    login(request, staff, BACKEND)
    request.session["is_strong"] = is_strong
    request.session["confirmed_at"] = clock.now().timestamp()
    tell_notices(request, staff)
    return HttpResponseRedirect(safe_target(request, target))


def safe_target(request: HttpRequest, target: str) -> str:
    """Give the page to go on to, never one of another site."""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


def tell_notices(request: HttpRequest, staff: "StaffMember") -> None:
    """Tell at a sign-in what its owner should know."""
    entered = tries_of(staff, n_most=1)[0]
    n_failed = len(failures_before(entered))
    if n_failed:
        told = ngettext(
            "Since you last signed in, one try to sign in as you failed. "
            "If it was not you, tell the security administrator.",
            "Since you last signed in, %(n)s tries to sign in as you failed. "
            "If it was not you, tell the security administrator.",
            n_failed,
        )
        messages.warning(request, told % {"n": n_failed}, "wait")
    if entered.is_new_device:
        told = _("You sign in with a new device or from a new network: %(device)s, %(network)s.")
        where = {"device": entered.device, "network": entered.network}
        messages.info(request, told % where)
    now = clock.now()
    if is_password_near_its_end(staff, now=now):
        told = _("Your password must be changed within %(n)s days.")
        messages.warning(request, told % {"n": password_days_left(staff, now=now)}, "wait")


def read_entering(request: HttpRequest) -> "tuple[StaffMember | None, dict[str, str]]":
    """Give who is at the second step, while it waits for them."""
    held = cast("dict[str, Any]", request.session.get("entering") or {})
    if not held or clock.now() - datetime.fromisoformat(held["at"]) > ENTERING_FOR:
        request.session.pop("entering", None)
        return None, {}
    return find_by_id(held["staff"]), held


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    staff, held = read_entering(request)
    if staff is None:
        return redirect("access:sign-in")
    fault = ""
    if request.method == "POST":
        if is_locked(request, username=staff.username):
            return HttpResponse(status=403)
        try:
            use_code(staff=staff, code=request.POST.get("code", "")[:40], now=clock.now())
        except CodeWrong as error:
            count_failure(request, username=staff.username, way="code")
            fault = str(error)
        else:
            return finish(request, staff, way=held["way"], target=held["target"], is_strong=True)
    told = {
        "fault": fault,
        "has_code_maker": code_maker_of(staff) is not None,
        "has_passkey": bool(passkeys_of(staff)),
    }
    return render(request, "access/second_step.html", told, status=422 if fault else 200)


@never_cache
@require_POST
def ask_for_key(request: HttpRequest) -> JsonResponse:
    staff, _held = read_entering(request)
    options, state = ask_passkey(staff=staff, domain=domain_of(request))
    request.session["passkey_state"] = state
    return JsonResponse(options)


@never_cache
@require_POST
def enter_by_key(request: HttpRequest) -> HttpResponse:
    entering, held = read_entering(request)
    state = request.session.pop("passkey_state", None)
    try:
        staff = use_passkey(
            staff=entering,
            domain=domain_of(request),
            state=state or {},
            answer=read_answer(request),
            now=clock.now(),
        )
    except PasskeyNotAccepted as error:
        _count_passkey(request, entering)
        return JsonResponse({"detail": _(str(error))}, status=422)
    if is_locked(request, username=staff.username):
        return HttpResponse(status=403)
    way, target = held.get("way", "passkey"), held.get("target", request.GET.get("next", ""))
    answer = finish(request, staff, way=way, target=target, is_strong=True)
    return JsonResponse({"next": answer.headers["Location"]})


def _count_passkey(request: HttpRequest, entering: "StaffMember | None") -> None:
    """Count a passkey that does not hold, against the account where one is named."""
    if entering is not None:
        count_failure(request, username=entering.username, way="passkey")
        return
    note_failure(
        username="",
        outcome="failed",
        way="passkey",
        caller=read_caller(request),
        now=clock.now(),
    )


def domain_of(request: HttpRequest) -> str:
    """Give the name of this site, which a passkey is bound to."""
    return request.get_host().rsplit(":", 1)[0]


def read_answer(request: HttpRequest) -> dict[str, Any]:
    """Read what a device answered; what cannot be read holds nothing."""
    try:
        told = json.loads(request.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
