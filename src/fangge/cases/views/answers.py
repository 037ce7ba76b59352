"""The answers that are offered: listed, written anew and looked at before they hold."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fangge.access.queries import StaffRequest
from fangge.cases.actions.answers import AnswerUnfit, end_answer, write_answer
from fangge.cases.forms import read_answer
from fangge.cases.queries.answers import (
    answerable_categories,
    get_answer,
    list_answers,
    versions_of,
)
from fangge.cases.rules.answers import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    PLACEHOLDERS,
    SAMPLE,
    TOLD_TO_REPORTER,
    Answer,
    Fault,
    check_answer,
    fill_answer,
)
from fangge.kernel import clock

NEW = "new"
"""Stands in the address for an answer that has no code yet."""


@login_required
@require_GET
def show_answers(request: StaffRequest) -> HttpResponse:
    categories = answerable_categories()
    answers = [(one, categories.get(one.category)) for one in list_answers(request.actor)]
    return render(request, "cases/answers.html", {"answers": answers})


@login_required
@require_http_methods(["GET", "POST"])
def show_answer(request: StaffRequest, answer: str) -> HttpResponse:
    code = "" if answer == NEW else answer
    if request.method == "POST":
        return _act(request, code)
    blank = Answer("", "", TOLD_TO_REPORTER[0], "", "")
    held = get_answer(actor=request.actor, code=code) if code else blank
    return _show(request, held, [])


def _act(request: StaffRequest, code: str) -> HttpResponse:
    request.actor.require("answers.edit")
    typed, doing = read_answer(code, request.POST), request.POST.get("do", "")
    if doing == "preview":
        return _show(request, typed, check_answer(typed, answerable_categories()))
    if doing == "end":
        end_answer(actor=request.actor, code=code, seen=typed.version, now=clock.now())
        messages.success(request, _("It is offered no longer."), "good")
        return redirect("cases:answers")
    try:
        write_answer(actor=request.actor, answer=typed, now=clock.now())
    except AnswerUnfit as error:
        return _show(request, typed, error.faults)
    messages.success(request, _("Kept: it is offered from now on."), "good")
    return redirect("cases:answers")


def _show(request: StaffRequest, answer: Answer, faults: list[Fault]) -> HttpResponse:
    request.actor.require("answers.see")
    context = {
        "answer": answer,
        "faults": faults,
        "faulty": {one.field for one in faults},
        "preview": fill_answer(answer.text, SAMPLE),
        "verbs": TOLD_TO_REPORTER,
        "categories": answerable_categories().values(),
        "placeholders": PLACEHOLDERS,
        "longest_title": LONGEST_TITLE,
        "longest_text": LONGEST_TEXT,
        "versions": versions_of(actor=request.actor, code=answer.code) if answer.code else [],
        "may_edit": request.actor.may("answers.edit"),
    }
    return render(request, "cases/answer.html", context, status=422 if faults else 200)
