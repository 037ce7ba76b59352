"""What the quality rules found, check by check, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from typing_extensions import override


class QualityCheck(models.Model):
    """One pass of all rules over the registers; figures by rule, for the trend."""

    id = models.BigAutoField(primary_key=True)
    checked_at = models.DateTimeField()
    checked_by = models.CharField(max_length=80)
    run = models.ForeignKey("fusion.Run", null=True, on_delete=models.PROTECT, related_name="+")
    # Rule to {checked, found}.
    figures = models.JSONField(default=dict)

    @override
    def __str__(self) -> str:
        return f"quality check {self.pk}"


class FindingState(models.TextChoices):
    OPEN = "open", pgettext_lazy("finding", "Open")
    MENDED = "mended", _("Mended")
    DISMISSED = "dismissed", _("Dismissed")


class Finding(models.Model):
    """One subject that breaks one rule: a steward's item until it is mended or dismissed."""

    id = models.BigAutoField(primary_key=True)
    rule = models.CharField(max_length=40)
    subject = models.CharField(max_length=12)
    subject_id = models.BigIntegerField()
    grid_id = models.BigIntegerField(null=True)
    severity = models.CharField(max_length=8)
    # To mend the data, or to go and look at the place.
    remedy = models.CharField(max_length=8)
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.OPEN)
    # Whether it still holds: a finding that no longer does closes itself.
    is_current = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    assigned_to = models.CharField(max_length=80, blank=True)
    assigned_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject", "subject_id"],
                condition=models.Q(is_current=True),
                name="a_finding_once_while_it_holds",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "rule", "-id"]),
            models.Index(fields=["subject", "subject_id"]),
        ]

    @override
    def __str__(self) -> str:
        return f"finding {self.pk}"


class SourceConflict(models.Model):
    """How often two sources differ on a field of those entries that both speak of."""

    id = models.BigAutoField(primary_key=True)
    check_run = models.ForeignKey(QualityCheck, on_delete=models.CASCADE, related_name="conflicts")
    field = models.CharField(max_length=20)
    left = models.CharField(max_length=40)
    right = models.CharField(max_length=40)
    n_both = models.IntegerField()
    n_differ = models.IntegerField()
    # Some of those entries, with the record of each side: to drill to.
    samples = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_run", "field", "left", "right"], name="a_conflict_once_per_check"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"conflict {self.pk}"
