"""Sources, their contracts and the files they send."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.contracts import ContractRefused, contract_of, keep_contract
from fangge.fusion.actions.offer import offer_file, try_upload
from fangge.fusion.queries.sources import batches_visible_to, get_source, sources_visible_to
from fangge.kernel import clock
from fangge.kernel.errors import Invalid
from fangge.kernel.web import read_number


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
        version = read_number(request.POST.get("version", "")) or 0
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
    try:
        if "try" in request.POST:
            trial = try_upload(actor=request.actor, source_code=code, upload=upload)
            context = {"source": source, "trial": trial, "file_name": upload.name}
            return render(request, "fusion/trial.html", context)
        offer_file(actor=request.actor, source_code=code, upload=upload, now=clock.now())
    except Invalid as error:
        messages.error(request, str(error), "bad")
        return redirect("fusion:source", code)
    messages.success(
        request, _("The file is being read. Its rows appear below as they come."), "good"
    )
    return redirect("fusion:source", code)
