"""Who lives or trades where, from when, until when."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class OccupancyKind(models.TextChoices):
    REGISTERED = "registered", _("Registered here")
    RESIDENT = "resident", _("Lives here")
    TENANT = "tenant", _("Rents")
    OWNER = "owner", _("Owns")
    TRADES = "trades", _("Trades here")


class Occupancy(models.Model):
    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=OccupancyKind)
    resident = models.ForeignKey(
        "registers.Resident", null=True, on_delete=models.PROTECT, related_name="occupancies"
    )
    organisation = models.ForeignKey(
        "registers.Organisation", null=True, on_delete=models.PROTECT, related_name="occupancies"
    )
    # The deepest address known; a dwelling is found by its address.
    address = models.ForeignKey("registers.Address", on_delete=models.PROTECT)
    grid = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    # Of several tenancies of one tenant at one address, in the order of their first days.
    turn = models.SmallIntegerField(default=0, db_default=0)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    record_id = models.BigIntegerField()
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resident=None) ^ models.Q(organisation=None),
                name="an_occupancy_has_one_holder",
            ),
            models.UniqueConstraint(
                fields=["kind", "resident", "organisation", "address", "turn"],
                nulls_distinct=False,
                name="an_occupancy_once",
            ),
        ]
        indexes = [models.Index(fields=["address", "kind"])]

    @override
    def __str__(self) -> str:
        return f"occupancy {self.pk}"
