"""Files that were taken along: by whom, when, for what, under which code."""

from django.db import models
from typing_extensions import override


class ExportMade(models.Model):
    """One file that left: its code stands in it, the ledger has the same."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=20, unique=True)
    what = models.CharField(max_length=40)
    form = models.CharField(max_length=12)
    purpose = models.CharField(max_length=60)
    reason = models.TextField(blank=True)
    object_reference = models.CharField(max_length=80, blank=True)
    n_rows = models.IntegerField()
    file_hash = models.BinaryField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["made_by", "-made_at"])]

    @override
    def __str__(self) -> str:
        return f"export {self.code}"
