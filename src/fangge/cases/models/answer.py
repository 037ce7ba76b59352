"""Templates of answers, in versions."""

from django.db import models
from typing_extensions import override


class AnswerTemplate(models.Model):
    """One version of the text of an answer; the newest that has not ended is offered."""

    code = models.SlugField(max_length=40)
    version = models.IntegerField()
    title = models.CharField(max_length=80)
    verb = models.CharField(max_length=24)
    # Empty where it serves every category.
    category = models.CharField(max_length=40, blank=True)
    text = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_text_of_a_version"),
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(ended_at=None),
                name="one_version_of_an_answer_holds",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"answer {self.code} {self.version}"
