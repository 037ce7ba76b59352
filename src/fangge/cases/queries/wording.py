"""States, clocks and what comes next, in plain words."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def say_state(state: str) -> str:
    """Say a state as the pages do."""
    return {
        "reported": _("reported"),
        "accepted": _("accepted"),
        "dispatched": _("dispatched"),
        "in_progress": _("in progress"),
        "paused": _("paused"),
        "handled": _("handled, to be verified"),
        "verified": _("verified"),
        "closed": _("case closed"),
        "rejected": _("not accepted"),
        "withdrawn": _("withdrawn"),
        "joined": _("joined to another"),
    }.get(state, state)


def say_next(clock_name: str, *, state: str) -> str:
    """Say what comes next of a case, to somebody who has never seen one."""
    ended = {
        "closed": _("The case is closed. Tell us below how it went."),
        "rejected": _("The report was not accepted. The reason is below."),
        "withdrawn": _("You took the report back. Nothing more happens."),
        "paused": _("The work is paused: something outside the office has to happen first."),
    }
    if state in ended:
        return ended[state]
    return {
        "accept": _("The district centre reads your report and decides who deals with it."),
        "dispatch": _("The district centre sends it to the office that deals with it."),
        "handle": _("The office works on it."),
        "verify": _("Somebody else looks on the spot whether it is really done."),
        "close": _("It is done and looked at; the district centre closes the case."),
    }.get(clock_name, "")


def say_day(at: datetime) -> str:
    """Say an instant as the pages do."""
    return date_format(timezone.localtime(at), "n月j日 D H:i" if _is_chinese() else "D j N H:i")


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")
