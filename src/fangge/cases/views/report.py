"""Report something, and see what is open nearby while typing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fangge.access.queries import StaffRequest
from fangge.cases.actions.attaching import staging
from fangge.cases.actions.report import Report, ReportIncomplete, report_case
from fangge.cases.adapters.media import FileUnfit
from fangge.cases.adapters.qr import draw_qr
from fangge.cases.forms import RECEIPT, read_token, say_unfit
from fangge.cases.queries.nearby import find_nearby
from fangge.cases.queries.visible import get_case
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.registers.actions.finding import find_addresses

if TYPE_CHECKING:
    from fangge.registers.models.address import Address

CHOICES = 5


class ReceiptShown(Missing):
    """A receipt is shown once, to who reported."""


@login_required
@require_http_methods(["GET", "POST"])
def show_report(request: StaffRequest) -> HttpResponse:
    request.actor.require("cases.report")
    given = request.POST if request.method == "POST" else request.GET
    fault: tuple[str, str] | None = None
    if request.method == "POST":
        try:
            with staging(request.FILES.getlist("files")) as files:
                case, code = report_case(
                    actor=request.actor,
                    report=_read_report(request.actor, given.dict()),
                    token=read_token(given.get("token", "")),
                    files=files,
                    now=clock.now(),
                )
        except ReportIncomplete as error:
            fault = error.field, str(error)
        except FileUnfit as error:
            fault = "files", say_unfit(error)
        else:
            if code:
                told = _("Reported. Its code to follow it by is %(code)s: it is shown only now.")
                messages.success(request, told % {"code": code}, "good")
                request.session[RECEIPT] = [case.number, code]
            return redirect("cases:case", case.number)
    context = {
        "given": given,
        "fault": fault,
        "token": given.get("token") or uuid4(),
        "categories": shipped_catalogue().categories.values(),
    }
    return render(request, "cases/report.html", context, status=422 if fault else 200)


def _read_report(actor: Actor, given: dict[str, str]) -> Report:
    place = given.get("place", "").strip()
    address = _find_certain(place, _find_places(actor, place))
    return Report(
        told=given.get("told", ""),
        category=given.get("category", ""),
        place=place,
        address_id=address.pk if address else None,
        point=address.position if address else None,
        grid_id=address.grid_id if address else _only_grid(actor),
    )


def _find_certain(text: str, found: "Sequence[Address]") -> "Address | None":
    """Give the standard address that a place means, where it is said without doubt."""
    exact = [one for one in found if one.full_name == text]
    certain = exact or (found if len(found) == 1 else [])
    return certain[0] if certain else None


def _find_places(actor: Actor, text: str) -> "list[Address]":
    if not text or not actor.may("addresses.see"):
        return []
    return [one for one, _reasons in find_addresses(actor=actor, text=text)]


def _only_grid(actor: Actor) -> int | None:
    """Whoever works in one grid reports from there."""
    grids = actor.grid_ids or frozenset()
    return next(iter(grids)) if len(grids) == 1 else None


@login_required
@require_GET
def show_nearby(request: StaffRequest) -> HttpResponse:
    request.actor.require("cases.report")
    place = request.GET.get("place", "").strip()[:200]
    found = _find_places(request.actor, place)
    address = _find_certain(place, found)
    near = find_nearby(
        actor=request.actor,
        category=request.GET.get("category", ""),
        place=place,
        point=address.position if address else None,
        now=clock.now(),
    )
    context = {"near": near, "found": found[:CHOICES]}
    return render(request, "cases/nearby.html", context)


@never_cache
@login_required
@require_GET
def show_receipt(request: StaffRequest, number: str) -> HttpResponse:
    """Show the code of the report just made, to print: once."""
    held = request.session.get(RECEIPT, ["", ""])
    if held[0] != number:
        raise ReceiptShown(_("The receipt was shown already, or is another person's."))
    del request.session[RECEIPT]
    address = request.build_absolute_uri(reverse("portal:follow"))
    context = {
        "case": get_case(actor=request.actor, number=number, now=clock.now()),
        "code": held[1],
        "address": address,
        # Behind the # it stays in the browser: no server and no log gets it.
        "qr": draw_qr(f"{address}#{held[1]}"),
    }
    return render(request, "cases/receipt.html", context)
