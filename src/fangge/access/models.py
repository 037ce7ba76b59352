"""Staff and what they are assigned to."""

from django.contrib.auth.models import AbstractBaseUser, UserManager
from django.db import models
from typing_extensions import override


class StaffMember(AbstractBaseUser):
    """A person who signs in."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    @override
    def __str__(self) -> str:
        return f"staff {self.username}"


class Assignment(models.Model):
    """One role over one area for a period."""

    staff = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=30)
    area = models.ForeignKey("areas.Area", null=True, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="an_assignment_ends_after_it_starts",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.role} {self.pk}"
