"""The map and its tiles."""

import hashlib

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from fangge.access.queries import StaffRequest, duty_officers
from fangge.areas.queries import grid_at, has_schematic_outlines, outlines_in, outlines_window
from fangge.kernel import clock
from fangge.kernel.errors import Invalid
from fangge.registers.actions.tiles import draw_spots
from fangge.registers.adapters.tiles import Tile, encode_areas, tile_window

TILE_TYPE = "application/vnd.mapbox-vector-tile"
DEEPEST_ZOOM = 22
# The map library's own words, by its own keys.
WORDS = {
    "Map.Title": _("Map"),
    "NavigationControl.ZoomIn": _("Zoom in"),
    "NavigationControl.ZoomOut": _("Zoom out"),
    "ScaleControl.Meters": _("m"),
    "ScaleControl.Kilometers": _("km"),
}


class PlaceUnreadable(Invalid):
    """The point is not written as two numbers."""


@login_required
@require_GET
def show_map(request: StaffRequest) -> HttpResponse:
    request.actor.require("map.see")
    window = outlines_window(grid_ids=request.actor.grid_ids)
    return render(
        request,
        "registers/map.html",
        {
            "window": " ".join(map(str, window or ())),
            "is_schematic": has_schematic_outlines(),
            "words": {key: str(word) for key, word in WORDS.items()},
        },
    )


@login_required
@require_GET
def spot_tile(request: StaffRequest, layer: str, zoom: int, x: int, y: int) -> HttpResponse:
    _check_tile(zoom, x, y)
    body = draw_spots(actor=request.actor, layer=layer, zoom=zoom, x=x, y=y)
    return _answer(request, body)


@login_required
@require_GET
def area_tile(request: StaffRequest, zoom: int, x: int, y: int) -> HttpResponse:
    request.actor.require("map.see")
    tile = _check_tile(zoom, x, y)
    areas = outlines_in(window=tile_window(tile), zoom=zoom)
    return _answer(request, encode_areas(areas, tile=tile))


def _check_tile(zoom: int, x: int, y: int) -> Tile:
    if zoom > DEEPEST_ZOOM or x >> zoom or y >> zoom:
        raise Http404
    return Tile(zoom, x, y)


def _answer(request: StaffRequest, body: bytes) -> HttpResponse:
    """Answer with the tile, or with 304 when the reader has it; never from a shared cache."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type=TILE_TYPE)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


@login_required
@require_GET
def show_place(request: StaffRequest) -> JsonResponse:
    """Answer which grid a point lies in and who is on duty there, within the actor's area."""
    request.actor.require("map.see")
    try:
        lon, lat = float(request.GET["lon"]), float(request.GET["lat"])
    except (KeyError, ValueError) as error:
        raise PlaceUnreadable("Give lon and lat in degrees.") from error
    grid = grid_at(lon, lat)
    if grid is None or not request.actor.covers(grid.pk):
        return JsonResponse({"grid": None})
    return JsonResponse(
        {
            "grid": grid.name,
            "code": grid.code,
            "community": grid.parent.name if grid.parent else "",
            "on_duty": duty_officers(area_id=grid.pk, now=clock.now()),
        }
    )
