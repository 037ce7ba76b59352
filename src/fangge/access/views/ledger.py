"""The ledger of who saw what, and its head for everybody."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.audit.actions import publish_head
from fangge.audit.queries import count_unsealed, find_entries, last_head
from fangge.kernel.web import read_number

A_PAGE = 50


@login_required
@require_GET
def show_ledger(request: StaffRequest) -> HttpResponse:
    text = request.GET.get("text", "").strip()[:80]
    before = request.GET.get("before", "")
    found = find_entries(
        actor=request.actor,
        text=text,
        before=read_number(before),
        n_most=A_PAGE + 1,
    )
    return render(
        request,
        "access/ledger.html",
        {
            "entries": found[:A_PAGE],
            "next": found[A_PAGE - 1].pk if len(found) > A_PAGE else None,
            "text": text,
            "head": last_head(),
            "n_unsealed": count_unsealed(),
        },
    )


@require_GET
def show_head(request: HttpRequest) -> JsonResponse:
    since = request.GET.get("since", "")
    return JsonResponse(publish_head(since=read_number(since) or 0))
