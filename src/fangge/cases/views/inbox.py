"""The inbox."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.cases.actions.bulk import MOST_AT_ONCE, bulk_verbs, move_cases
from fangge.cases.actions.transition import Doing
from fangge.cases.queries.catalogue import say_category
from fangge.cases.queries.desks import open_desks
from fangge.cases.queries.inbox import VIEWS, Wanted, list_cases
from fangge.cases.queries.wording import say_state
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.kernel import clock
from fangge.kernel.web import as_download, read_number
from fangge.registers.actions.exporting import export_list

if TYPE_CHECKING:
    from fangge.cases.models.case import Case

COLUMNS = ("number", "kind", "category", "place", "state", "desk", "reported", "due")
NUMBER = re.compile(r"[\w-]{1,24}", re.ASCII)
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
        desk=given.get("desk", "")[:40],
    )
    now = clock.now()
    rows, next_key = list_cases(
        actor=request.actor, wanted=wanted, after=given.get("after", ""), now=now
    )
    kept = {"view": wanted.view, "kind": wanted.kind, "category": wanted.category}
    kept |= {"text": wanted.text, "desk": wanted.desk}
    if given.get("format") == "csv":
        return _as_csv(request, rows)
    context = {
        "rows": [(case, categories.get(case.category)) for case in rows],
        "wanted": wanted,
        "views": VIEWS,
        "kinds": KINDS,
        "categories": categories.values(),
        "now": now,
        "verbs": bulk_verbs(request.actor),
        "desks": open_desks() if request.actor.may("cases.sort") else [],
        "kept": {**kept, "after": given.get("after", ""), "format": "csv"},
        "next_url": f"?{urlencode({**kept, 'after': next_key})}" if next_key else "",
    }
    return render(request, "cases/inbox.html", context)


def _as_csv(request: StaffRequest, rows: "Sequence[Case]") -> HttpResponse:
    cells = [
        (
            case.number,
            case.kind,
            say_category(case.category),
            case.place,
            say_state(case.state),
            case.desk.name if case.desk else "",
            timezone.localtime(case.reported_at).isoformat(" ", "minutes"),
            timezone.localtime(case.due_at).isoformat(" ", "minutes") if case.due_at else "",
        )
        for case in rows
    ]
    file = export_list(
        actor=request.actor,
        what="cases",
        form="csv",
        reason=request.GET.get("reason", ""),
        header=COLUMNS,
        rows=cells,
        now=clock.now(),
    )
    return as_download(file)


@login_required
@require_POST
def act_in_bulk(request: StaffRequest) -> HttpResponse:
    """Do one thing to many cases, and say of each whether it was done and why not."""
    typed = request.POST
    doing = Doing(typed.get("verb", ""), note=typed.get("note", ""), desk=typed.get("desk", ""))
    picked = {}
    for one in typed.getlist("case")[:MOST_AT_ONCE]:
        number, _at, seen = one.partition("@")
        if NUMBER.fullmatch(number):
            picked[number] = read_number(seen) or 0
    outcomes = move_cases(actor=request.actor, picked=picked, doing=doing, now=clock.now())
    context = {
        "verb": doing.verb,
        "done": [one for one in outcomes if not one.bar],
        "not_done": [one for one in outcomes if one.bar],
    }
    return render(request, "cases/bulk.html", context)
