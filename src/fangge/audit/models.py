"""Who did or saw what: appended, sealed into a chain, never changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from typing_extensions import override


class Entry(models.Model):
    """One act or look: who, on what, which fields, for what purpose, when.

    It is written in the transaction of the act itself, and sealed soon after: then it has a place
    in the ledger, and the database refuses every change of it (see the migration `0002_ledger`).
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=40)
    fields = ArrayField(models.CharField(max_length=40), default=list)
    purpose = models.CharField(max_length=60, blank=True)
    object_reference = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)
    address = models.GenericIPAddressField(null=True)
    place = models.BigIntegerField(null=True, unique=True)
    leaf = models.BinaryField(null=True)
    link = models.BinaryField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-at"]),
            models.Index(fields=["actor", "-at"]),
            models.Index(
                fields=["id"], condition=models.Q(place__isnull=True), name="audit_entry_unsealed"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind} {self.subject_id}"


class Tile(models.Model):
    """The root over 256 sealed entries, so that a proof need not hash them all again."""

    place = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()

    @override
    def __str__(self) -> str:
        return f"tile {self.place}"


class TreeHead(models.Model):
    """What the keeper signed: how many entries the ledger has, and what they hash to."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    link = models.BinaryField()
    signed_at = models.DateTimeField()
    signature = models.BinaryField()

    @override
    def __str__(self) -> str:
        return f"head of {self.size}"
