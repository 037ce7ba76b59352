"""Follow a report by its code: what comes next, what happened, and what the reporter may do."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.actions.limits import CalledTooOften, count_call, refuse_if_spent
from fangge.cases.actions.following import (
    Followed,
    RatingRefused,
    RatingUnfit,
    act_on_followed,
    open_followed,
    rate_followed,
)
from fangge.cases.actions.transition import CaseMovedMeanwhile, MoveIncomplete, MoveNotAllowed
from fangge.cases.queries.catalogue import say_category
from fangge.cases.queries.visible import CaseUnknown
from fangge.cases.queries.wording import say_next
from fangge.kernel import clock
from fangge.kernel.web import read_number
from fangge.portal.views.visiting import keep_to_reader

COOKIE, SALT, PATH = "fangge_followed", "portal.follow", "/follow/"
STAYS = timedelta(minutes=30)
MOST_WRONG, SPELL = 10, timedelta(minutes=15)
"""Wrong codes that one address may try, and in which time."""
LONGEST_CODE = 40
WRONG, TOO_MANY, UNFIT = 403, 429, 422


def _caller(request: HttpRequest) -> str:
    return f"follow:{request.META.get('REMOTE_ADDR', '')}"


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show_follow(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and lead on to the case."""
    status, fault = 200, ""
    if request.method == "POST":
        code = _tidy(request.POST.get("code", ""))
        try:
            _try_code(request, code)
        except CalledTooOften as error:
            status, fault = TOO_MANY, str(error.seconds // 60 + 1)
        except CaseUnknown:
            status, fault = WRONG, "wrong"
        else:
            response = keep_to_reader(redirect("portal:followed"))
            response.set_cookie(
                COOKIE,
                signing.dumps(code, salt=SALT),
                max_age=STAYS,
                path=PATH,
                httponly=True,
                secure=settings.IS_HTTPS,
                samesite="Strict",
            )
            return response
    context = {"fault": fault, "most_wrong": MOST_WRONG}
    return keep_to_reader(render(request, "portal/follow.html", context, status=status))


def _tidy(typed: str) -> str:
    return "".join(one for one in typed.upper() if one.isalnum())[:LONGEST_CODE]


def _try_code(request: HttpRequest, code: str) -> None:
    now, caller = clock.now(), _caller(request)
    refuse_if_spent(caller=caller, most=MOST_WRONG, spell=SPELL, now=now)
    try:
        open_followed(code=code, now=now)
    except CaseUnknown:
        count_call(caller=caller, most=MOST_WRONG, spell=SPELL, now=now)
        raise


def _held_code(request: HttpRequest) -> str:
    try:
        held: str = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=STAYS)
    except signing.BadSignature:
        return ""
    return held


@require_GET
def show_followed(request: HttpRequest) -> HttpResponse:
    return _show(request, 200)


def _show(
    request: HttpRequest, status: int, fault: tuple[str, str] = ("", ""), typed: str = ""
) -> HttpResponse:
    code = _held_code(request)
    if not code:
        return keep_to_reader(redirect("portal:follow"))
    now = clock.now()
    followed = open_followed(code=code, now=now)
    context = {
        "followed": followed,
        "category": say_category(followed.own.category) if followed.own.category else "",
        "coming": say_next(followed.shown.clock_name, state=followed.shown.state),
        "stages": _stages(followed),
        "fault": fault,
        "typed": typed,
        "now": now,
        "is_following": True,
    }
    return keep_to_reader(render(request, "portal/followed.html", context, status=status))


STAGES = ("reported", "accepted", "dispatched", "in_progress", "handled", "verified", "closed")


def _stages(followed: Followed) -> list[tuple[str, str]]:
    """Give the way of a case and how far it has come; nothing where it left the way."""
    state = "in_progress" if followed.shown.state == "paused" else followed.shown.state
    if state not in STAGES:
        return []
    here = STAGES.index(state)
    marks = ["done"] * here + ["here"] + ["to come"] * (len(STAGES) - here - 1)
    if state == "closed":
        marks[here] = "done"
    return list(zip(STAGES, marks, strict=True))


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    given = request.POST
    verb, note = given.get("verb", ""), given.get("note", "")
    try:
        act_on_followed(
            code=_held_code(request),
            verb=verb,
            note=note,
            seen=read_number(given.get("seen", "")),
            now=clock.now(),
        )
    except CaseUnknown:
        return keep_to_reader(redirect("portal:follow"))
    except CaseMovedMeanwhile:
        told = _("The office acted while you read. Nothing of yours is done: look again.")
        messages.warning(request, told, "wait")
    except MoveNotAllowed:
        messages.warning(request, _("This is not possible any more."), "wait")
    except MoveIncomplete:
        return _show(request, UNFIT, (verb, _("Say in a few words why.")), note)
    else:
        messages.success(request, _("Thank you. It is kept, and the office sees it."), "good")
    return keep_to_reader(redirect("portal:followed"))


@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    given: Mapping[str, str] = request.POST.dict()
    text = given.get("text", "")
    try:
        rate_followed(
            code=_held_code(request),
            score=read_number(given.get("score", "")) or 0,
            text=text,
            now=clock.now(),
        )
    except CaseUnknown:
        return keep_to_reader(redirect("portal:follow"))
    except RatingRefused:
        messages.warning(request, _("The time to rate is over."), "wait")
    except RatingUnfit:
        return _show(request, UNFIT, ("rate", _("Choose one of the five.")), text)
    else:
        messages.success(request, _("Thank you for telling us."), "good")
    return keep_to_reader(redirect("portal:followed"))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    response = redirect("portal:follow")
    response.delete_cookie(COOKIE, path=PATH, samesite="Strict")
    return keep_to_reader(response)
