"""Requests to change a register: asked by one, decided by another, kept with before and after."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class RequestState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPLIED = "applied", _("In the registers")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    TAKEN_BACK = "taken_back", _("Taken back")


class ChangeRequest(models.Model):
    """A life event or a correction, from being asked to being in the registers or refused."""

    id = models.BigAutoField(primary_key=True)
    # Made with the form, so that a form sent twice asks once.
    token = models.UUIDField(unique=True)
    source = models.ForeignKey("fusion.Source", on_delete=models.PROTECT, related_name="+")
    contract_version = models.PositiveIntegerField()
    event = models.CharField(max_length=20)
    subject = models.CharField(max_length=12)
    # None for somebody new, until the request is applied.
    entry_id = models.BigIntegerField(null=True)
    is_new = models.BooleanField(default=False)
    address_id = models.BigIntegerField(null=True)
    from_address_id = models.BigIntegerField(null=True)
    grid_id = models.BigIntegerField(null=True)
    effective_on = models.DateField()
    until_on = models.DateField(null=True)
    # The row as it will be staged, personal values and all.
    row_sealed = models.BinaryField()
    # Names of the personal fields that the row gives.
    fields = models.JSONField(default=list)
    reason = models.TextField()
    evidence = models.TextField(blank=True)
    legal_basis = models.TextField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    needs_approval = models.BooleanField()
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decision_reason = models.TextField(blank=True)
    batch = models.ForeignKey("fusion.Batch", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("asked_by"))
                | models.Q(needs_approval=False)
                | models.Q(state__in=["withdrawn", "taken_back"]),
                name="nobody_approves_their_own_request",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"]),
            models.Index(fields=["subject", "entry_id"]),
        ]

    @override
    def __str__(self) -> str:
        return f"request {self.pk}"
