"""Emergency access: taking it, ending it, and the review by somebody else."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.actions.emergency import (
    ReasonTooShort,
    end_emergency,
    review_emergency,
    take_emergency,
)
from fangge.access.queries import (
    StaffRequest,
    emergencies_visible_to,
    find_emergency,
    own_emergencies,
    staff_of,
)
from fangge.areas.queries import current_areas, find_area
from fangge.audit.queries import looks_between
from fangge.kernel import clock

MOST = 100


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def take(request: StaffRequest) -> HttpResponse:
    request.actor.require("emergency.take")
    staff, fault = staff_of(request), ""
    if request.method == "POST":
        number = request.POST.get("area", "")
        try:
            taken = take_emergency(
                actor=request.actor,
                staff=staff,
                area=find_area(int(number)) if number.isdigit() else None,
                reason=request.POST.get("reason", ""),
                now=clock.now(),
            )
        except ReasonTooShort as error:
            fault = str(error)
        else:
            told = _("You see %(area)s for three hours. Somebody else looks at what you opened.")
            messages.success(request, told % {"area": taken.area.name}, "wait")
            return redirect("access:emergency")
    context = {
        "areas": [area for area in current_areas() if area.kind != "grid"],
        "own": own_emergencies(staff),
        "reason": request.POST.get("reason", ""),
        "fault": fault,
        "now": clock.now(),
    }
    return render(request, "access/emergency.html", context, status=422 if fault else 200)


@login_required
@require_POST
def end(request: StaffRequest) -> HttpResponse:
    request.actor.require("emergency.take")
    end_emergency(actor=request.actor, staff=staff_of(request), now=clock.now())
    messages.success(request, _("Your emergency access has ended."), "good")
    return redirect("access:emergency")


@never_cache
@login_required
@require_GET
def show_emergencies(request: StaffRequest) -> HttpResponse:
    rows = emergencies_visible_to(request.actor)[:MOST]
    return render(request, "access/emergencies.html", {"rows": rows, "now": clock.now()})


@never_cache
@login_required
@require_GET
def show_emergency(request: StaffRequest, emergency_id: int) -> HttpResponse:
    taken = find_emergency(actor=request.actor, emergency_id=emergency_id)
    looks = looks_between(
        actor=request.actor,
        by=f"staff:{taken.staff.username}",
        starts_at=taken.starts_at,
        ends_at=taken.ends_at,
    )
    context = {"taken": taken, "looks": looks, "now": clock.now()}
    return render(request, "access/emergency_review.html", context)


@login_required
@require_POST
def review(request: StaffRequest, emergency_id: int) -> HttpResponse:
    review_emergency(
        actor=request.actor,
        emergency_id=emergency_id,
        was_right=request.POST.get("was_right") == "yes",
        review=request.POST.get("review", ""),
        now=clock.now(),
    )
    messages.success(request, _("Reviewed. Who took it can read it."), "good")
    return redirect("access:emergencies")
