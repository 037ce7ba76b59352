"""The inbox."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.cases.queries.inbox import VIEWS, Wanted, list_cases
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.kernel import clock

KINDS = ("dispute", "hazard", "safety", "lead")


@login_required
@require_GET
def show_inbox(request: StaffRequest) -> HttpResponse:
    given = request.GET
    categories = shipped_catalogue().categories
    wanted = Wanted(
        view=given["view"] if given.get("view") in VIEWS else "mine",
        kind=given["kind"] if given.get("kind") in KINDS else "",
        category=given["category"] if given.get("category") in categories else "",
        text=given.get("text", "")[:60],
    )
    now = clock.now()
    rows, next_key = list_cases(
        actor=request.actor, wanted=wanted, after=given.get("after", ""), now=now
    )
    kept = {"view": wanted.view, "kind": wanted.kind, "category": wanted.category}
    kept["text"] = wanted.text
    context = {
        "rows": [(case, categories.get(case.category)) for case in rows],
        "wanted": wanted,
        "views": VIEWS,
        "kinds": KINDS,
        "categories": categories.values(),
        "now": now,
        "next_url": f"?{urlencode({**kept, 'after': next_key})}" if next_key else "",
    }
    return render(request, "cases/inbox.html", context)
