"""Organisations: legal bodies and traders."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from typing_extensions import override


class Organisation(models.Model):
    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=60, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)
    state = models.CharField(max_length=30, blank=True)
    phone_sealed = models.BinaryField(null=True)
    address = models.ForeignKey("registers.Address", null=True, on_delete=models.PROTECT)
    grid = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    origins = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Unlike a unique field it has no second index for patterns, which nobody asks by.
        constraints = [models.UniqueConstraint(fields=["code"], name="an_organisation_by_one_code")]
        indexes = [
            models.Index(fields=["credit_code"]),
            models.Index(fields=["address"]),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="organisation_name"),
        ]

    @override
    def __str__(self) -> str:
        return f"organisation {self.code}"
