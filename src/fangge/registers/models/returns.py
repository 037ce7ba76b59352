"""Departmental returns: approved selections from the registers, and each time one was made."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class ReturnState(models.TextChoices):
    WAITING = "waiting", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class DepartmentalReturn(models.Model):
    """What a department needs from the registers, for what, of which area and day."""

    id = models.BigAutoField(primary_key=True)
    token = models.UUIDField(unique=True)
    title = models.CharField(max_length=120)
    department = models.CharField(max_length=120)
    register = models.CharField(max_length=12)
    purpose = models.CharField(max_length=20)
    reason = models.TextField()
    legal_basis = models.TextField()
    fields = ArrayField(models.CharField(max_length=30))
    is_total = models.BooleanField()
    # None is the whole district.
    area = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    day = models.DateField()
    state = models.CharField(max_length=10, choices=ReturnState, default=ReturnState.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decision_reason = models.TextField(blank=True)
    # How often the same was asked again and pointed here.
    n_asked_again = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("asked_by")),
                name="nobody_approves_their_own_return",
            ),
        ]
        indexes = [models.Index(fields=["state", "-id"])]

    @override
    def __str__(self) -> str:
        return f"return {self.pk}"


class ReturnMade(models.Model):
    """One time a return was made: by whom, how much, in which form, and a hash of the file."""

    id = models.BigAutoField(primary_key=True)
    departmental_return = models.ForeignKey(
        DepartmentalReturn, on_delete=models.PROTECT, related_name="made"
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    form = models.CharField(max_length=12)
    n_rows = models.IntegerField()
    n_suppressed = models.IntegerField()
    file_hash = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["departmental_return", "-made_at"])]

    @override
    def __str__(self) -> str:
        return f"return made {self.pk}"
