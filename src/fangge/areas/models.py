"""Areas: district, subdistrict, community, grid."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class AreaKind(models.TextChoices):
    DISTRICT = "district", _("District")
    SUBDISTRICT = "subdistrict", _("Subdistrict")
    COMMUNITY = "community", _("Community")
    GRID = "grid", _("Grid")


class Area(models.Model):
    """An area in its period: redrawing closes one and opens others."""

    code_system = models.CharField(max_length=16)
    code = models.CharField(max_length=24)
    kind = models.CharField(max_length=16, choices=AreaKind)
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    outline = models.BinaryField(null=True)  # WKB, CGCS2000
    # The outline's bounds, so that a tile asks only for what touches it.
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    is_schematic = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code_system", "code"],
                condition=models.Q(ends_on=None),
                name="one_current_area_per_code",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gt=models.F("starts_on")),
                name="an_area_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["kind", "code"])]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
