"""Change an address: one page for every act, and what it would do before it is done."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import FanggeError
from fangge.kernel.web import status_of
from fangge.registers.actions.acts.deciding import (
    divide_address,
    merge_address,
    move_address,
    rename_address,
    renumber_address,
    retire_address,
    split_address,
    undo_act,
)
from fangge.registers.actions.finding import find_addresses
from fangge.registers.forms import ActForm, read_act
from fangge.registers.queries.entries import get_address
from fangge.registers.queries.life import address_by_code, count_below
from fangge.registers.rules.acts import PARENT_LEVELS, acts_for

LABELS = {
    "rename": gettext_lazy("Rename"),
    "renumber": gettext_lazy("Renumber"),
    "split": gettext_lazy("Split"),
    "divide": gettext_lazy("Divide into units"),
    "merge": gettext_lazy("Merge into another"),
    "move": gettext_lazy("Move under another"),
    "retire": gettext_lazy("Retire"),
}


@login_required
@require_http_methods(["GET", "POST"])
def change_address(request: StaffRequest, address_id: int) -> HttpResponse:
    request.actor.require("addresses.change")
    now = clock.now()
    entry = get_address(actor=request.actor, address_id=address_id, as_of=None, now=now)
    address, today = entry.address, timezone.localdate(now)
    n_below = count_below(address)
    acts = acts_for(address.level, has_below=bool(n_below))
    typed = request.POST if request.method == "POST" else request.GET
    form = read_act(typed.dict(), acts=acts, today=today)
    fault: FanggeError | None = None
    if request.method == "POST" and "only" not in request.POST:
        try:
            DEEDS[form.act](request.actor, address.pk, form, now)
        except FanggeError as error:
            fault = error
        else:
            done = form.day() <= today
            told = _("Done. It can be undone below.") if done else _("Kept until its day comes.")
            messages.success(request, told, "good")
            return redirect("registers:address", address.pk)
    context = {
        "entry": entry,
        "form": form,
        "fault": fault,
        "acts": [(act, LABELS[act]) for act in acts],
        "n_below": n_below,
        "targets": _targets(request.actor, form, address.level) if form.typed else [],
        "today": today,
        "part_numbers": list(enumerate(form.parts)),
        "placed": [(child, form.placing.get(child.pk, 0)) for child in entry.children],
    }
    status = status_of(fault) if fault else 200
    return render(request, "registers/change.html", context, status=status)


def _targets(actor: Actor, form: ActForm, level: str) -> list[tuple[str, str]]:
    """Give the addresses that the typed text may mean and that the act may lead to."""
    levels = PARENT_LEVELS[level] if form.act == "move" else (level,)
    found = find_addresses(actor=actor, text=form.typed)
    return [
        (address.code, address.full_name)
        for address, _reasons in found
        if address.level in levels and address.ends_on is None
    ]


def _rename(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    rename_address(
        actor=actor, address_id=address_id, name=form.name, effective_on=form.day(),
        reason=form.reason, now=now,
    )  # fmt: skip


def _renumber(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    renumber_address(
        actor=actor, address_id=address_id, name=form.name, effective_on=form.day(),
        reason=form.reason, now=now,
    )  # fmt: skip


def _split(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    split_address(
        actor=actor, address_id=address_id, parts=form.parts, placing=form.placing,
        effective_on=form.day(), reason=form.reason, now=now,
    )  # fmt: skip


def _divide(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    divide_address(
        actor=actor, address_id=address_id, parts=form.parts, placing=form.placing,
        effective_on=form.day(), reason=form.reason, now=now,
    )  # fmt: skip


def _merge(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    merge_address(
        actor=actor, address_id=address_id, into_code=form.target, effective_on=form.day(),
        reason=form.reason, now=now,
    )  # fmt: skip


def _move(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    move_address(
        actor=actor, address_id=address_id, parent_code=form.target, effective_on=form.day(),
        reason=form.reason, now=now,
    )  # fmt: skip


def _retire(actor: Actor, address_id: int, form: ActForm, now: datetime) -> None:
    retire_address(
        actor=actor, address_id=address_id, effective_on=form.day(), reason=form.reason, now=now
    )


DEEDS: Mapping[str, Callable[[Actor, int, ActForm, datetime], None]] = {
    "rename": _rename,
    "renumber": _renumber,
    "split": _split,
    "divide": _divide,
    "merge": _merge,
    "move": _move,
    "retire": _retire,
}


@login_required
@require_POST
def undo(request: StaffRequest, act_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    done = undo_act(actor=request.actor, act_id=act_id, reason=reason, now=clock.now())
    messages.success(request, _("Undone: the address stands as before."), "good")
    return redirect("registers:address", done.address_id)


@login_required
@require_GET
def show_code(request: StaffRequest, code: str) -> HttpResponse:
    """Lead from a code, old or new, to the page of its address."""
    return redirect("registers:address", address_by_code(actor=request.actor, code=code).pk)
