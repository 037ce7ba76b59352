"""Residents: people in the register."""

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override


class Resident(models.Model):
    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    sex = models.CharField(max_length=1, blank=True)  # GB/T 2261.1: 1 male, 2 female
    birth_on = models.DateField(null=True)
    identifier_sealed = models.BinaryField(null=True)
    identifier_hash = models.BinaryField(null=True)
    phone_sealed = models.BinaryField(null=True)
    phone_hash = models.BinaryField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    origins = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Unlike a unique field it has no second index for patterns, which nobody asks by.
        constraints = [models.UniqueConstraint(fields=["code"], name="a_resident_by_one_code")]
        indexes = [
            models.Index(fields=["identifier_hash"]),
            models.Index(fields=["phone_hash"]),
        ]

    @override
    def __str__(self) -> str:
        return f"resident {self.code}"
