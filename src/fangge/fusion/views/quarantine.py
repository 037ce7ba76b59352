"""The steward's queue of rows that broke a rule."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.mend import (
    RowStillFaulty,
    dismiss_row,
    mend_row,
    open_quarantined_row,
    reopen_row,
)
from fangge.fusion.queries.quarantine import PAGE_ROWS, next_waiting_row, quarantine_visible_to
from fangge.fusion.queries.sources import sources_visible_to
from fangge.kernel import clock
from fangge.kernel.web import read_number

RULES = ("required", "date", "person_name", "columns", "undecodable", "choice", "number",
         "longitude", "latitude", "too_long")  # fmt: skip


@login_required
@require_GET
def show_quarantine(request: StaffRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in ("source", "rule")}
    state = request.GET.get("state", "open")
    after = request.GET.get("after", "0")
    rows = quarantine_visible_to(
        request.actor, **chosen, state=state, after=read_number(after) or 0
    )
    has_more = len(rows) > PAGE_ROWS
    context = {
        **chosen,
        "state": state,
        "rows": rows[:PAGE_ROWS],
        "next_key": rows[PAGE_ROWS - 1].pk if has_more else None,
        "lines": sources_visible_to(request.actor),
        "rules": RULES,
    }
    return render(request, "fusion/quarantine.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def show_row(request: StaffRequest, row_id: int) -> HttpResponse:
    row, contract, values = open_quarantined_row(
        actor=request.actor, row_id=row_id, now=clock.now()
    )
    faults = row.faults
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in values}
        try:
            mended = mend_row(actor=request.actor, row_id=row_id, values=typed, now=clock.now())
        except RowStillFaulty as error:
            values, faults = dict(typed), error.faults
        else:
            messages.success(
                request, _("The row was taken. The registers follow in a moment."), "good"
            )
            waiting = next_waiting_row(mended)
            return redirect("fusion:row", waiting.pk) if waiting else redirect("fusion:quarantine")
    by_field: dict[str, list[dict[str, object]]] = {}
    for fault in faults:
        by_field.setdefault(str(fault["field"]), []).append(fault)
    lines = [
        (field, values.get(field.name) or "", by_field.get(field.name, []))
        for field in contract.fields
    ]
    context = {"row": row, "contract": contract, "lines": lines, "whole": by_field.get("", [])}
    response = render(request, "fusion/row.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def dismiss(request: StaffRequest, row_id: int) -> HttpResponse:
    row = dismiss_row(
        actor=request.actor, row_id=row_id, reason=request.POST.get("reason", ""), now=clock.now()
    )
    messages.success(request, _("The row was left out. You can put it back from its page."), "good")
    return redirect("fusion:row", row.pk)


@login_required
@require_POST
def reopen(request: StaffRequest, row_id: int) -> HttpResponse:
    reopen_row(actor=request.actor, row_id=row_id, now=clock.now())
    return redirect("fusion:row", row_id)
