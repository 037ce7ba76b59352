"""Field tasks: an errand on the ground, about a place, asked in words and answered by choice."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from typing_extensions import override

from fangge.fieldwork.rules import LONGEST_TEXT


class KindOfTask(models.TextChoices):
    ADDRESS = "address", _("An address")
    FINDING = "finding", _("A finding about the registers")
    PAIR = "pair", _("A doubtful pair")


class StateOfTask(models.TextChoices):
    OPEN = "open", pgettext_lazy("errand", "Open")
    ANSWERED = "answered", _("Answered")
    ACCEPTED = "accepted", _("Accepted")
    TAKEN_BACK = "taken_back", _("Taken back")


class FieldTask(models.Model):
    """Somebody is to go to a place and say what is there; it names no person."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=KindOfTask)
    # The finding or pair that it is about; of an address, the address itself says it.
    subject_id = models.BigIntegerField(null=True)
    address = models.ForeignKey("registers.Address", on_delete=models.PROTECT, related_name="+")
    # Whose worker goes: the grid that the address lies in.
    grid = models.ForeignKey("areas.Area", on_delete=models.PROTECT, related_name="+")
    question = models.CharField(max_length=LONGEST_TEXT)
    # The answers that may be chosen.
    choices = models.JSONField(default=list)
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=StateOfTask, default=StateOfTask.OPEN)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    answer = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=LONGEST_TEXT, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=LONGEST_TEXT, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id", "address"],
                nulls_distinct=False,
                condition=models.Q(state__in=["open", "answered"]),
                name="one_errand_at_a_time_about_a_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="address", subject_id=None)
                | (~models.Q(kind="address") & models.Q(subject_id__isnull=False)),
                name="a_task_says_what_it_is_about",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "taken_back"]) | ~models.Q(answer=""),
                name="an_answered_task_has_its_answer",
            ),
            # Whoever looked does not judge their own answer.
            models.CheckConstraint(
                condition=~models.Q(state="accepted")
                | ~models.Q(settled_by=models.F("answered_by")),
                name="nobody_accepts_their_own_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["grid", "state", "due_on"]),
            models.Index(fields=["kind", "subject_id"]),
        ]

    @override
    def __str__(self) -> str:
        return f"field task {self.pk}"
