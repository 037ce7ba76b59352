"""The administrator's page of partners' keys."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.gateway.actions.keys import KeyUnfit, issue_key, revoke_key
from fangge.gateway.forms import read_key
from fangge.gateway.queries.keys import list_keys
from fangge.gateway.rules.keys import USUAL_A_MINUTE, Scope
from fangge.kernel import clock


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def show_keys(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    issued, fault = None, None
    if request.method == "POST":
        request.actor.require("partners.issue")
        try:
            typed = read_key(request.POST)
            issued = issue_key(
                actor=request.actor,
                name=typed.name,
                scopes=typed.scopes,
                calls_a_minute=typed.calls_a_minute,
                expires_at=typed.expires_at,
                now=now,
            )
        except KeyUnfit as error:
            fault = error
    context = {
        "keys": list_keys(actor=request.actor, now=now),
        "issued": issued,
        "fault": fault,
        "given": {} if issued else request.POST,
        "scopes": list(Scope),
        "usual": USUAL_A_MINUTE,
        "now": now,
    }
    return render(request, "gateway/keys.html", context, status=422 if fault else 200)


@login_required
@require_POST
def revoke(request: StaffRequest, key_id: int) -> HttpResponse:
    revoke_key(actor=request.actor, key_id=key_id, now=clock.now())
    messages.success(request, _("The key is revoked. It opens nothing any more."), "good")
    return redirect("gateway:keys")
