"""Search, suggestions and lists."""

import csv
from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.kernel.cells import guard_cell
from fangge.kernel.web import read_number
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
    if request.GET.get("format") == "csv":
        rows = [(row.code, row.level, row.full_name) for row in page.rows]
        return _as_csv("addresses", ("code", "level", "full_name"), rows)
    return render(
        request,
        "registers/addresses.html",
        {"page": page, "text": text, "level": level, "levels": LEVELS},
    )


@login_required
@require_GET
def show_organisations(request: StaffRequest) -> HttpResponse:
    text, state = request.GET.get("text", "").strip(), request.GET.get("state", "")
    page = list_organisations(actor=request.actor, text=text, state=state, after=_after(request))
    if request.GET.get("format") == "csv":
        rows = [(row.credit_code, row.name, row.state) for row in page.rows]
        return _as_csv("organisations", ("credit_code", "name", "state"), rows)
    return render(
        request, "registers/organisations.html", {"page": page, "text": text, "state": state}
    )


def _after(request: StaffRequest) -> int:
    return read_number(request.GET.get("after", "")) or 0


def _as_csv(name: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")  # so that a spreadsheet reads the file as UTF-8
    writer = csv.writer(response)
    writer.writerow(header)
    writer.writerows([guard_cell(cell) for cell in row] for row in rows)
    return response
