"""How much the registers hold."""

from django.db import connection
from django.db.models import Sum

from fangge.kernel.actor import Actor
from fangge.registers.models.mapcell import MapCell, MapLayer


def register_counts() -> dict[str, int]:
    """Count the entries that hold, by register, and the occupancies that run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM registers_address WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_dwelling WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_resident WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_organisation), "
            "(SELECT count(*) FROM registers_occupancy WHERE ends_on IS NULL)"
        )
        row = cursor.fetchone()
    names = ("addresses", "dwellings", "residents", "organisations", "occupancies")
    return dict(zip(names, row, strict=True))


def counts_visible_to(actor: Actor) -> dict[str, int]:
    """Count what stands on the map in the actor's area, from the map's own pyramid."""
    if not actor.may("map.see"):
        return {}
    cells = MapCell.objects.filter(zoom=0)
    if actor.grid_ids is not None:
        cells = cells.filter(grid_id__in=actor.grid_ids)
    found = dict(cells.values_list("layer").annotate(Sum("n_entries")))
    return {layer.value: found.get(layer.value, 0) for layer in MapLayer}
