"""One-time codes that let a resident in, and the short visits they open."""

from django.db import models
from typing_extensions import override


class AccessCode(models.Model):
    """A code that an officer issued at a counter; only keyed hashes of it are kept."""

    id = models.BigAutoField(primary_key=True)
    resident_id = models.BigIntegerField()
    resident_code = models.CharField(max_length=40)
    code_hash = models.BinaryField(unique=True)
    # Of the last characters of the identity number, bound to this code.
    last_hash = models.BinaryField()
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField()
    n_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resident_id"],
                condition=models.Q(used_at=None, revoked_at=None),
                name="one_open_code_per_resident",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"code {self.pk}"


class Visit(models.Model):
    """The minutes that a code opens to one resident, known by a keyed hash of its token."""

    id = models.BigAutoField(primary_key=True)
    code = models.OneToOneField(AccessCode, on_delete=models.CASCADE, related_name="visit")
    resident_id = models.BigIntegerField()
    resident_code = models.CharField(max_length=40)
    token_hash = models.BinaryField(unique=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return f"visit {self.pk}"
