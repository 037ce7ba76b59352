"""Search, suggestions and lists."""

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.kernel.web import as_download, read_number
from fangge.registers.actions.exporting import FORMS, export_list
from fangge.registers.actions.finding import find_addresses
from fangge.registers.queries.search import (
    list_addresses,
    list_organisations,
    organisations_named_like,
)

SUGGESTIONS, RESULTS = 6, 30
LEVELS = ("road", "estate", "number", "building", "unit", "floor", "room")


@login_required
@require_GET
def search(request: StaffRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    found = find_addresses(actor=request.actor, text=text) if text else []
    firms = organisations_named_like(actor=request.actor, text=text, n_most=RESULTS) if text else []
    return render(
        request, "registers/search.html", {"text": text, "addresses": found, "firms": firms}
    )


@login_required
@require_GET
def suggest(request: StaffRequest) -> JsonResponse:
    text = request.GET.get("q", "").strip()[:200]
    if not text:
        return JsonResponse({"suggestions": []})
    addresses = find_addresses(actor=request.actor, text=text)[:SUGGESTIONS]
    firms = organisations_named_like(actor=request.actor, text=text, n_most=SUGGESTIONS)
    return JsonResponse(
        {
            "suggestions": [
                {
                    "label": address.full_name,
                    "url": f"addresses/{address.pk}",
                    "kind": address.level,
                }
                for address, _ in addresses
            ]
            + [
                {"label": firm.name, "url": f"organisations/{firm.pk}", "kind": "organisation"}
                for firm in firms
            ]
        }
    )


@login_required
@require_GET
def show_addresses(request: StaffRequest) -> HttpResponse:
    text, level = request.GET.get("text", "").strip(), request.GET.get("level", "")
    level = level if level in LEVELS else ""
    page = list_addresses(actor=request.actor, text=text, level=level, after=_after(request))
    return render(
        request,
        "registers/addresses.html",
        {"page": page, "after": _after(request), "text": text, "level": level, "levels": LEVELS},
    )


@login_required
@require_GET
def show_organisations(request: StaffRequest) -> HttpResponse:
    text, state = request.GET.get("text", "").strip(), request.GET.get("state", "")
    page = list_organisations(actor=request.actor, text=text, state=state, after=_after(request))
    return render(
        request,
        "registers/organisations.html",
        {"page": page, "after": _after(request), "text": text, "state": state},
    )


def _after(request: StaffRequest) -> int:
    return read_number(request.GET.get("after", "")) or 0


@login_required
@require_POST
def export_addresses(request: StaffRequest) -> HttpResponse:
    text, level = request.POST.get("text", "").strip(), request.POST.get("level", "")
    after = read_number(request.POST.get("after", "")) or 0
    level = level if level in LEVELS else ""
    page = list_addresses(actor=request.actor, text=text, level=level, after=after)
    rows = [(row.code, row.level, row.full_name) for row in page.rows]
    return _export(request, "addresses", ("code", "level", "full_name"), rows)


@login_required
@require_POST
def export_organisations(request: StaffRequest) -> HttpResponse:
    text, state = request.POST.get("text", "").strip(), request.POST.get("state", "")
    after = read_number(request.POST.get("after", "")) or 0
    page = list_organisations(actor=request.actor, text=text, state=state, after=after)
    rows = [(row.credit_code, row.name, row.state) for row in page.rows]
    return _export(request, "organisations", ("credit_code", "name", "state"), rows)


def _export(
    request: StaffRequest, what: str, header: Sequence[str], rows: Sequence[tuple[str, ...]]
) -> HttpResponse:
    form = request.POST.get("form", "")
    file = export_list(
        actor=request.actor,
        what=what,
        form=form if form in FORMS else "csv",
        reason=request.POST.get("reason", ""),
        header=header,
        rows=rows,
        now=clock.now(),
    )
    return as_download(file)
