"""Where an entry that was joined to another leads: appended, and ended when they part again."""

from django.db import models
from typing_extensions import override

from fangge.registers.models.change import EntryKind


class EntryLead(models.Model):
    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=EntryKind)
    entry_id = models.BigIntegerField()
    leads_to_id = models.BigIntegerField()
    starts_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    ends_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "entry_id"],
                condition=models.Q(ends_at=None),
                name="an_entry_leads_to_one",
            ),
            models.CheckConstraint(
                condition=~models.Q(entry_id=models.F("leads_to_id")),
                name="an_entry_leads_elsewhere",
            ),
        ]
        indexes = [models.Index(fields=["kind", "leads_to_id"])]

    @override
    def __str__(self) -> str:
        return f"lead of {self.kind} {self.entry_id}"
