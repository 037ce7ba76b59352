"""The map's pyramid of counts: exact, per grid, so that scope holds in every cluster."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class MapLayer(models.TextChoices):
    ADDRESS = "address", _("Addresses")
    DWELLING = "dwelling", _("Dwellings")
    RESIDENT = "resident", _("Residents")
    ORGANISATION = "organisation", _("Organisations")


class BuildingCount(models.Model):
    """What stands in one building: the leaf of the pyramid, kept with every write."""

    pk = models.CompositePrimaryKey("building_id", "layer")
    building = models.ForeignKey("registers.Address", on_delete=models.CASCADE)
    layer = models.CharField(max_length=12, choices=MapLayer)
    n_entries = models.IntegerField()

    @override
    def __str__(self) -> str:
        return f"{self.layer} in building {self.building_id}"


class MapCell(models.Model):
    """The entries of one layer in one grid within one cluster cell of one zoom."""

    pk = models.CompositePrimaryKey("layer", "zoom", "cell", "grid_id")
    layer = models.CharField(max_length=12, choices=MapLayer)
    zoom = models.SmallIntegerField()
    # The leading bits of the Morton code, so that a tile is one range of cells.
    cell = models.BigIntegerField()
    grid_id = models.IntegerField()
    n_entries = models.IntegerField()
    # Sums of positions, so that a cluster stands at the mean of its entries.
    sum_lon = models.FloatField()
    sum_lat = models.FloatField()

    @override
    def __str__(self) -> str:
        return f"{self.layer} z{self.zoom} cell {self.cell}"
