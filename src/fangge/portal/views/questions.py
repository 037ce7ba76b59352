"""The staff's queue of questions about look-ups, with due dates."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.portal.actions.questions import answer_question, open_question
from fangge.portal.queries.questions import STATES, get_question, list_questions
from fangge.portal.rules.asking import may_answer


@login_required
@require_GET
def show_questions(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    context = {
        "state": state,
        "states": STATES,
        "rows": list_questions(actor=request.actor, state=state, now=clock.now()),
    }
    return render(request, "portal/questions.html", context)


@login_required
@require_GET
def show_question(request: StaffRequest, question_id: int) -> HttpResponse:
    held = get_question(actor=request.actor, question_id=question_id)
    question = open_question(actor=request.actor, question_id=question_id, now=clock.now())
    is_own = not may_answer(answerer=request.actor.reference, official=held.official)
    may = request.actor.may("questions.answer") and not is_own and question.answered_at is None
    context = {"question": question, "is_own": is_own, "may_answer": may}
    response = render(request, "portal/question.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def answer(request: StaffRequest, question_id: int) -> HttpResponse:
    answer_question(
        actor=request.actor,
        question_id=question_id,
        found_as=request.POST.get("found_as", ""),
        text=request.POST.get("text", ""),
        now=clock.now(),
    )
    messages.success(request, _("Answered. The resident reads it on their page."), "good")
    return redirect("portal:question", question_id)
