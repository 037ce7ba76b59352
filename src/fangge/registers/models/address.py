"""The standard address register: a tree from road or estate to room."""

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from fangge.kernel.fields import PointField


class AddressLevel(models.TextChoices):
    ROAD = "road", _("Road")
    ESTATE = "estate", _("Estate")
    NUMBER = "number", _("Number")
    BUILDING = "building", _("Building")
    UNIT = "unit", _("Unit")
    FLOOR = "floor", _("Floor")
    ROOM = "room", _("Room")


class Address(models.Model):
    """A standard address: one stable code for each level of each place."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    level = models.CharField(max_length=10, choices=AddressLevel)
    name = models.CharField(max_length=80)
    full_name = models.CharField(max_length=300)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    # The building, or the single house, this address stands in: itself when it is one.
    building = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="inside")
    grid = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    position = PointField(null=True)
    # 62 bits of interleaved Web-Mercator: a map tile is one range of it.
    morton = models.BigIntegerField(null=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    # Field to the source record that said it.
    origins = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    # A steward's act said its name, place in the tree or end: no source overwrites these.
    is_held = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["building", "level"]),
            models.Index(fields=["grid", "level"]),
            models.Index(
                fields=["morton"],
                condition=models.Q(level__in=["building", "number"]),
                name="address_morton",
            ),
            GistIndex(
                fields=["position"],
                condition=models.Q(level__in=["building", "number"]),
                name="address_position",
            ),
            GinIndex(
                fields=["full_name"],
                opclasses=["gin_trgm_ops"],
                condition=~models.Q(level__in=["unit", "floor", "room"]),
                name="address_full_name",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"address {self.code}"


class AliasKind(models.TextChoices):
    SOURCE = "source", _("A source says so")
    DECIDED = "decided", _("A steward decided so")
    FORMER = "former", _("Former name")


class AddressAlias(models.Model):
    """Another name of an address, now or once; texts with a former name lead to it still."""

    id = models.BigAutoField(primary_key=True)
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=300)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    record_id = models.BigIntegerField(null=True)
    kind = models.CharField(
        max_length=10, choices=AliasKind, default=AliasKind.SOURCE, db_default="source"
    )
    # False once the decision or act that gave the name was taken back.
    is_current = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "name", "kind"],
                condition=models.Q(is_current=True),
                name="an_alias_once_per_address",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"alias of address {self.address_id}"
