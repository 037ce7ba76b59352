"""Questions about look-ups and their answers: appended, never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class Why(models.TextChoices):
    NOT_ME = "not_me", _("I had no business with this office")
    NO_REASON = "no_reason", _("I do not know what this was for")
    WRONG_PERSON = "wrong_person", _("I think somebody else was meant")
    TOO_MUCH = "too_much", _("More was looked at than was needed")
    WANT_TO_KNOW = "want_to_know", _("I just want it explained")


class FoundAs(models.TextChoices):
    IN_ORDER = "in_order", _("The look was in order")
    NOT_IN_ORDER = "not_in_order", _("The look was not in order")


class LookQuestion(models.Model):
    """A resident asks why somebody looked."""

    id = models.BigAutoField(primary_key=True)
    token = models.UUIDField(unique=True)
    resident_id = models.BigIntegerField()
    resident_code = models.CharField(max_length=40)
    # The entry of the ledger that is questioned, and who looked.
    entry = models.ForeignKey("audit.Entry", on_delete=models.PROTECT, related_name="+")
    official = models.CharField(max_length=80)
    why = models.CharField(max_length=16, choices=Why)
    text_sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    due_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], name="a_look_is_questioned_once"),
        ]
        indexes = [
            models.Index(fields=["resident_id", "-id"]),
            models.Index(fields=["official", "-id"]),
            models.Index(fields=["due_on", "id"]),
        ]

    @override
    def __str__(self) -> str:
        return f"question {self.pk}"


class LookAnswer(models.Model):
    """What a supervisor found, in words for the resident."""

    question = models.OneToOneField(
        LookQuestion, primary_key=True, on_delete=models.PROTECT, related_name="answer"
    )
    official = models.CharField(max_length=80)
    found_as = models.CharField(max_length=16, choices=FoundAs)
    text_sealed = models.BinaryField()
    answered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(answered_by=models.F("official")),
                name="nobody_answers_for_their_own_look",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"answer to question {self.pk}"


class StaffNotice(models.Model):
    """Somebody of the staff is told of a question: the one who looked, or one who may answer."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.CharField(max_length=80)
    question = models.ForeignKey(LookQuestion, on_delete=models.CASCADE, related_name="notices")
    told_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "question"], name="told_once"),
        ]
        indexes = [
            models.Index(
                fields=["recipient"],
                condition=models.Q(seen_at=None),
                name="notice_unseen",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"notice {self.pk}"
