"""The home page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.insight.queries import read_home


@login_required
@require_GET
def home(request: StaffRequest) -> HttpResponse:
    return render(request, "insight/home.html", {"home": read_home(actor=request.actor)})
