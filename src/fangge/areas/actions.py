"""Bring areas in from a boundary file."""

from datetime import date
from pathlib import Path

from django.db import transaction

from fangge.areas.adapters.boundaries import read_areas
from fangge.areas.models import Area
from fangge.kernel.actor import Actor


@transaction.atomic
def import_areas(*, actor: Actor, path: Path, starts_on: date) -> int:
    """Take over the areas of a boundary file; those that are there already keep their identity.

    Gives how many are new.
    """
    actor.require("areas.import")
    held = {(area.code_system, area.code): area for area in Area.objects.filter(ends_on=None)}
    by_code = {code: area for (_, code), area in held.items()}
    n_new = 0
    for row in read_areas(path).iter_rows(named=True):
        area = held.get((row["code_system"], row["code"]))
        if area is None:
            area = Area(code_system=row["code_system"], code=row["code"], starts_on=starts_on)
            n_new += 1
        area.kind, area.name = row["kind"], row["name"]
        area.parent = by_code.get(row["parent_code"])
        area.outline, area.is_schematic = row["outline"], row["is_schematic"]
        area.west, area.south, area.east, area.north = row["bounds"]
        area.save()
        by_code[row["code"]] = area
    return n_new
