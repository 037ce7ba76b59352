"""At the counter: an officer issues a code to a resident who is present."""

from urllib.parse import urljoin

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.portal.actions.codes import DocumentDiffers, IssuedCode, issue_code
from fangge.portal.adapters.qr import draw_qr
from fangge.portal.rules.codes import GOOD_FOR, MOST_TRIES, STAY
from fangge.portal.views.visiting import keep_to_reader
from fangge.registers.queries.entries import get_resident, mask_resident

MINUTE = 60


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def issue(request: StaffRequest, resident_id: int) -> HttpResponse:
    request.actor.require("codes.issue")
    resident = get_resident(actor=request.actor, resident_id=resident_id)
    issued: IssuedCode | None = None
    fault = ""
    if request.method == "POST":
        try:
            issued = issue_code(
                actor=request.actor,
                resident_id=resident_id,
                document=request.POST.get("document", ""),
                is_present=request.POST.get("present") == "1",
                now=clock.now(),
            )
        except DocumentDiffers as error:
            fault = str(error)
    door = urljoin(request.build_absolute_uri("/"), reverse("portal:door"))
    context = {
        "resident": resident,
        "label": mask_resident(resident),
        "issued": issued,
        "fault": fault,
        "door": door,
        # Behind the # it stays in the browser: no server and no log gets it.
        "qr": draw_qr(f"{door}#{issued.text}") if issued else "",
        "good_for": int(GOOD_FOR.total_seconds()) // MINUTE,
        "stay": int(STAY.total_seconds()) // MINUTE,
        "most_tries": MOST_TRIES,
    }
    status = 422 if fault else 200
    return keep_to_reader(render(request, "portal/counter.html", context, status=status))
