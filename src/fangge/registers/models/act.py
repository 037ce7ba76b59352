"""What became of addresses: acts with an effective date, and who succeeds whom."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class ActKind(models.TextChoices):
    RENAME = "rename", _("Renamed")
    RENUMBER = "renumber", _("Renumbered")
    SPLIT = "split", _("Split")
    MERGE = "merge", _("Merged")
    MOVE = "move", _("Moved")
    RETIRE = "retire", _("Retired")
    UNDO = "undo", _("Undone")


class AddressAct(models.Model):
    """One act on one address: appended; an act is undone by another."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=ActKind)
    address = models.ForeignKey("registers.Address", on_delete=models.PROTECT, related_name="acts")
    effective_on = models.DateField()
    # When it was carried out; one with a date to come waits for it.
    applied_at = models.DateTimeField(null=True)
    reason = models.TextField()
    # What was asked: the new name, parent or parts.
    details = models.JSONField(default=dict)
    # Every value it changed, by address, and what it made: enough to undo it.
    former = models.JSONField(default=dict)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    undoes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    is_current = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["address", "effective_on"]),
            models.Index(
                fields=["effective_on"],
                condition=models.Q(applied_at=None, is_current=True),
                name="address_act_due",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class AddressSuccession(models.Model):
    """An address that ended leads to those that took its place."""

    id = models.BigAutoField(primary_key=True)
    address = models.ForeignKey(
        "registers.Address", on_delete=models.PROTECT, related_name="successions"
    )
    successor = models.ForeignKey(
        "registers.Address", on_delete=models.PROTECT, related_name="predecessions"
    )
    act = models.ForeignKey(AddressAct, on_delete=models.PROTECT, related_name="successions")
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "successor"],
                condition=models.Q(is_current=True),
                name="a_succession_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(address=models.F("successor")),
                name="an_address_does_not_succeed_itself",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"succession {self.pk}"
