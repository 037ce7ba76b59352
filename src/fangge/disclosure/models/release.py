"""Counts of persons that were given or refused, with a sketch of whom they cover."""

from django.db import models
from typing_extensions import override


class CountRelease(models.Model):
    """One answer in counts: given once, and the same to everybody who asks the same again."""

    id = models.BigAutoField(primary_key=True)
    # A hash of what was asked: register, fields, area and day.
    key = models.CharField(max_length=64)
    register = models.CharField(max_length=12)
    object_reference = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    is_refused = models.BooleanField()
    # Which earlier answer it is too near to; none where a public total is.
    against = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    sketch = models.BinaryField(null=True)
    # The table as it was given, small counts hidden.
    table = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(is_refused=False), name="an_answer_is_given_once"
            ),
            models.CheckConstraint(
                condition=models.Q(is_refused=True, sketch=None, table=None)
                | models.Q(is_refused=False, sketch__isnull=False, table__isnull=False),
                name="what_is_refused_keeps_nothing_of_the_answer",
            ),
        ]
        indexes = [models.Index(fields=["register", "is_refused", "-asked_at"])]

    @override
    def __str__(self) -> str:
        return f"counts {self.pk}"
