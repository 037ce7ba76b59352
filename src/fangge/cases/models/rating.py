"""What reporters say of how their case went."""

from django.db import models
from typing_extensions import override


class CaseRating(models.Model):
    """A reporter's rating after a closing, appended: the last one of a closing counts."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="ratings")
    place = models.IntegerField()  # 1 is the first of the case
    # The closing that is rated: a case that is reopened and closed again is rated again.
    closing = models.ForeignKey("cases.CaseStep", on_delete=models.PROTECT, related_name="+")
    score = models.SmallIntegerField()
    text_sealed = models.BinaryField(null=True)
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "place"], name="one_rating_in_each_place"),
            models.CheckConstraint(
                condition=models.Q(score__gte=1, score__lte=5), name="a_score_is_one_to_five"
            ),
        ]
        indexes = [models.Index(fields=["case", "-rated_at"], name="rating_of_case")]

    @override
    def __str__(self) -> str:
        return f"rating {self.pk}"
