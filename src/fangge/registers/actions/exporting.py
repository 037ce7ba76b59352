"""Take a page of a list along as a file, with its mark."""

from collections.abc import Sequence
from datetime import datetime

from fangge.disclosure.actions.exports import Wanted, make_export
from fangge.kernel.actor import Actor
from fangge.kernel.web import Download
from fangge.registers.adapters import sheets

FORMS = sheets.FORMS


def export_list(
    *,
    actor: Actor,
    what: str,
    form: str,
    reason: str,
    header: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    now: datetime,
) -> Download:
    """Write rows that the actor was shown into a file that says who took it and what for."""
    kind, ending = FORMS[form]
    return make_export(
        actor=actor,
        wanted=Wanted(what, form, "list", reason, f"{what}.{ending}", kind, len(rows)),
        write=lambda mark: sheets.write_file(form=form, mark=mark, header=header, rows=rows),
        now=now,
    )
