"""Versions of the table of states and moves."""

from django.db import models
from typing_extensions import override


class LifecycleVersion(models.Model):
    """One version of the table; the newest is what new cases begin with."""

    number = models.IntegerField(unique=True)
    table = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)

    @override
    def __str__(self) -> str:
        return f"lifecycle {self.number}"


class LifecycleDraft(models.Model):
    """A table that somebody works on; another person publishes it."""

    table = models.JSONField()
    based_on = models.ForeignKey(LifecycleVersion, on_delete=models.PROTECT, related_name="+")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    # Everybody who changed it: none of them publishes it.
    editors = models.JSONField(default=list)
    n_changes = models.IntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    published_as = models.ForeignKey(
        LifecycleVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["based_on"], condition=models.Q(ended_at=None), name="one_open_draft"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"draft {self.pk}"
