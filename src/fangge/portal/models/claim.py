"""What residents claim of what is held about them: a copy, a correction, a deletion."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class ClaimKind(models.TextChoices):
    COPY = "copy", _("A copy of what is held about me")
    CORRECTION = "correction", _("A correction")
    DELETION = "deletion", _("Deletion")


class Outcome(models.TextChoices):
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Not granted")


class Ground(models.TextChoices):
    LAW_REQUIRES = "law_requires", _("A law requires that this is kept (PIPL art. 47)")
    PUBLIC_DUTY = "public_duty", _("It is needed for a duty set by law (PIPL art. 13 (3), 34)")
    PURPOSE_HOLDS = "purpose_holds", _("What it was collected for still holds (PIPL art. 47 (1))")
    CASE_OPEN = "case_open", _("A matter that needs it is still open")
    NOT_THEIRS = "not_theirs", _("It is held about somebody else")


class RightsClaim(models.Model):
    """A resident claims a right, and is owed an answer by a day."""

    id = models.BigAutoField(primary_key=True)
    token = models.UUIDField(unique=True)
    kind = models.CharField(max_length=12, choices=ClaimKind)
    resident_id = models.BigIntegerField()
    resident_code = models.CharField(max_length=40)
    text_sealed = models.BinaryField()
    # A correction goes the way of every change of the registers.
    request_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    due_on = models.DateField()

    class Meta:
        indexes = [
            models.Index(fields=["resident_id", "-id"]),
            models.Index(fields=["due_on", "id"]),
        ]

    @override
    def __str__(self) -> str:
        return f"claim {self.pk}"


class ClaimRuling(models.Model):
    """What the office decided on a claim, and on which ground."""

    claim = models.OneToOneField(
        RightsClaim, primary_key=True, on_delete=models.PROTECT, related_name="ruling"
    )
    outcome = models.CharField(max_length=8, choices=Outcome)
    ground = models.CharField(max_length=16, choices=Ground, blank=True)
    text_sealed = models.BinaryField()
    ruled_at = models.DateTimeField()
    ruled_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="granted") | ~models.Q(ground=""),
                name="a_refusal_names_its_ground",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"ruling on claim {self.pk}"
