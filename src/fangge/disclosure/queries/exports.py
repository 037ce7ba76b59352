"""Files that were taken along, found by the code they bear."""

from fangge.disclosure.models.export import ExportMade
from fangge.disclosure.rules.codes import read_code
from fangge.kernel.actor import Actor

MOST = 50


def list_exports(*, actor: Actor, code: str = "") -> list[ExportMade]:
    """List exports, the newest first, or find the one of a code; the auditor's alone."""
    actor.require("audit.see")
    found = ExportMade.objects.order_by("-id")
    if code:
        found = found.filter(code=read_code(code))
    return list(found[:MOST])
