"""What the centre looks over: the board of desks, what came in, and the calendar."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fangge.access.queries import StaffRequest
from fangge.cases.actions.calendar import DayUnfit, days_in, set_day
from fangge.cases.actions.likening import find_same
from fangge.cases.actions.reading import open_case
from fangge.cases.queries.answers import offer_answers
from fangge.cases.queries.board import desk_rows
from fangge.cases.queries.calendar import working_calendar
from fangge.cases.queries.inbox import waiting_reports
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.kernel import clock
from fangge.kernel.web import read_number

SIDE_BY_SIDE = 3


@login_required
@require_GET
def show_board(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    calendar = working_calendar()
    today_ends = calendar.end_of(calendar.day_of(now))
    rows = desk_rows(actor=request.actor, today_ends=today_ends, now=now)
    total = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("n_open", "n_overdue", "n_today", "n_still", "n_asked")
    }
    return render(request, "cases/board.html", {"rows": rows, "total": total, "now": now})


@login_required
@require_GET
def show_triage(request: StaffRequest) -> HttpResponse:
    """Show the report that waits longest beside what it may repeat."""
    request.actor.require("cases.sort")
    now = clock.now()
    waiting = waiting_reports(actor=request.actor, now=now)
    numbers = [case.number for case in waiting]
    asked = request.GET.get("number", "")
    number = asked if asked in numbers else next(iter(numbers), "")
    context: dict[str, object] = {"waiting": waiting, "number": number, "now": now}
    if number:
        opened = open_case(actor=request.actor, number=number, now=now)
        case = opened.case
        near = find_same(actor=request.actor, case=case, told=opened.told, now=now)
        beside = [
            (one, open_case(actor=request.actor, number=one.case.number, now=now))
            for one in near[:SIDE_BY_SIDE]
        ]
        categories = shipped_catalogue().categories
        context |= {
            "opened": opened,
            "case": case,
            "category": categories.get(case.category),
            "categories": categories.values(),
            "beside": beside,
            "offers": offer_answers(case, ["reject"]),
            "after": numbers[(numbers.index(number) + 1) % len(numbers)],
        }
    response = render(request, "cases/triage.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def show_holidays(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    if request.method == "POST":
        return _change_day(request)
    request.actor.require("calendar.see")
    this_year = working_calendar().day_of(now).year
    year = read_number(request.GET.get("year", "")) or this_year
    year = min(max(year, this_year - 5), this_year + 5)
    context = {
        "year": year,
        "years": range(this_year - 1, this_year + 3),
        "days": days_in(year),
        "is_published": any(one.is_worked for one in days_in(year)),
    }
    return render(request, "cases/holidays.html", context)


def _change_day(request: StaffRequest) -> HttpResponse:
    request.actor.require("calendar.edit")
    typed = request.POST
    is_worked = {"worked": True, "off": False}.get(typed.get("is", ""))
    try:
        day = date.fromisoformat(typed.get("day", ""))
        set_day(
            actor=request.actor,
            day=day,
            is_worked=is_worked,
            name=typed.get("name", ""),
            now=clock.now(),
        )
    except (ValueError, DayUnfit):
        messages.error(request, _("Choose a day that the calendar has."), "bad")
        return redirect("cases:holidays")
    messages.success(request, _("Kept. What is due is reckoned anew."), "good")
    return redirect(f"{request.path}?year={day.year}")
