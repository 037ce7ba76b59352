"""Read an address: what each part is, who read it and why, and which addresses it may mean."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from fangge.access.queries import StaffRequest
from fangge.registers.actions.reading import TextsRefused, read_with_matches

MOST_LINES, CANDIDATES = 50, 5
FEWEST_ROWS, MOST_ROWS = 3, 10


@login_required
@require_http_methods(["GET", "POST"])
def read_address(request: StaffRequest) -> HttpResponse:
    request.actor.require("addresses.see")
    typed = request.POST.get("texts", "")
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    context: dict[str, object] = {
        "typed": typed,
        "n_rows": min(max(FEWEST_ROWS, len(lines) + 1), MOST_ROWS),
        "n_left": max(0, len(lines) - MOST_LINES),
    }
    try:
        context["read"] = read_with_matches(
            actor=request.actor, texts=lines[:MOST_LINES], n_most=CANDIDATES
        )
    except TextsRefused as error:
        context["faults"] = [(fault.row + 1, fault.reason) for fault in error.faults]
    response = render(
        request,
        "registers/read.html",
        context,
        status=422 if "faults" in context else 200,
    )
    # What was typed may name a person.
    response["Cache-Control"] = "no-store"
    return response
