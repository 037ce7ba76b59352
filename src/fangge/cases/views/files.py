"""Files of a case: streamed in parts, and never as something that a browser runs."""

from collections.abc import Iterator
from typing import BinaryIO

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.cases.actions.file_reading import OpenedFile, open_file, open_small_file
from fangge.cases.rules.media import Span, SpanBeyond, read_span
from fangge.kernel import clock

PIECE = 64 * 1024
PARTIAL, UNSATISFIABLE = 206, 416


@login_required
@require_GET
def show_file(request: StaffRequest, number: str, file_id: int) -> HttpResponseBase:
    opened = open_file(actor=request.actor, number=number, file_id=file_id, now=clock.now())
    return _answer(request, opened)


@login_required
@require_GET
def show_small_file(request: StaffRequest, number: str, file_id: int) -> HttpResponseBase:
    opened = open_small_file(actor=request.actor, number=number, file_id=file_id, now=clock.now())
    return _answer(request, opened)


def _answer(request: StaffRequest, opened: OpenedFile) -> HttpResponseBase:
    mark = f'"{opened.mark}"'
    if request.headers.get("If-None-Match") == mark:
        opened.handle.close()
        return _guard(HttpResponseNotModified(), opened)
    asked = request.headers.get("Range", "")
    if request.headers.get("If-Range", mark) != mark:
        asked = ""
    try:
        span = read_span(asked, opened.n_bytes) if asked else None
    except SpanBeyond:
        opened.handle.close()
        refused = HttpResponse(status=UNSATISFIABLE)
        refused["Content-Range"] = f"bytes */{opened.n_bytes}"
        return _guard(refused, opened)
    whole = span or Span(0, opened.n_bytes - 1)
    response = StreamingHttpResponse(
        _read(opened.handle, whole), status=PARTIAL if span else 200, content_type=opened.media_type
    )
    response["Content-Length"] = str(whole.length)
    if span:
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{opened.n_bytes}"
    return _guard(response, opened)


def _guard(response: HttpResponseBase, opened: OpenedFile) -> HttpResponseBase:
    """Say what the file is, that it is to be kept and not shown, and that nothing in it may run."""
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=opened.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": f'"{opened.mark}"',
    }
    for name, value in headers.items():
        if value is not None:
            response[name] = value
    return response


def _read(handle: BinaryIO, span: Span) -> Iterator[bytes]:
    with handle:
        handle.seek(span.first)
        left = span.length
        while left > 0 and (piece := handle.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
