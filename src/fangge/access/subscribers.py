"""Reactions to what Django and django-axes announce: every way in and out passes here."""

from typing import TYPE_CHECKING, Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from fangge.access.actions.sessions import note_failure, sign_out, start_session
from fangge.access.queries import read_caller
from fangge.kernel import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


def begin_session(*, request: "HttpRequest", user: Any, **_: object) -> None:
    if request.session.session_key is None:
        request.session.create()
    start_session(
        staff=user,
        key=str(request.session.session_key),
        way=request.session.get("way", "password"),
        caller=read_caller(request),
        now=clock.now(),
    )


def end_session(*, request: "HttpRequest", **_: object) -> None:
    if request.session.session_key is not None:
        sign_out(key=request.session.session_key, now=clock.now())


def keep_failure(
    *, credentials: "Mapping[str, Any]", request: "HttpRequest | None" = None, **_: object
) -> None:
    if request is not None:
        note_failure(
            username=str(credentials.get("username", "")),
            outcome="failed",
            way=str(credentials.get("way", "password")),
            caller=read_caller(request),
            now=clock.now(),
        )


def keep_lock(*, request: "HttpRequest", username: str | None, **_: object) -> None:
    note_failure(
        username=username or "",
        outcome="locked",
        way="password",
        caller=read_caller(request),
        now=clock.now(),
    )


def connect() -> None:
    """Listen from now on."""
    user_logged_in.connect(begin_session, dispatch_uid="access.begin_session")
    user_logged_out.connect(end_session, dispatch_uid="access.end_session")
    user_login_failed.connect(keep_failure, dispatch_uid="access.keep_failure")
    user_locked_out.connect(keep_lock, dispatch_uid="access.keep_lock")
