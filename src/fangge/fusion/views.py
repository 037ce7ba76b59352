"""Sources, batches, the steward's queue and lineage."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.contracts import ContractRefused, contract_of, keep_contract
from fangge.fusion.actions.ingest import ask_to_cancel, roll_back_batch
from fangge.fusion.actions.mend import (
    RowStillFaulty,
    dismiss_row,
    mend_row,
    open_quarantined_row,
    reopen_row,
)
from fangge.fusion.actions.offer import offer_file, try_upload
from fangge.fusion.queries import (
    PAGE_ROWS,
    batches_visible_to,
    faults_of_batch,
    get_batch,
    get_lineage,
    get_source,
    next_waiting_row,
    quarantine_visible_to,
    sources_visible_to,
)
from fangge.kernel import clock
from fangge.kernel.errors import Invalid

RULES = ("required", "date", "person_name", "columns", "undecodable", "choice", "number",
         "longitude", "latitude", "too_long")  # fmt: skip


@login_required
@require_GET
def show_sources(request: StaffRequest) -> HttpResponse:
    lines = sources_visible_to(request.actor)
    batches = batches_visible_to(request.actor)[:20]
    return render(request, "fusion/sources.html", {"lines": lines, "batches": batches})


@login_required
@require_http_methods(["GET", "POST"])
def show_source(request: StaffRequest, code: str) -> HttpResponse:
    source = get_source(actor=request.actor, code=code)
    text, fault = source.contract, ""
    if request.method == "POST":
        text = request.POST.get("contract", "").replace("\r\n", "\n")
        version = int(request.POST.get("version", "0") or 0)
        try:
            keep_contract(
                actor=request.actor, code=code, text=text, version=version, now=clock.now()
            )
        except ContractRefused as error:
            fault = str(error)
        else:
            messages.success(request, _("The contract was kept as a new version."), "good")
            return redirect("fusion:source", code)
    context = {
        "source": source,
        "contract": contract_of(source),
        "text": text,
        "fault": fault,
        "versions": source.versions.order_by("-version")[:20],
        "batches": batches_visible_to(request.actor).filter(source=source)[:20],
    }
    return render(request, "fusion/source.html", context, status=422 if fault else 200)


@login_required
@require_POST
def bring_in_file(request: StaffRequest, code: str) -> HttpResponse:
    request.actor.require("batches.ingest")
    source = get_source(actor=request.actor, code=code)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file first."), "bad")
        return redirect("fusion:source", code)
    if "try" in request.POST:
        try:
            trial = try_upload(actor=request.actor, source_code=code, upload=upload)
        except Invalid as error:
            messages.error(request, str(error), "bad")
            return redirect("fusion:source", code)
        context = {"source": source, "trial": trial, "file_name": upload.name}
        return render(request, "fusion/trial.html", context)
    offer_file(actor=request.actor, source_code=code, upload=upload, now=clock.now())
    messages.success(
        request, _("The file is being read. Its rows appear below as they come."), "good"
    )
    return redirect("fusion:source", code)


@login_required
@require_GET
def show_batch(request: StaffRequest, batch_id: int) -> HttpResponse:
    batch = get_batch(actor=request.actor, batch_id=batch_id)
    is_part = bool(request.headers.get("HX-Request"))
    template = "fusion/batch_figures.html" if is_part else "fusion/batch.html"
    return render(request, template, {"batch": batch, "faults": faults_of_batch(batch)})


@login_required
@require_POST
def cancel(request: StaffRequest, batch_id: int) -> HttpResponse:
    ask_to_cancel(actor=request.actor, batch_id=batch_id, now=clock.now())
    return redirect("fusion:batch", batch_id)


@login_required
@require_POST
def roll_back(request: StaffRequest, batch_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    roll_back_batch(actor=request.actor, batch_id=batch_id, reason=reason, now=clock.now())
    messages.success(
        request, _("The batch was taken back. The registers follow in a moment."), "good"
    )
    return redirect("fusion:batch", batch_id)


@login_required
@require_GET
def show_quarantine(request: StaffRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in ("source", "rule")}
    state = request.GET.get("state", "open")
    after = request.GET.get("after", "0")
    rows = quarantine_visible_to(
        request.actor, **chosen, state=state, after=int(after) if after.isdigit() else 0
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


@login_required
@require_GET
def show_lineage(request: StaffRequest, record_id: int) -> HttpResponse:
    lineage = get_lineage(actor=request.actor, record_id=record_id)
    return render(request, "fusion/lineage.html", {"lineage": lineage})
