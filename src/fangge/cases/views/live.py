"""Live updates: what others do to the cases that somebody looks at."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.cases.actions.watching import Stream, TooManyLookOn
from fangge.kernel.web import read_number

BUSY = 503


@login_required
@require_GET
def show_live(request: StaffRequest) -> HttpResponseBase:
    request.actor.require("cases.see")
    after = request.headers.get("Last-Event-ID", "") or request.GET.get("after", "")
    try:
        stream = Stream(request.actor, read_number(after))
    except TooManyLookOn:
        return HttpResponse(status=BUSY, headers={"Retry-After": "60"})
    response = StreamingHttpResponse(stream, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
