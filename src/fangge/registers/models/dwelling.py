"""Dwellings: units people can live in."""

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override


class Dwelling(models.Model):
    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40)
    address = models.ForeignKey("registers.Address", on_delete=models.PROTECT)
    # Of two that a room may be, one holds it; of others only the building or unit is known.
    holds_address = models.BooleanField(default=True, db_default=True)
    grid = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    number = models.CharField(max_length=40, blank=True, default="", db_default="")
    use = models.CharField(max_length=30, blank=True)
    floor_area_m2 = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    origins = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Unlike a unique field it has no second index for patterns, which nobody asks by.
        constraints = [
            models.UniqueConstraint(fields=["code"], name="a_dwelling_by_one_code"),
            models.UniqueConstraint(
                fields=["address"],
                condition=models.Q(holds_address=True),
                name="an_address_held_once",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"dwelling {self.code}"
