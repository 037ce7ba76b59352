"""Address texts that wait for a person, and what persons decided on them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class Choice(models.TextChoices):
    ADDRESS = "address", _("This address")
    ABSENT = "absent", _("Not in the register")
    VISIT = "visit", _("Somebody is to look")
    WITHDRAWAL = "withdrawal", _("Taken back")


class AddressDecision(models.Model):
    """What a person decided on one text: appended, and taken back only by another decision."""

    id = models.BigAutoField(primary_key=True)
    choice = models.CharField(max_length=12, choices=Choice)
    text = models.CharField(max_length=1000)
    # The text as it is compared: widths brought to one, without spaces.
    text_key = models.CharField(max_length=1000)
    address = models.ForeignKey(
        "registers.Address", null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    # The name that other texts are read by from now on.
    alias = models.OneToOneField(
        "registers.AddressAlias", null=True, on_delete=models.PROTECT, related_name="decision"
    )
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    withdraws = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="withdrawal"
    )
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["text_key"],
                condition=models.Q(is_current=True),
                name="one_current_decision_per_text",
            ),
            models.CheckConstraint(
                condition=models.Q(choice="address", address__isnull=False)
                | (~models.Q(choice="address") & models.Q(address=None, alias=None)),
                name="a_decision_for_an_address_names_it",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"address decision {self.pk}"


class WaitingText(models.Model):
    """A text of the sources that the last link run did not take for certain, each once."""

    id = models.BigAutoField(primary_key=True)
    text = models.CharField(max_length=1000)
    text_key = models.CharField(max_length=1000, unique=True)
    n_records = models.IntegerField()
    # A few records that have it, to see where it came from.
    record_ids = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    score = models.FloatField()
    # Where the likeliest candidate stands, so that scope holds.
    grid = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    first_seen_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        AddressDecision, null=True, on_delete=models.PROTECT, related_name="settled"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["-n_records", "id"],
                condition=models.Q(settled_by=None),
                name="waiting_text_order",
            ),
            GinIndex(fields=["text_key"], opclasses=["gin_trgm_ops"], name="waiting_text_like"),
        ]

    @override
    def __str__(self) -> str:
        return f"waiting text {self.pk}"
