"""Field tasks: the list of whoever goes, one task with its answer, and asking about an address."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fieldwork.actions.tasks import (
    accept_answer,
    answer_field_task,
    ask_field_task,
    take_back_task,
)
from fangge.fieldwork.queries import STATES, get_task, list_tasks, read_day, suggest_day
from fangge.fieldwork.rules import TaskKind
from fangge.kernel import clock
from fangge.kernel.errors import Invalid, Missing
from fangge.kernel.web import read_number
from fangge.registers.queries.places import place_of_entry

FAULTY = 422


@login_required
@require_GET
def show_tasks(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("state", "open")
    errands, next_key, n_all = list_tasks(
        actor=request.actor, state=state, after=request.GET.get("after", ""), now=clock.now()
    )
    context = {
        "errands": errands,
        "n_all": n_all,
        "state": state if state in STATES else "open",
        "states": STATES,
        "next_key": next_key,
    }
    return render(request, "fieldwork/tasks.html", context)


@login_required
@require_GET
def show_task(request: StaffRequest, task_id: int) -> HttpResponse:
    errand = get_task(actor=request.actor, task_id=task_id, now=clock.now())
    return render(request, "fieldwork/task.html", {"errand": errand})


@login_required
@require_POST
def answer(request: StaffRequest, task_id: int) -> HttpResponse:
    told = {"answer": request.POST.get("answer", ""), "note": request.POST.get("note", "")}
    try:
        answer_field_task(actor=request.actor, task_id=task_id, now=clock.now(), **told)
    except Invalid as fault:
        return _show_again(request, task_id, {"told": told, "fault": fault})
    messages.success(request, _("Your answer is with whoever asked. Thank you."), "good")
    return redirect("fieldwork:tasks")


@login_required
@require_POST
def accept(request: StaffRequest, task_id: int) -> HttpResponse:
    accept_answer(actor=request.actor, task_id=task_id, now=clock.now())
    messages.success(request, _("The answer is accepted."), "good")
    return redirect("fieldwork:task", task_id)


@login_required
@require_POST
def take_back(request: StaffRequest, task_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    try:
        take_back_task(actor=request.actor, task_id=task_id, reason=reason, now=clock.now())
    except Invalid as fault:
        return _show_again(request, task_id, {"reason": reason, "reason_fault": fault})
    messages.success(request, _("The task is taken back."), "good")
    return redirect("fieldwork:task", task_id)


@login_required
@require_http_methods(["GET", "POST"])
def ask_about_address(request: StaffRequest) -> HttpResponse:
    now, address = clock.now(), request.GET.get("address", request.POST.get("address", ""))
    request.actor.require("fieldtasks.ask")
    number = read_number(address)
    place = place_of_entry("address", number) if number is not None else None
    if place is None or not request.actor.covers(place.grid_id):
        raise Missing("There is no such address, or it lies in no grid.")
    context: dict[str, Any] = {"place": place, "due_on": suggest_day(now)}
    if request.method == "POST":
        context |= {"question": request.POST.get("question", "")}
        try:
            task = ask_field_task(
                actor=request.actor,
                kind=TaskKind.ADDRESS,
                place=place,
                question=request.POST.get("question", ""),
                due_on=read_day(request.POST.get("due_on", ""), now=now),
                now=now,
            )
        except Invalid as fault:
            return render(request, "fieldwork/new.html", context | {"fault": fault}, status=FAULTY)
        messages.success(request, _("The worker of the grid sees the task now."), "good")
        return redirect("fieldwork:task", task.pk)
    return render(request, "fieldwork/new.html", context)


def _show_again(request: StaffRequest, task_id: int, told: dict[str, Any]) -> HttpResponse:
    errand = get_task(actor=request.actor, task_id=task_id, now=clock.now())
    return render(request, "fieldwork/task.html", {"errand": errand, **told}, status=FAULTY)
