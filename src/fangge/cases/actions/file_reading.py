"""Give a file of a case to whoever may see the case; the look is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.adapters.store import SMALL, file_store
from fangge.cases.models.attachment import Attachment
from fangge.cases.queries.visible import get_case
from fangge.cases.rules.media import JPEG, TYPES
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing


class FileUnknown(Missing):
    """The case has no such file, or it was erased when its time was over."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file ready to be read, and what to call it."""

    handle: BinaryIO
    media_type: str
    n_bytes: int
    mark: str
    name: str


@transaction.atomic
def open_file(*, actor: Actor, number: str, file_id: int, now: datetime) -> OpenedFile:
    """Open a file of a case that the actor may see. Raises `FileUnknown`."""
    case = get_case(actor=actor, number=number, now=now)
    held = _find(case.pk, file_id)
    record_act(
        actor=actor,
        verb="cases.see_file",
        subject_kind="case",
        subject_id=case.number,
        fields=[f"file:{held.pk}"],
        now=now,
    )
    stored = held.file
    handle = _open(stored.sha256)
    # Its own name may say whom it shows, and goes nowhere; this one says which case it is of.
    name = f"{case.number}-{held.pk}.{TYPES[stored.media_type].suffix}"
    return OpenedFile(handle, stored.media_type, stored.n_bytes, stored.sha256, name)


def open_small_file(*, actor: Actor, number: str, file_id: int, now: datetime) -> OpenedFile:
    """Open the small picture of a photo: part of the case's page, whose look is kept."""
    case = get_case(actor=actor, number=number, now=now)
    held = _find(case.pk, file_id)
    if not held.file.has_small:
        raise FileUnknown("This file has no small picture.")
    mark = held.file.sha256 + SMALL
    handle = _open(mark)
    n_bytes = handle.seek(0, 2)
    handle.seek(0)
    return OpenedFile(handle, JPEG.name, n_bytes, mark, f"{case.number}-{held.pk}-small.jpg")


def _find(case_id: int, file_id: int) -> Attachment:
    files = Attachment.objects.select_related("file")
    held = files.filter(pk=file_id, case=case_id).first()
    if held is None:
        raise FileUnknown(f"The case has no file {file_id}.")
    return held


def _open(name: str) -> BinaryIO:
    try:
        return file_store().open(name)
    except FileNotFoundError as error:
        raise FileUnknown("The file is not here: it may not be restored yet.") from error
