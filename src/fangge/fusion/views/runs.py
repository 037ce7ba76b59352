"""Link runs: what is under way, what each changed, and how long it took."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.fusion.actions.running import ask_for_run, ask_run_to_stop
from fangge.fusion.queries.runs import get_run, list_runs
from fangge.kernel import clock


@login_required
@require_GET
def show_runs(request: StaffRequest) -> HttpResponse:
    lines = list_runs(actor=request.actor)
    is_running = any(line.state == "running" for line in lines)
    return render(request, "fusion/runs.html", {"lines": lines, "is_running": is_running})


@login_required
@require_GET
def show_run(request: StaffRequest, run_id: int) -> HttpResponse:
    line = get_run(actor=request.actor, run_id=run_id)
    is_part = bool(request.headers.get("HX-Request"))
    template = "fusion/run_figures.html" if is_part else "fusion/run.html"
    return render(request, template, {"line": line, "run": line.run})


@login_required
@require_POST
def start_run(request: StaffRequest) -> HttpResponse:
    is_full = request.POST.get("what") == "everything"
    ask_for_run(actor=request.actor, is_full=is_full, now=clock.now())
    messages.success(request, _("Asked. The run begins in a moment and appears here."), "good")
    return redirect("fusion:runs")


@login_required
@require_POST
def cancel_run(request: StaffRequest, run_id: int) -> HttpResponse:
    ask_run_to_stop(actor=request.actor, run_id=run_id, now=clock.now())
    messages.success(request, _("Asked to stop. It ends when its present stage is done."), "good")
    return redirect("fusion:run", run_id)
