"""How much the registers hold."""

from collections.abc import Collection

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from fangge.kernel.actor import Actor
from fangge.kernel.wall import beyond_scope
from fangge.registers.models.mapcell import MapCell, MapLayer
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.people import count_people


def register_counts() -> dict[str, int]:
    """Count the entries that hold, by register, and the occupancies that run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM registers_address WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_dwelling WHERE ends_on IS NULL AND holds_address), "
            "(SELECT count(*) FROM registers_resident WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_organisation), "
            "(SELECT count(*) FROM registers_occupancy WHERE ends_on IS NULL)"
        )
        row = cursor.fetchone()
    names = ("addresses", "dwellings", "residents", "organisations", "occupancies")
    return dict(zip(names, row, strict=True))


def counts_visible_to(actor: Actor) -> dict[str, int | None]:
    """Count what stands on the map in the actor's area; None where so few are not shown."""
    if not actor.may("map.see"):
        return {}
    cells = MapCell.objects.filter(zoom=0).exclude(layer=MapLayer.RESIDENT)
    if actor.grid_ids is not None:
        cells = cells.filter(grid_id__in=actor.grid_ids)
    found = dict(cells.values_list("layer").annotate(Sum("n_entries")))
    places = {layer.value: found.get(layer.value, 0) for layer in MapLayer}
    return places | {MapLayer.RESIDENT.value: count_people(actor.grid_ids)}


def _running(kind: str) -> QuerySet[Resident] | QuerySet[Organisation]:
    register = Organisation if kind == "organisation" else Resident
    return register.objects.filter(ends_on=None)


@beyond_scope()
def count_characters(kind: str, characters: Collection[str]) -> dict[str, int]:
    """Count the residents or organisations whose names have each of these characters."""
    listed = sorted(characters)
    counts = {
        f"n_{place}": Count("id", filter=Q(name__contains=character))
        for place, character in enumerate(listed)
    }
    found = _running(kind).aggregate(**counts) if counts else {}
    return {character: found[f"n_{place}"] for place, character in enumerate(listed)}


@beyond_scope()
def name_shares(kind: str, names: Collection[str]) -> dict[str, float]:
    """Give the share (0 to 1) of the residents or organisations that have each of these names."""
    running = _running(kind)
    counts = running.filter(name__in=names).values_list("name").annotate(Count("id"))
    n_all = max(1, running.count())
    return {name: n_same / n_all for name, n_same in counts}
