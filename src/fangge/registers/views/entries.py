"""Entries: a building, an address, an organisation, a resident."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.registers.actions.looks import keep_looks
from fangge.registers.actions.opening import open_resident
from fangge.registers.queries.asof import AsOf, read_as_of
from fangge.registers.queries.buildings import get_elevation
from fangge.registers.queries.entries import (
    as_it_was,
    dwelling_changes,
    get_address,
    get_dwelling,
    get_organisation,
    get_resident,
    occupancies_of,
    organisation_changes,
    resident_changes,
    tenancies_of,
)
from fangge.registers.queries.labels import lead_of
from fangge.registers.queries.life import life_of
from fangge.registers.queries.matters import matters_about
from fangge.registers.rules.masking import mask_name
from fangge.registers.rules.purposes import PURPOSES, fields_for


@login_required
@require_GET
def show_building(request: StaffRequest, building_id: int) -> HttpResponse:
    elevation = get_elevation(actor=request.actor, building_id=building_id)
    is_panel = request.headers.get("X-Panel") == "1"
    template = "registers/elevation.html" if is_panel else "registers/building.html"
    return render(request, template, {"elevation": elevation, "is_panel": is_panel})


def asked_day(request: StaffRequest) -> AsOf | None:
    """Read from the address bar as of when an entry is to be shown."""
    return read_as_of(
        true_on=request.GET.get("true_on", ""),
        known_on=request.GET.get("known_on", ""),
        now=clock.now(),
    )


@login_required
@require_GET
def show_address(request: StaffRequest, address_id: int) -> HttpResponse:
    as_of, now = asked_day(request), clock.now()
    entry = get_address(actor=request.actor, address_id=address_id, as_of=as_of, now=now)
    keep_looks(
        actor=request.actor,
        verb="residents.list",
        resident_ids=[holder.resident_id for holder in entry.holders],
        fields=("name_masked", "addresses"),
        object_reference=f"address:{entry.address.code}",
        now=now,
    )
    context = {
        "entry": entry,
        "as_of": as_of,
        "shown": entry.address,
        "today": now,
        "life": life_of(actor=request.actor, address=entry.address),
    }
    return render(request, "registers/address.html", context)


@login_required
@require_GET
def show_organisation(request: StaffRequest, organisation_id: int) -> HttpResponse:
    as_of = asked_day(request)
    held = get_organisation(actor=request.actor, organisation_id=organisation_id)
    firm = as_it_was(held, as_of)
    context = {
        "firm": firm,
        "lead": lead_of("organisation", held.pk),
        "changes": organisation_changes(held),
        "as_of": as_of,
        "shown": firm,
        "today": clock.now(),
    }
    return render(request, "registers/organisation.html", context)


@login_required
@require_GET
def show_dwelling(request: StaffRequest, dwelling_id: int) -> HttpResponse:
    as_of = asked_day(request)
    held = get_dwelling(actor=request.actor, dwelling_id=dwelling_id)
    home = as_it_was(held, as_of)
    tenancies = tenancies_of(actor=request.actor, home=home, as_of=as_of)
    keep_looks(
        actor=request.actor,
        verb="dwellings.see",
        resident_ids=[one.resident_id for one in tenancies if one.resident_id],
        fields=("name_masked", "addresses"),
        now=clock.now(),
    )
    context = {
        "home": home,
        "lead": lead_of("dwelling", held.pk),
        "tenancies": tenancies,
        "changes": dwelling_changes(held),
        "as_of": as_of,
        "shown": home,
        "today": clock.now(),
    }
    return render(request, "registers/dwelling.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def show_resident(request: StaffRequest, resident_id: int) -> HttpResponse:
    as_of = asked_day(request)
    resident = as_it_was(get_resident(actor=request.actor, resident_id=resident_id), as_of)
    keep_looks(
        actor=request.actor,
        verb="residents.see",
        resident_ids=[resident_id],
        fields=("name_masked", "addresses", "history_masked"),
        now=clock.now(),
    )
    opened, purpose = None, request.POST.get("purpose", "")
    if request.method == "POST":
        opened = open_resident(
            actor=request.actor,
            resident_id=resident_id,
            purpose=purpose,
            matter=request.POST.get("matter", ""),
            as_of=as_of,
            now=clock.now(),
        )
    opened_fields = fields_for(purpose) if opened else frozenset[str]()
    response = render(
        request,
        "registers/resident.html",
        {
            "resident": resident,
            "lead": lead_of("resident", resident_id),
            "masked_name": mask_name(resident.name),
            "opened": opened,
            "purpose": purpose,
            "opened_fields": opened_fields,
            "purposes": PURPOSES,
            "matters": matters_about(actor=request.actor, resident_id=resident_id)
            if request.actor.may("residents.open") and not opened
            else [],
            "occupancies": occupancies_of(actor=request.actor, resident=resident, as_of=as_of),
            "changes": resident_changes(resident, opened=opened_fields),
            "as_of": as_of,
            "shown": resident,
            "today": clock.now(),
        },
    )
    response["Cache-Control"] = "no-store"
    return response
