"""Desks, who sits there, and the days that are worked."""

from django.db import models
from typing_extensions import override


class Desk(models.Model):
    """A place in a department where cases of some categories are worked on."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    office = models.CharField(max_length=80)
    is_open = models.BooleanField(default=True)

    @override
    def __str__(self) -> str:
        return f"desk {self.code}"


class DeskMember(models.Model):
    """Somebody works at a desk for a period."""

    desk = models.ForeignKey(Desk, on_delete=models.PROTECT, related_name="members")
    staff = models.ForeignKey("access.StaffMember", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["desk", "staff"],
                condition=models.Q(ends_at=None),
                name="one_place_at_a_desk",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"member {self.pk}"


class Holiday(models.Model):
    """A day that is worked, or not, other than its weekday says."""

    day = models.DateField(primary_key=True)
    is_worked = models.BooleanField()
    name = models.CharField(max_length=60)
    # Until the year's calendar is published, only what the law fixes is known.
    is_published = models.BooleanField(default=True)

    @override
    def __str__(self) -> str:
        return f"day {self.day}"
