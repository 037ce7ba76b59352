"""Files that were taken along and counts that were refused, for the auditor."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.disclosure.queries.exports import list_exports
from fangge.disclosure.queries.releases import list_refusals


@login_required
@require_GET
def show_exports(request: StaffRequest) -> HttpResponse:
    code = request.GET.get("code", "").strip()[:40]
    context = {
        "code": code,
        "exports": list_exports(actor=request.actor, code=code),
        "refusals": [] if code else list_refusals(actor=request.actor),
    }
    return render(request, "disclosure/exports.html", context)
