"""Who may do what; who holds which role where, and handing it over."""

from datetime import datetime, time

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from fangge.access.actions.assigning import EndNotTaken, end_assignment, hand_over
from fangge.access.actions.staff import RoleUnknown, assign_role
from fangge.access.queries import (
    StaffRequest,
    assignments_of,
    find_to_assign,
    permitted_verbs,
    staff_of,
    staff_to_assign,
)
from fangge.areas.queries import current_areas, find_area
from fangge.kernel import clock
from fangge.kernel.web import read_number


@login_required
@require_GET
def show_matrix(request: StaffRequest) -> HttpResponse:
    table = permitted_verbs()
    verbs = sorted(frozenset[str]().union(*table.values()))
    rows = [(verb, [verb in table[role] for role in table]) for verb in verbs]
    return render(request, "access/roles.html", {"roles": list(table), "rows": rows})


@never_cache
@login_required
@require_GET
def show_duties(request: StaffRequest) -> HttpResponse:
    held = assignments_of(staff_of(request))
    return render(request, "access/duties.html", {"held": held, "now": clock.now()})


@login_required
@require_POST
def give(request: StaffRequest, assignment_id: int) -> HttpResponse:
    given = hand_over(
        actor=request.actor,
        assignment_id=assignment_id,
        to_username=request.POST.get("to", "").strip(),
        until=_end_of(request.POST.get("until", "")),
        now=clock.now(),
    )
    messages.success(request, _("Handed over to %(name)s.") % {"name": given.staff.name}, "good")
    return redirect("access:duties")


def _end_of(text: str) -> datetime | None:
    """Read the last day of a stand-in; it ends as that day does. None is for good."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day, time.max))


@never_cache
@login_required
@require_GET
def show_staff(request: StaffRequest) -> HttpResponse:
    now, text = clock.now(), request.GET.get("text", "").strip()[:60]
    found, next_key = staff_to_assign(
        actor=request.actor, text=text, after=request.GET.get("after", "")[:60]
    )
    rows = [
        (
            staff,
            [
                one
                for one in staff.assignments.all()
                if one.starts_at <= now and (one.ends_at is None or one.ends_at > now)
            ],
        )
        for staff in found
    ]
    return render(request, "access/staff.html", {"rows": rows, "text": text, "next": next_key})


@never_cache
@login_required
@require_GET
def show_person(request: StaffRequest, staff_id: int) -> HttpResponse:
    return _render_person(request, staff_id)


def _render_person(
    request: StaffRequest, staff_id: int, faults: dict[str, str] | None = None
) -> HttpResponse:
    staff = find_to_assign(actor=request.actor, staff_id=staff_id)
    context = {
        "staff": staff,
        "held": assignments_of(staff),
        "roles": list(permitted_verbs()),
        "areas": current_areas(),
        "is_own": staff.pk == staff_of(request).pk,
        "now": clock.now(),
        "faults": faults or {},
        "given": request.POST,
    }
    return render(request, "access/person.html", context, status=422 if faults else 200)


@login_required
@require_POST
def assign(request: StaffRequest, staff_id: int) -> HttpResponse:
    request.actor.require("staff.assign")
    chosen, until = request.POST.get("area", ""), request.POST.get("until", "")
    staff = find_to_assign(actor=request.actor, staff_id=staff_id)
    end_at = _end_of(until)
    if until and end_at is None:
        return _render_person(request, staff_id, {"until": _("Write the day as 2026-12-31.")})
    try:
        assign_role(
            actor=request.actor,
            staff=staff,
            role=request.POST.get("role", ""),
            area=find_area(area_id) if (area_id := read_number(chosen)) is not None else None,
            until=end_at,
            now=clock.now(),
        )
    except RoleUnknown:
        return _render_person(request, staff_id, {"role": _("Choose a role.")})
    except EndNotTaken:
        return _render_person(request, staff_id, {"until": _("Choose a day that is to come.")})
    messages.success(request, _("Assigned."), "good")
    return redirect("access:person", staff_id)


@login_required
@require_POST
def end(request: StaffRequest, assignment_id: int) -> HttpResponse:
    held = end_assignment(
        actor=request.actor,
        assignment_id=assignment_id,
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    messages.success(request, _("The assignment has ended."), "good")
    return redirect("access:person", held.staff_id)
