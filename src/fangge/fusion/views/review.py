"""The review desk: the queue, one pair side by side, and many decided at once."""

from dataclasses import dataclass
from urllib.parse import urlencode

import polars as pl
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.fieldwork.queries import suggest_day, tasks_about
from fangge.fusion.actions.review.decide import (
    JudgementState,
    decide_pair,
    decide_pairs,
    preview_pairs,
)
from fangge.fusion.actions.review.looking import look_at_pair
from fangge.fusion.actions.review.settle import undo_last
from fangge.fusion.queries.pairs import (
    KINDS,
    PAGE_PAIRS,
    count_queue,
    count_to_confirm,
    filter_queue,
    neighbours_of,
    open_pairs,
    page_of,
)
from fangge.fusion.queries.sources import source_titles
from fangge.fusion.views.waterfall import draw_waterfall
from fangge.kernel import clock
from fangge.kernel.errors import Conflict
from fangge.kernel.web import read_number
from fangge.registers.actions.looks import keep_looks
from fangge.registers.queries.labels import label_entries

PURPOSE = "review_purpose"


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is shown, as it stands in the address bar."""

    kind: str = ""
    sources: str = ""
    changed: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        asked = request.POST if request.method == "POST" else request.GET
        kind = asked.get("kind", "")
        return cls(
            kind=kind if kind in KINDS else "",
            sources=asked.get("sources", ""),
            changed="1" if asked.get("changed") else "",
        )

    @property
    def query(self) -> str:
        named = {"kind": self.kind, "sources": self.sources, "changed": self.changed}
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def suffix(self) -> str:
        return f"?{self.query}" if self.query else ""

    def queue(self, request: StaffRequest) -> pl.DataFrame:
        return open_pairs(
            request.actor,
            now=clock.now(),
            kind=self.kind,
            sources=self.sources,
            changed=self.changed,
        )


@login_required
@require_GET
def show_queue(request: StaffRequest) -> HttpResponse:
    filters = Filters.of(request)
    whole = open_pairs(request.actor, now=clock.now())
    queue = filter_queue(whole, kind=filters.kind, sources=filters.sources, changed=filters.changed)
    after = request.GET.get("after", "")
    page = page_of(queue, after=read_number(after) or 0)
    rows = page.head(PAGE_PAIRS)
    labels = {
        kind: label_entries(
            kind,
            pl.concat([own["left_entry"], own["right_entry"]]).to_list(),
        )
        for kind in KINDS
        if (own := rows.filter(pl.col("kind") == kind)).height
    }
    keep_looks(
        actor=request.actor,
        verb="residents.list",
        resident_ids=labels.get("resident", {}).keys(),
        object_reference="review desk",
        now=clock.now(),
    )
    titles = source_titles()
    lines = [
        {
            **row,
            "left_label": labels[row["kind"]].get(row["left_entry"]),
            "right_label": labels[row["kind"]].get(row["right_entry"]),
            "left_title": titles[row["left_source"]],
            "right_title": titles[row["right_source"]],
        }
        for row in rows.iter_rows(named=True)
    ]
    context = {
        "lines": lines,
        "filters": filters,
        "counts": [
            {
                "key": "+".join(count.sources),
                "title": " · ".join(titles[code] for code in count.sources),
                "n_pairs": count.n_pairs,
            }
            for count in count_queue(whole)
        ],
        "n_to_confirm": count_to_confirm(actor=request.actor),
        "next_key": lines[-1]["pair_id"] if page.height > PAGE_PAIRS else None,
    }
    return render(request, "fusion/review/queue.html", context)


@login_required
@require_GET
def show_first(request: StaffRequest) -> HttpResponse:
    filters = Filters.of(request)
    queue = filters.queue(request)
    return _go_on(filters, queue["pair_id"][0] if queue.height else None)


@login_required
@require_http_methods(["GET", "POST"])
def show_pair(request: StaffRequest, pair_id: int) -> HttpResponse:
    filters = Filters.of(request)
    request.actor.require("pairs.see")
    if request.method == "POST":
        request.session[PURPOSE] = request.POST.get("purpose", "")
        return redirect(_address_of(pair_id, filters))
    purpose = request.session.get(PURPOSE, "")
    now = clock.now()
    sheet = look_at_pair(actor=request.actor, pair_id=pair_id, purpose=purpose, now=now)
    errands = tasks_about(actor=request.actor, kind="pair", subject_id=pair_id, now=now)
    queue = filters.queue(request)
    before, behind = neighbours_of(queue, pair_id)
    listed = queue["pair_id"].to_list()
    titles = source_titles()
    context = {
        "sheet": sheet,
        "bars": draw_waterfall(sheet),
        "filters": filters,
        "before": before,
        "behind": behind,
        "place": listed.index(pair_id) + 1 if pair_id in listed else None,
        "n_pairs": len(listed),
        "left_title": titles[sheet.left.record.source.code],
        "right_title": titles[sheet.right.record.source.code],
        "errands": errands,
        "may_look": request.actor.may("fieldtasks.ask")
        and not any(one.is_under_way for one in errands),
        "due_on": suggest_day(now),
    }
    response = render(request, "fusion/review/pair.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def decide(request: StaffRequest, pair_id: int) -> HttpResponse:
    filters = Filters.of(request)
    _before, behind = neighbours_of(filters.queue(request), pair_id)
    verdict = request.POST.get("verdict", "")
    reason = request.POST.get("reason", "")
    try:
        judgement = decide_pair(
            actor=request.actor, pair_id=pair_id, verdict=verdict, reason=reason, now=clock.now()
        )
    except Conflict as error:
        messages.error(request, str(error), "bad")
        return redirect(_address_of(pair_id, filters))
    if judgement.state == JudgementState.WAITING:
        told = _("This makes an entry of %(n)s records: another steward must confirm it first.")
        messages.warning(request, told % {"n": judgement.n_records}, "wait")
    else:
        messages.success(request, SAID[verdict]() + " " + _("Press u to take it back."), "good")
    queue = filters.queue(request)["pair_id"].to_list()
    first = queue[0] if queue else None
    return _go_on(filters, behind if behind in queue else first)


SAID = {
    "same": lambda: _("Kept: the same. Both entries are one now."),
    "different": lambda: _("Kept: different. Both entries stay."),
    "unsure": lambda: _("Kept: not sure. It comes back when its evidence changes."),
}


@login_required
@require_POST
def undo(request: StaffRequest) -> HttpResponse:
    filters = Filters.of(request)
    judgement = undo_last(actor=request.actor, now=clock.now())
    told = _("Decision %(n)s was taken back, with all it did.")
    messages.success(request, told % {"n": judgement.pk}, "good")
    pair_id = read_number(request.POST.get("pair", ""))
    back = filters.queue(request)["pair_id"].to_list()
    if pair_id in back:
        return _go_on(filters, pair_id)
    return _go_on(filters, back[0] if back else None)


@login_required
@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    filters = Filters.of(request)
    chosen = [n for one in request.POST.getlist("pair") if (n := read_number(one)) is not None]
    verdict = request.POST.get("verdict", "")
    pairs, plan = preview_pairs(
        actor=request.actor, pair_ids=chosen, verdict=verdict, now=clock.now()
    )
    kind = pairs["kind"][0]
    ends = {**plan.ends}
    labels = label_entries(kind, [*ends, *ends.values()])
    if kind == "resident":
        keep_looks(
            actor=request.actor,
            verb="residents.list",
            resident_ids=labels.keys(),
            object_reference="review desk",
            now=clock.now(),
        )
    joined: dict[int, list[int]] = {}
    for entry, survivor in sorted(ends.items()):
        joined.setdefault(survivor, []).append(entry)
    context = {
        "filters": filters,
        "chosen": chosen,
        "verdict": verdict,
        "plan": plan,
        "n_pairs": pairs.height,
        "joined": [(labels[one], [labels[other] for other in led]) for one, led in joined.items()],
    }
    return render(request, "fusion/review/preview.html", context)


@login_required
@require_POST
def decide_many(request: StaffRequest) -> HttpResponse:
    filters = Filters.of(request)
    chosen = [n for one in request.POST.getlist("pair") if (n := read_number(one)) is not None]
    judgement = decide_pairs(
        actor=request.actor,
        pair_ids=chosen,
        verdict=request.POST.get("verdict", ""),
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    if judgement.state == JudgementState.WAITING:
        told = _("This makes an entry of %(n)s records: another steward must confirm it first.")
        messages.warning(request, told % {"n": judgement.n_records}, "wait")
    else:
        messages.success(request, _("The pairs are decided. They can be undone as one."), "good")
    return redirect(reverse("fusion:review") + filters.suffix)


def _address_of(pair_id: int, filters: Filters) -> str:
    return reverse("fusion:pair", args=[pair_id]) + filters.suffix


def _go_on(filters: Filters, pair_id: int | None) -> HttpResponse:
    if pair_id is not None:
        return redirect(_address_of(pair_id, filters))
    return redirect(reverse("fusion:review") + filters.suffix)
