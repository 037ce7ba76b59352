"""People at the pages, and texts that would do harm where a page did not escape them."""

from django.test import Client
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area

BACKEND = "django.contrib.auth.backends.ModelBackend"
SCRIPT = '<script>alert("x")</script>'
IMAGE = '"><img src=x onerror=alert(1)>'
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def enter(
    role: Role = Role.STEWARD, *, area: Area | None = None, username: str = "", strict: bool = False
) -> Client:
    """Give the browser of somebody who has signed in; a strict one meets the CSRF check."""
    username = username or f"attack-{role}"
    make_staff(role, area=area, username=username)
    client = Client(enforce_csrf_checks=strict, raise_request_exception=False)
    client.force_login(StaffMember.objects.get(username=username), BACKEND)
    return client
