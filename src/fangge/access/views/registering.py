"""New accounts, for the system administrator: who may sign in, and nothing of what they may do."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fangge.access.actions.staff import AccountFaulty, open_account
from fangge.access.queries import StaffRequest, staff_registered
from fangge.kernel import clock

FIELDS = ("username", "name", "office")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    request.actor.require("staff.register")
    given = {name: request.POST.get(name, "").strip() for name in FIELDS}
    faults: dict[str, str] = {}
    made, password = None, ""
    if request.method == "POST":
        try:
            made, password = open_account(actor=request.actor, now=clock.now(), **given)
        except AccountFaulty as error:
            faults = {name: _(text) for name, text in error.faults.items()}
    text = request.GET.get("text", "").strip()[:60]
    rows, next_key = staff_registered(
        actor=request.actor, text=text, after=request.GET.get("after", "")[:60]
    )
    context = {
        "given": given if faults else dict.fromkeys(FIELDS, ""),
        "faults": faults,
        "made": made,
        "password": password,
        "rows": rows,
        "text": text,
        "next": next_key,
    }
    return render(request, "access/register.html", context, status=422 if faults else 200)
