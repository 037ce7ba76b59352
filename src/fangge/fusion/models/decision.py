"""Link decisions: which entry a record speaks of, appended, with method, weight and reasons."""

from django.db import models
from typing_extensions import override


class LinkDecision(models.Model):
    id = models.BigAutoField(primary_key=True)
    # What of the record: the holder of a population row, the tenant or owner of a dwelling row.
    part = models.CharField(max_length=12)
    record = models.ForeignKey(
        "fusion.SourceRecord", on_delete=models.PROTECT, related_name="decisions"
    )
    kind = models.CharField(max_length=12)
    entry_id = models.BigIntegerField(null=True)
    method = models.CharField(max_length=20)
    weight_bits = models.FloatField(null=True)
    reasons = models.JSONField(default=list)
    run = models.ForeignKey("fusion.Run", null=True, on_delete=models.PROTECT)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "part", "kind"],
                condition=models.Q(is_current=True),
                name="one_current_decision_per_record_part",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "entry_id"],
                condition=models.Q(is_current=True),
                name="decision_current_entry",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"decision {self.pk}"

    @property
    def reason_codes(self) -> list[str]:
        """The engine's reasons without their arguments, such as `tied`."""
        return [str(reason).split(":", 1)[0] for reason in self.reasons]
