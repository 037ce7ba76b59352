"""Server entry point."""

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangge.config.settings")
THREADS = 8
"""How many requests are worked on at once; who looks on at what others do is not counted."""
LOOKS_ON = "/cases/live"
_django = get_wsgi_application()
_gate = threading.BoundedSemaphore(THREADS)


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    if environ.get("PATH_INFO") == LOOKS_ON:
        return _django(environ, start_response)
    with _gate:
        return _django(environ, start_response)
