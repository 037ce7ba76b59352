"""What is asked within a case: more time, a pause, help of another desk, an account."""

from django.db import models
from typing_extensions import override

from fangge.cases.models.case import Case
from fangge.cases.models.desk import Desk


class Asking(models.Model):
    """Something asked of somebody by a day; answered, or lapsed when the case moved on."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="askings")
    place = models.IntegerField()  # of the step that asked
    verb = models.CharField(max_length=24)
    owner = models.CharField(max_length=12)
    # Of whom, where it is another desk than the one the case lies at.
    desk = models.ForeignKey(Desk, null=True, on_delete=models.PROTECT, related_name="+")
    until_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "place"], name="a_step_asks_once"),
        ]
        indexes = [
            models.Index(fields=["desk", "case"], name="asking_of_desk"),
            models.Index(
                fields=["owner", "case"],
                condition=models.Q(answered_at=None),
                name="asking_open_of_owner",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"asking {self.pk}"
