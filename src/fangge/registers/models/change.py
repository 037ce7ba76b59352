"""What changed in an entry, when, by which run or person: appended, never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class EntryKind(models.TextChoices):
    ADDRESS = "address", _("Address")
    DWELLING = "dwelling", _("Dwelling")
    RESIDENT = "resident", _("Resident")
    ORGANISATION = "organisation", _("Organisation")
    OCCUPANCY = "occupancy", _("Occupancy")


class EntryChange(models.Model):
    """What an entry held before a change; with the entry itself this is its whole history."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=EntryKind)
    entry_id = models.BigIntegerField()
    changed_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    run_id = models.BigIntegerField(null=True)
    # Each changed field to its former value; a sealed one to its ciphertext, in base 64.
    former = models.JSONField(default=dict)
    # Each changed field to the date its source gives for the new value, where it gives one.
    since = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        indexes = [models.Index(fields=["kind", "entry_id", "changed_at"])]

    @override
    def __str__(self) -> str:
        return f"change of {self.kind} {self.entry_id}"
