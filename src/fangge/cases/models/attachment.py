"""Files that came with the steps of a case."""

from django.db import models
from typing_extensions import override

from fangge.cases.models.case import Case, CaseStep


class StoredFile(models.Model):
    """A file that is kept once, however often it was sent: by the hash of what it holds."""

    sha256 = models.CharField(max_length=64, unique=True)
    media_type = models.CharField(max_length=40)
    n_bytes = models.BigIntegerField()
    width = models.IntegerField(default=0)
    height = models.IntegerField(default=0)
    has_small = models.BooleanField(default=False)
    # Whether it may still say who made it, when and where.
    keeps_own_data = models.BooleanField(default=False)
    stored_at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return f"file {self.pk}"


class Attachment(models.Model):
    """A photo, a document or a recording that came with a step; its name is sealed."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    step = models.ForeignKey(CaseStep, on_delete=models.PROTECT, related_name="attachments")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="attachments")
    medium = models.CharField(max_length=10)
    moment = models.CharField(max_length=8)
    name_sealed = models.BinaryField(null=True)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step", "file"], name="a_file_once_in_a_step"),
        ]
        indexes = [models.Index(fields=["case", "id"], name="attachment_of_case")]

    @override
    def __str__(self) -> str:
        return f"attachment {self.pk}"
