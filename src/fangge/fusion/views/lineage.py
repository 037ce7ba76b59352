"""Where a fact came from."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.fusion.queries.lineage import get_lineage


@login_required
@require_GET
def show_lineage(request: StaffRequest, record_id: int) -> HttpResponse:
    lineage = get_lineage(actor=request.actor, record_id=record_id)
    return render(request, "fusion/lineage.html", {"lineage": lineage})
