"""Holds, runs, and keyed hashes of what was erased."""

from django.db import models
from typing_extensions import override


class Hold(models.Model):
    """Nothing of this resident is erased while it lasts: somebody said why."""

    id = models.BigAutoField(primary_key=True)
    resident_code = models.CharField(max_length=40)
    reason = models.TextField()
    starts_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    ends_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resident_code"],
                condition=models.Q(ends_at=None),
                name="one_hold_per_resident",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"hold {self.pk}"


class RetentionRun(models.Model):
    """One pass over one kind: a killed one is gone on with by the next."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=30)
    cause = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    n_erased = models.BigIntegerField(default=0)
    n_held = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["kind", "-id"])]

    @override
    def __str__(self) -> str:
        return f"retention run {self.pk}"


class Erasure(models.Model):
    """That something was erased: a keyed hash of its reference, by which a copy is known again."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=30)
    reference_hash = models.BinaryField()
    erased_at = models.DateTimeField()
    run = models.ForeignKey(RetentionRun, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference_hash"], name="an_erasure_once"),
        ]

    @override
    def __str__(self) -> str:
        return f"erasure {self.pk}"
