"""Keep sessions, set request.actor and what the database shows them, hold who is not in yet."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from fangge.access.actions.sessions import SessionOver, keep_session
from fangge.access.queries import StaffRequest, actor_for, must_change_password
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.wall import reach_of, reaching

NOBODY = Actor(reference="nobody", name="", roles=(), verbs=frozenset(), grid_ids=frozenset())


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        request.actor = (
            actor_for(request.user, now=clock.now()) if request.user.is_authenticated else NOBODY
        )
        with reaching(reach_of(request.actor)):
            return self.get_response(request)


class SessionKeeper:
    """Let a staff session go on while its owner works, and end it by idleness, age or order."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = clock.now()
            try:
                ends_at = keep_session(
                    key=request.session.session_key,
                    is_background=request.headers.get("X-Background") == "1"
                    or request.path == reverse("cases:live"),  # looking on is no work
                    now=now,
                )
            except SessionOver as over:
                logout(request)
                request.session["ended"] = over.ending
            else:
                request.seconds_left = int((ends_at - now).total_seconds())
                request.seconds_idle = 60 * settings.SESSION_IDLE_MINUTES
        return self.get_response(request)


class SignInGate:
    """Show nobody anything before a password of their own and the second factor of their role."""

    OPEN = frozenset({"access:sign-out", "set_language", "access:seconds-left", "access:stay"})
    NEEDED = {
        "access:change-password": OPEN | {"access:change-password"},
        "access:second-factor": OPEN
        | {"access:second-factor", "access:add-code-maker", "access:ask-new-passkey"}
        | {"access:add-passkey", "access:confirm", "access:recovery-codes"},
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: StaffRequest, *_: object) -> HttpResponse | None:
        page = self._find_needed(request) if request.user.is_authenticated else ""
        here = request.resolver_match.view_name if request.resolver_match else ""
        if not page or here in self.NEEDED[page]:
            return None
        if "application/json" in request.headers.get("Accept", "") or here.startswith("api-"):
            body = {"error": "SignInIncomplete", "detail": "Finish signing in on the site first."}
            return JsonResponse(body, status=403)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse(page)})
        return HttpResponseRedirect(reverse(page))

    def _find_needed(self, request: StaffRequest) -> str:
        staff, session = request.user, request.session
        if not staff.is_authenticated:
            return ""
        # Who came by the office or by a passkey used no password: an old one is no matter yet.
        if session.get("way", "password") == "password" and must_change_password(
            staff, now=clock.now()
        ):
            return "access:change-password"
        is_weak = not session.get("is_strong")
        needs_more = settings.SECOND_FACTOR_ROLES & set(request.actor.roles)
        return "access:second-factor" if is_weak and needs_more else ""
