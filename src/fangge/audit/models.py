"""Who did or saw what: appended, never changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from typing_extensions import override


class Entry(models.Model):
    """One act or look: who, on what, which fields, for what purpose, when."""

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

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-at"]),
            models.Index(fields=["actor", "-at"]),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind} {self.subject_id}"
