"""The indicators of how cases are dealt with: a page, and files."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest
from fangge.cases.adapters.sheets import KINDS, Cell, write_figures
from fangge.cases.queries.catalogue import say_category
from fangge.cases.queries.evaluation import GROUPS, Evaluation, Span, read_evaluation
from fangge.cases.rules.evaluation import INDICATORS, LEAST, Figures
from fangge.disclosure.actions.exports import Mark, Wanted, make_export
from fangge.kernel import clock
from fangge.kernel.web import as_download

USUAL = timedelta(days=90)
ONE_DAY = timedelta(days=1)
YEARS = range(2000, 2200)
"""Years that somebody may mean."""
CHARTED = "closed"
MEANS = frozenset({"satisfaction", "hours"})


@login_required
@require_GET
def show_indicators(request: StaffRequest) -> HttpResponse:
    given = request.GET.dict()
    span = _read_span(given, clock.now())
    found = read_evaluation(actor=request.actor, span=span)
    form = given.get("form", "")
    if form in KINDS:
        return _write(request, found, span, form)
    chart = given.get("chart", CHARTED)
    context = {
        "found": found,
        "rows": [_row(one, span.by) for one in found.groups],
        "whole": _row(found.whole, span.by) if found.whole else None,
        "names": _names(),
        "groups": GROUPS,
        "span": span,
        "given": {
            "since": timezone.localtime(span.since).date().isoformat(),
            "until": (timezone.localtime(span.until) - ONE_DAY).date().isoformat(),
            "as_of": timezone.localtime(span.as_of).date().isoformat(),
        },
        "chart": chart if chart in INDICATORS else CHARTED,
        "bars": _bars(found, span.by, chart if chart in INDICATORS else CHARTED),
        "least": LEAST,
    }
    return render(request, "cases/indicators.html", context)


def _read_span(given: Mapping[str, str], now: datetime) -> Span:
    """Read days of the office's wall; what cannot be read is as usual."""
    until = _end_of(given.get("until", "")) or _end_of(timezone.localtime(now).date().isoformat())
    since = _end_of(given.get("since", ""))
    as_of = _end_of(given.get("as_of", ""))
    by = given.get("by", "")
    end = until or now
    start = since - ONE_DAY if since else end - USUAL
    return Span(start, end, min(as_of or now, now), by if by in GROUPS else "kind")


def _end_of(text: str) -> datetime | None:
    try:
        day = datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
    if day.year not in YEARS:
        return None
    return datetime.combine(day + ONE_DAY, time(), timezone.get_current_timezone())


def _names() -> dict[str, str]:
    return {
        "closed": _("Closed, of those accepted"),
        "on_time": _("Handled in time"),
        "returned": _("Results sent back"),
        "verified": _("Closed after somebody else looked"),
        "reopened": _("Opened again"),
        "satisfaction": _("Satisfaction, 1 to 5"),
        "hours": _("Hours of work until the result"),
        "proposals": _("Proposals that were right"),
    }


def _say_group(group: str, by: str) -> str:
    kinds = {
        "dispute": _("Dispute"),
        "hazard": _("Hazard"),
        "safety": _("Community safety"),
        "lead": _("Lead or request"),
    }
    if by == "kind":
        return kinds.get(group, group)
    told = say_category(group) if by == "category" else group
    return told or _("none yet")


def _row(one: Figures, by: str) -> tuple[str, str, list[str]]:
    """Give a group's name, its count, and each indicator as it is written."""
    count = f"<{LEAST}" if one.n_reported < LEAST else _("not shown") if one.is_hidden else ""
    return (
        _say_group(one.group, by),
        count or f"{one.n_reported:,}",
        [_say(name, _value(one, name)) for name in INDICATORS],
    )


def _value(one: Figures, name: str) -> float | None:
    return None if one.is_hidden else INDICATORS[name](one).value


def _say(name: str, value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.1f}" if name in MEANS else f"{value:.1%}"


def _bars(found: Evaluation, by: str, name: str) -> list[tuple[str, str, int]]:
    """Give each group's name, its value in words, and its length in hundredths."""
    held = [(one, value) for one in found.groups if (value := _value(one, name)) is not None]
    longest = max((value for _one, value in held), default=1.0) if name in MEANS else 1.0
    return [
        (_say_group(one.group, by), _say(name, value), round(100 * value / (longest or 1)))
        for one, value in held
    ]


def _write(request: StaffRequest, found: Evaluation, span: Span, form: str) -> HttpResponse:
    names = _names()
    days = [timezone.localtime(at).strftime("%Y-%m-%d %H:%M") for at in (span.since, span.until)]
    told = _("Reported from %(since)s until %(until)s, as known at %(at)s")
    known = timezone.localtime(span.as_of).strftime("%Y-%m-%d %H:%M")
    lines: list[list[Cell]] = [
        [told % {"since": days[0], "until": days[1], "at": known}],
        [_("Group"), _("Cases reported"), *(names[name] for name in INDICATORS)],
    ]
    for one in [*found.groups, *([found.whole] if found.whole else [])]:
        values = [_value(one, name) for name in INDICATORS]
        rounded = [None if value is None else round(value, 4) for value in values]
        group = _("All") if one is found.whole else _say_group(one.group, span.by)
        lines.append([group, None if one.is_hidden else one.n_reported, *rounded])
    reason = request.GET.get("reason", "") or str(lines[0][0])
    wanted = Wanted(
        "indicators", form, "statistics", reason, f"indicators.{form}", KINDS[form], len(lines)
    )

    def write(mark: Mark) -> bytes:
        marked = [[*lines[0], mark.sentence], *([*line, mark.code] for line in lines[1:])]
        return write_figures(marked, form=form)

    made = make_export(actor=request.actor, wanted=wanted, write=write, now=clock.now())
    return as_download(made)
