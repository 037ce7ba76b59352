"""What persons decided of pairs: appended; taken back by saying so, never by removing."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class Verdict(models.TextChoices):
    SAME = "same", _("Same")
    DIFFERENT = "different", _("Different")
    UNSURE = "unsure", _("Not sure")


class JudgementState(models.TextChoices):
    WAITING = "waiting", _("Waits for a second person")
    IN_FORCE = "in_force", _("In force")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Taken back")


class JudgementWay(models.TextChoices):
    PAIR = "pair", _("One pair")
    BULK = "bulk", _("Several pairs")
    TAKE_OUT = "take_out", _("A record taken out")


class Judgement(models.Model):
    """What one person decided at once, of one pair or of many: confirmed and undone as one."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12)
    way = models.CharField(max_length=10, choices=JudgementWay)
    state = models.CharField(max_length=10, choices=JudgementState)
    reason = models.TextField(blank=True)
    # The most records that one entry holds by this.
    n_records = models.PositiveIntegerField(default=0)
    # What it did to the registers: a list of {record, part, start, end}, entries by number.
    moves = models.JSONField(default=list)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            # The second pair of eyes is another person's.
            models.CheckConstraint(
                condition=~models.Q(settled_by=models.F("decided_by")),
                name="nobody_confirms_their_own",
            ),
        ]
        indexes = [models.Index(fields=["state", "-decided_at"])]

    @override
    def __str__(self) -> str:
        return f"judgement {self.pk}"


class PairDecision(models.Model):
    """What a judgement says of one pair of record parts."""

    id = models.BigAutoField(primary_key=True)
    judgement = models.ForeignKey(Judgement, on_delete=models.PROTECT, related_name="decisions")
    left = models.ForeignKey("fusion.SourceRecord", on_delete=models.PROTECT, related_name="+")
    left_part = models.CharField(max_length=12)
    right = models.ForeignKey("fusion.SourceRecord", on_delete=models.PROTECT, related_name="+")
    right_part = models.CharField(max_length=12)
    verdict = models.CharField(max_length=10, choices=Verdict)
    # Field to agreement level as it was seen: the pair is asked again when these differ.
    levels = models.JSONField(default=dict)
    weight_bits = models.FloatField()
    is_standing = models.BooleanField(default=True)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["left", "left_part", "right", "right_part"],
                condition=models.Q(is_standing=True),
                name="a_pair_decided_once",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"pair decision {self.pk}"
