"""The routing table: its draft with test cases beside it, and its versions."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fangge.access.queries import StaffRequest
from fangge.cases.actions.routing import TableUnfit, drop_draft, publish_draft, save_draft
from fangge.cases.forms import read_routing
from fangge.cases.queries.desks import open_desks
from fangge.cases.queries.routing import draft_of, get_version, list_versions
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.routing import (
    OWNERS,
    Fault,
    RoutingTable,
    Row,
    Trial,
    read_table,
    try_table,
)
from fangge.kernel import clock


@login_required
@require_http_methods(["GET", "POST"])
def show_routing(request: StaffRequest) -> HttpResponse:
    faults: list[Fault] = []
    if request.method == "POST":
        try:
            _act(request)
        except TableUnfit as error:
            faults = error.faults
        else:
            return redirect("cases:routing")
    table, draft = draft_of(request.actor)
    seen = draft.changed_at.isoformat() if draft else ""
    context = {**_context(request, table), "seen": seen, "faults": faults}
    return render(request, "cases/routing.html", context, status=422 if faults else 200)


def _act(request: StaffRequest) -> None:
    now, given = clock.now(), request.POST
    seen, doing = given.get("seen", ""), given.get("do", "")
    if doing == "drop":
        drop_draft(actor=request.actor, seen=seen)
        messages.success(request, _("The draft is thrown away."), "good")
        return
    draft = save_draft(actor=request.actor, table=read_routing(given), seen=seen, now=now)
    if doing == "publish":
        publish_draft(
            actor=request.actor,
            seen=draft.changed_at.isoformat(),
            reason=given.get("reason", ""),
            now=now,
        )
        messages.success(request, _("Published: it holds from now on."), "good")
    else:
        messages.success(request, _("The draft is kept. Nothing is published yet."), "good")


@login_required
@require_GET
def show_version(request: StaffRequest, version: int) -> HttpResponse:
    held = get_version(actor=request.actor, number=version)
    context = {**_context(request, read_table(held.table)), "shown": held}
    return render(request, "cases/routing.html", context)


def _context(request: StaffRequest, table: RoutingTable) -> dict[str, object]:
    tried = try_table(table)
    rows = [*enumerate(table.rows, start=1)]
    trials = [(n, one.trial, one) for n, one in enumerate(tried, start=1)]
    fresh_row, fresh_trial = Row(frozenset(), "", "", ""), Trial("", "", "", "")
    may_edit = request.actor.may("routing.edit")
    if may_edit and request.resolver_match and request.resolver_match.url_name == "routing":
        rows = [*rows, (len(rows) + 1, fresh_row)]
        return {
            **_names(request, may_edit=may_edit),
            "rows": rows,
            "trials": [*trials, (len(trials) + 1, fresh_trial, None)],
        }
    return {**_names(request, may_edit=may_edit), "rows": rows, "trials": trials}


def _names(request: StaffRequest, *, may_edit: bool) -> dict[str, object]:
    return {
        "categories": list(shipped_catalogue().categories.values()),
        "desks": open_desks(),
        "owners": OWNERS,
        "versions": list_versions(request.actor),
        "may_edit": may_edit,
    }
