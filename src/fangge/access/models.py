"""Staff and what they are assigned to."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, UserManager
from django.db import models
from typing_extensions import override


class StaffMember(AbstractBaseUser):
    """A person who signs in."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    # Where the person works, for colleagues who assign roles; it gives no right.
    office = models.CharField(max_length=60, blank=True, default="", db_default="")
    joined_at = models.DateTimeField()
    password_set_at = models.DateTimeField(null=True)
    password_is_temporary = models.BooleanField(default=False)

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
    given_by = models.CharField(max_length=80, default="", db_default="")
    ended_by = models.CharField(max_length=80, default="", db_default="")
    # The assignment that this one holds for a time, while its holder is away.
    stands_in_for = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="stand_ins"
    )

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


class EmergencyAccess(models.Model):
    """A wider area for somebody, for some hours and a reason, looked at afterwards by another."""

    id = models.BigAutoField(primary_key=True)
    staff = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="emergencies")
    area = models.ForeignKey("areas.Area", on_delete=models.PROTECT)
    reason = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reviewed_by = models.CharField(max_length=80, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    was_right = models.BooleanField(null=True)
    review = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gte=models.F("starts_at"))
                & models.Q(ends_at__lte=models.F("starts_at") + timedelta(hours=3)),
                name="an_emergency_lasts_three_hours_at_most",
            ),
        ]
        indexes = [models.Index(fields=["staff", "ends_at"], name="access_emergency_running")]

    @override
    def __str__(self) -> str:
        return f"emergency {self.pk}"


class PastPassword(models.Model):
    """A password somebody had, as its hash, so that it is not taken again."""

    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="past_passwords")
    hash = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return f"past password {self.pk}"


class StaffSession(models.Model):
    """One stay, from a sign-in to its end; the key is forgotten when it has ended."""

    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="sessions")
    # Unique among those that have one, so it is NULL where there is none.
    key = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001
    way = models.CharField(max_length=20)
    device = models.CharField(max_length=80)
    network = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(key=None),
                name="an_ended_session_has_no_key",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"session {self.pk}"


class SignInTry(models.Model):
    """One try to sign in as somebody who is registered, and how it came out."""

    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="sign_in_tries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=20)
    way = models.CharField(max_length=20, blank=True)
    device = models.CharField(max_length=80)
    network = models.CharField(max_length=60, blank=True)
    is_new_device = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["staff", "-at"])]

    @override
    def __str__(self) -> str:
        return f"{self.outcome} {self.pk}"


class CodeMaker(models.Model):
    """A person's app that makes a code every 30 seconds; its secret is sealed."""

    staff = models.OneToOneField(StaffMember, on_delete=models.CASCADE, related_name="code_maker")
    secret = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    @override
    def __str__(self) -> str:
        return f"code maker {self.pk}"


class Passkey(models.Model):
    """A key of a person's device or security key: the public half."""

    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=40)
    credential = models.BinaryField()
    credential_hash = models.CharField(max_length=64, unique=True)
    n_signed = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    @override
    def __str__(self) -> str:
        return f"passkey {self.pk}"


class RecoveryCode(models.Model):
    """A code for the day the phone is lost, as its hash; it opens once."""

    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="recovery_codes")
    hash = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True)

    @override
    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class CallWindow(models.Model):
    """How often somebody without an account called in a spell of time; the caller is a hash."""

    id = models.BigAutoField(primary_key=True)
    caller_hash = models.BinaryField()
    starts_at = models.DateTimeField()
    n_calls = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["caller_hash", "starts_at"], name="one_count_for_each_spell"
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="call_window_by_time")]

    @override
    def __str__(self) -> str:
        return f"calls {self.pk}"
