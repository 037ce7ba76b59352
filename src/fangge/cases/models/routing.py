"""Versions of the routing table, what was proposed for a case, and how it was sorted."""

from django.db import models
from typing_extensions import override


class RoutingVersion(models.Model):
    """One version of the table category, area and owner to desk; the draft has no number yet."""

    number = models.IntegerField(unique=True, null=True)
    table = models.JSONField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(number=None), name="one_draft_of_the_routing"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"routing {self.number or 'draft'}"


class CaseProposal(models.Model):
    """What the classifier proposed when a case was reported; a person decides."""

    case = models.OneToOneField(
        "cases.Case", primary_key=True, on_delete=models.PROTECT, related_name="proposal"
    )
    model = models.CharField(max_length=24)
    category = models.CharField(max_length=40)
    confidence = models.FloatField()
    desk = models.CharField(max_length=40, blank=True)
    desk_confidence = models.FloatField()
    # Parts of words of the corpus that spoke for it: nothing of anybody's own words.
    words = models.JSONField(default=list)
    made_at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return f"proposal {self.pk}"


class CaseSorting(models.Model):
    """As what a case was reported or accepted, appended: so that the past can be counted again."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    # By the reporter, or by the centre that accepted it.
    is_decided = models.BooleanField()
    kind = models.CharField(max_length=10)
    category = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="sorting_of_case")]

    @override
    def __str__(self) -> str:
        return f"sorting {self.pk}"
