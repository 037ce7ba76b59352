"""Empty cases of the words in them, when their clock has run out."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from fangge.cases.actions.sweeping import sweep_named
from fangge.cases.models.attachment import Attachment
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.models.rating import CaseRating
from fangge.kernel.actor import Actor
from fangge.retention.queries.erasers import Eraser


def _ended_cases() -> QuerySet[Case]:
    return Case.objects.filter(is_open=False, told_sealed__isnull=False)


def _empty_cases(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    """Take what was said; what, where and when stays, for the indicators."""
    CaseStep.objects.filter(case__in=ids, note_sealed__isnull=False).update(note_sealed=None)
    CaseRating.objects.filter(case__in=ids, text_sealed__isnull=False).update(text_sealed=None)
    Case.objects.filter(pk__in=ids).update(told_sealed=None, contact_sealed=None)


CASE_WORDS = Eraser(
    kind="case_ended",
    holding=_ended_cases,
    clock="closed_at",
    born="reported_at",
    erase=_empty_cases,
)


def _ended_files() -> QuerySet[Attachment]:
    return Attachment.objects.filter(case__is_open=False)


def _drop_files(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    """Take files off their cases; what no other case holds goes from the disk at once."""
    gone = Attachment.objects.filter(pk__in=ids)
    hashes = sorted(set(gone.values_list("file__sha256", flat=True)))
    gone.delete()
    transaction.on_commit(partial(sweep_named, hashes))


CASE_FILES = Eraser(
    kind="case_file",
    holding=_ended_files,
    clock="case__closed_at",
    born="added_at",
    erase=_drop_files,
)
