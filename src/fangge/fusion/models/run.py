"""Link runs and the pairs they left for a person."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class RunState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")
    BROKEN_OFF = "broken_off", _("Broken off")


class Run(models.Model):
    """One pass from staged records to registers: all of it is kept, or nothing."""

    id = models.BigAutoField(primary_key=True)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=10, choices=RunState, default=RunState.DONE, db_default=RunState.DONE
    )
    # Whether everything was read anew; else only what changed since the run before.
    is_full = models.BooleanField(default=True, db_default=True)
    is_cancel_asked = models.BooleanField(default=False, db_default=False)
    # Stages with their seconds, in order, kept as the run goes, outside its transaction.
    seconds = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    message = models.TextField(blank=True)
    figures = models.JSONField(default=dict)

    @override
    def __str__(self) -> str:
        return f"run {self.pk}"


class Pair(models.Model):
    """Two parts of records that may speak of one subject: for a person to decide."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="pairs")
    kind = models.CharField(max_length=12)
    left = models.ForeignKey("fusion.SourceRecord", on_delete=models.CASCADE, related_name="+")
    left_part = models.CharField(max_length=12)
    right = models.ForeignKey("fusion.SourceRecord", on_delete=models.CASCADE, related_name="+")
    right_part = models.CharField(max_length=12)
    weight_bits = models.FloatField()
    # Of a pair decided before: field to [level then, level now]; that is why it is asked again.
    changed = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["left", "left_part", "right", "right_part", "kind"], name="a_pair_once"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"pair {self.pk}"
