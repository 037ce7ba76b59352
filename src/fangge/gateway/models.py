"""Keys of partners' programs, what they called, and the reports they sent."""

from django.db import models
from typing_extensions import override


class PartnerKey(models.Model):
    """A key with which a partner's program calls; only a keyed hash of it is kept."""

    name = models.CharField(max_length=80)
    # The first characters, so that a person can tell which key a partner means.
    begins = models.CharField(max_length=12)
    key_hash = models.BinaryField(unique=True)
    scopes = models.JSONField(default=list)
    calls_a_minute = models.IntegerField()
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True)

    @override
    def __str__(self) -> str:
        return f"key {self.begins}"


class Call(models.Model):
    """One call with a key: when, what, how it ended."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(PartnerKey, on_delete=models.PROTECT, related_name="calls")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    what = models.CharField(max_length=40)
    status = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["key", "-at"], name="call_of_key")]

    @override
    def __str__(self) -> str:
        return f"call {self.pk}"


class SentReport(models.Model):
    """A report that a partner sent, and the case it opened; what was said is in the case alone."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(PartnerKey, on_delete=models.PROTECT, related_name="reports")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    # The partner's own number of the report, hashed: it may be a phone number.
    client_hash = models.BinaryField(null=True)
    content_hash = models.BinaryField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "client_hash"], name="one_case_for_each_number_of_a_partner"
            ),
        ]
        indexes = [models.Index(fields=["key", "content_hash", "-sent_at"], name="sent_alike")]

    @override
    def __str__(self) -> str:
        return f"sent report {self.pk}"
