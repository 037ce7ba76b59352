"""Empty errands of their words, and delete them, when their clocks have run out."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from fangge.fieldwork.models import FieldTask
from fangge.kernel.actor import Actor
from fangge.retention.queries.erasers import Eraser


def _settled_tasks() -> QuerySet[FieldTask]:
    return FieldTask.objects.filter(settled_at__isnull=False)


def _told_tasks() -> QuerySet[FieldTask]:
    return _settled_tasks().exclude(Q(note="") & Q(reason=""))


def _empty_answers(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    """Take the words; which answer was chosen stays, for how errands are answered."""
    FieldTask.objects.filter(pk__in=ids).update(note="", reason="")


def _delete_tasks(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    FieldTask.objects.filter(pk__in=ids).delete()


ERASERS = (
    Eraser(
        kind="field_answer",
        holding=_told_tasks,
        clock="settled_at",
        born="asked_at",
        erase=_empty_answers,
    ),
    Eraser(
        kind="field_task",
        holding=_settled_tasks,
        clock="settled_at",
        born="asked_at",
        erase=_delete_tasks,
    ),
)
