"""Delete what is kept of answers and of files taken, when its clock has run out."""

from collections.abc import Sequence
from datetime import datetime

from fangge.disclosure.models.export import ExportMade
from fangge.disclosure.models.release import CountRelease
from fangge.kernel.actor import Actor
from fangge.retention.queries.erasers import Eraser


def _delete_releases(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    CountRelease.objects.filter(pk__in=ids).delete()


def _delete_exports(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    ExportMade.objects.filter(pk__in=ids).delete()


ERASERS = (
    Eraser(
        kind="count_release",
        holding=CountRelease.objects.all,
        clock="asked_at",
        born="asked_at",
        erase=_delete_releases,
    ),
    Eraser(
        kind="export_made",
        holding=ExportMade.objects.all,
        clock="made_at",
        born="made_at",
        erase=_delete_exports,
    ),
)
