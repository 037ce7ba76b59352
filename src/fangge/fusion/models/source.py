"""Sources with their contracts, the batches they sent and the records in them."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from typing_extensions import override


class Source(models.Model):
    """A department's extract and the contract it comes under."""

    code = models.SlugField(max_length=40, unique=True)
    contract = models.TextField()  # TOML
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    @override
    def __str__(self) -> str:
        return f"source {self.code}"


class ContractVersion(models.Model):
    """A contract as it once was: appended whenever it is edited."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    contract = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "version"], name="a_contract_version_once"),
        ]

    @override
    def __str__(self) -> str:
        return f"contract {self.source_id} version {self.version}"


class BatchState(models.TextChoices):
    STAGING = "staging", _("Being read")
    STAGED = "staged", pgettext_lazy("batch", "Read")
    LINKED = "linked", _("In the registers")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")
    ROLLED_BACK = "rolled_back", _("Rolled back")


class Batch(models.Model):
    """One file of one source."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    contract_version = models.PositiveIntegerField()
    file_name = models.CharField(max_length=200)
    file_hash = models.BinaryField()
    n_bytes = models.BigIntegerField()
    # When the source took the extract: what it says is ordered by this, not by arrival.
    extracted_at = models.DateTimeField(db_default=Now())
    is_full = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=12, choices=BatchState, default=BatchState.STAGING)
    # Rows behind this one are in the database: a killed run goes on from here.
    n_read = models.BigIntegerField(default=0)
    n_accepted = models.BigIntegerField(default=0)
    n_unchanged = models.BigIntegerField(default=0)
    n_quarantined = models.BigIntegerField(default=0)
    # Rows of earlier extracts that this full one lacks; where asked, they speak until answered.
    n_missing = models.BigIntegerField(default=0, db_default=0)
    is_missing_asked = models.BooleanField(default=False, db_default=False)
    is_cancel_asked = models.BooleanField(default=False)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # The same file is in work or in the registers once.
            models.UniqueConstraint(
                fields=["source", "file_hash"],
                condition=models.Q(state__in=["staging", "staged", "linked"]),
                name="a_file_once_per_source",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"batch {self.pk}"


class SourceRecord(models.Model):
    """A row as its source sent it; what the contract seals is sealed."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="records")
    row_no = models.BigIntegerField()
    row_hash = models.BinaryField()
    # The contract's key of the row, hashed with a key: a newer row with it replaces an older.
    key_hash = models.BinaryField()
    payload = models.JSONField()
    sealed = models.BinaryField(null=True)
    # The extract in which the source said so last.
    said_at = models.DateTimeField(db_default=Now())
    # The full extract that lacks this row, while nobody has answered what that means.
    missing_from = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="missing", db_index=False
    )
    # The batch whose row took this one's place, or none while it holds.
    replaced_by_batch = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="replaced"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "row_hash"],
                condition=models.Q(replaced_by_batch=None),
                name="a_row_once_per_source",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "key_hash"]),
            models.Index(fields=["batch", "row_no"]),
            models.Index(
                fields=["source", "batch", "id"],
                condition=models.Q(replaced_by_batch=None),
                name="record_that_speaks",
            ),
            models.Index(
                fields=["missing_from"],
                condition=models.Q(missing_from__isnull=False),
                name="record_asked_about",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"record {self.pk}"


class QuarantineState(models.TextChoices):
    OPEN = "open", _("Waiting")
    MENDED = "mended", _("Mended")
    DISMISSED = "dismissed", _("Left out")


class QuarantinedRow(models.Model):
    """A row that broke a rule, kept as it came until a steward mends or dismisses it."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantined")
    row_no = models.BigIntegerField()
    # The whole row, sealed: what is broken cannot be trusted to stand in its own column.
    row_sealed = models.BinaryField()
    # A list of {field, column, rule, found, mend}; `found` is masked where the contract seals.
    faults = models.JSONField()
    state = models.CharField(max_length=10, choices=QuarantineState, default=QuarantineState.OPEN)
    record = models.ForeignKey(SourceRecord, null=True, on_delete=models.PROTECT)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "row_no"], name="a_row_quarantined_once"),
        ]
        indexes = [models.Index(fields=["state", "batch"])]

    @override
    def __str__(self) -> str:
        return f"quarantined row {self.pk}"
