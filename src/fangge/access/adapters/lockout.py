"""The lock on an account after five wrong tries, which django-axes keeps."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Sum

if TYPE_CHECKING:
    from django.http import HttpRequest

LOCKED_FOR = timedelta(hours=settings.AXES_COOLOFF_TIME)


def is_locked(request: "HttpRequest", *, username: str) -> bool:
    """Tell whether an account is locked now, and have the locked page shown if it is."""
    if AxesProxyHandler.is_allowed(request, {"username": username}):
        return False
    request.axes_locked_out = True  # type: ignore[attr-defined]  # its middleware reads this
    return True


def count_failure(request: "HttpRequest", *, username: str, way: str) -> None:
    """Count a wrong code like a wrong password."""
    user_login_failed.send(
        sender=__name__, credentials={"username": username, "way": way}, request=request
    )


def is_locked_now(username: str, *, now: datetime) -> bool:
    """Tell whether an account is locked, to those who look after it."""
    held = AccessAttempt.objects.filter(username=username, attempt_time__gt=now - LOCKED_FOR)
    n_failed = held.aggregate(n=Sum("failures_since_start"))["n"] or 0
    return bool(n_failed >= settings.AXES_FAILURE_LIMIT)


def unlock(username: str) -> None:
    """Forget the wrong tries of an account."""
    reset(username=username)
