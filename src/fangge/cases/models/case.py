"""Cases and their steps."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from fangge.kernel.fields import PointField


class CaseKind(models.TextChoices):
    DISPUTE = "dispute", _("Dispute")
    HAZARD = "hazard", _("Hazard")
    SAFETY = "safety", _("Community safety")
    LEAD = "lead", _("Lead or request")


class Case(models.Model):
    """Something to be closed: what, where, its state now, what is due. Its steps say the rest."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=10, choices=CaseKind)
    category = models.CharField(max_length=40)
    severity = models.SmallIntegerField()
    lifecycle = models.ForeignKey("cases.LifecycleVersion", on_delete=models.PROTECT)
    state = models.CharField(max_length=24)
    is_open = models.BooleanField(default=True)
    # How many steps there are: who acts on a case that has more than they saw is told.
    n_steps = models.IntegerField(default=0)
    # How many askings wait for an answer.
    n_asked = models.IntegerField(default=0)

    # What the reporter said may name people, so it is sealed like an identifier, and emptied when
    # its time is over.
    told_sealed = models.BinaryField(null=True)
    place = models.CharField(max_length=200, blank=True)
    address_id = models.BigIntegerField(null=True)
    point = PointField(null=True)
    grid = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)

    # Who owns what is broken; the routing table may ask for it.
    owner = models.CharField(max_length=12, blank=True, default="", db_default="")

    desk = models.ForeignKey("cases.Desk", null=True, on_delete=models.PROTECT)
    joined_to = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="joined"
    )

    channel = models.CharField(max_length=12)
    reported_by = models.CharField(max_length=80, blank=True)
    reported_at = models.DateTimeField()
    contact_sealed = models.BinaryField(null=True)
    tracking_hash = models.BinaryField()
    token = models.UUIDField(unique=True)

    clock_name = models.CharField(max_length=24, blank=True)
    clock_owner = models.CharField(max_length=12, blank=True)
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(joined_to=None) | ~models.Q(joined_to=models.F("id")),
                name="a_case_is_not_joined_to_itself",
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=True) | models.Q(due_at=None),
                name="nothing_is_due_of_an_ended_case",
            ),
        ]
        indexes = [
            # The inbox of a desk and the board of the centre: due first.
            models.Index(
                fields=["desk", "due_at", "id"],
                condition=models.Q(is_open=True),
                name="case_open_of_desk",
            ),
            models.Index(
                fields=["grid", "due_at", "id"],
                condition=models.Q(is_open=True),
                name="case_open_in_grid",
            ),
            models.Index(
                fields=["state", "due_at", "id"],
                condition=models.Q(is_open=True),
                name="case_open_in_state",
            ),
            models.Index(fields=["grid", "-reported_at"], name="case_by_grid_and_time"),
            models.Index(fields=["tracking_hash"], name="case_by_tracking"),
            # Small, and no bar to updates in place: for spans of time long past.
            BrinIndex(fields=["reported_at"], name="case_by_time"),
            models.Index(
                fields=["joined_to"],
                condition=models.Q(joined_to__isnull=False),
                name="case_joined",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"case {self.number}"

    @property
    def short_place(self) -> str:
        """The place without the province, city and district that everybody here knows."""
        district, found, rest = self.place.partition("区")
        return rest if found and "省" in district and rest else self.place


class CaseStep(models.Model):
    """One act on a case, appended: the database refuses to change or delete it."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    place = models.IntegerField()  # 1 is the report
    verb = models.CharField(max_length=24)
    start = models.CharField(max_length=24, blank=True)
    end = models.CharField(max_length=24)
    part = models.CharField(max_length=12)
    actor = models.CharField(max_length=80)
    desk = models.ForeignKey("cases.Desk", null=True, on_delete=models.PROTECT)
    at = models.DateTimeField()
    note_sealed = models.BinaryField(null=True)
    until_at = models.DateTimeField(null=True)
    # The clock after this step.
    clock_name = models.CharField(max_length=24, blank=True)
    due_at = models.DateTimeField(null=True)
    is_public = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "place"], name="one_step_in_each_place"),
        ]

    @override
    def __str__(self) -> str:
        return f"step {self.pk}"


class Alarm(models.Model):
    """Something to be said at an instant unless the case has moved: once, late if need be."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alarms")
    rung = models.CharField(max_length=12)
    clock_name = models.CharField(max_length=24)
    rings_at = models.DateTimeField()
    rung_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["rings_at", "id"],
                condition=models.Q(rung_at=None),
                name="alarm_to_ring",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "rung"],
                condition=models.Q(rung_at=None),
                name="one_alarm_of_a_rung_waits",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"alarm {self.pk}"
