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
