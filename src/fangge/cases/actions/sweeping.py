"""Sweep away files that belong to nothing: what a broken act left, and what was erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from fangge.cases.actions.attaching import hold_hash
from fangge.cases.adapters.store import SMALL, file_store, staged_since
from fangge.cases.models.attachment import StoredFile

LEFT_ALONE = timedelta(days=1)
"""How long a file that belongs to nothing waits: no act takes that long."""


def sweep_files(*, now: datetime) -> int:
    """Take away staged files, kept files and rows that nothing has named for a day."""
    before = now - LEFT_ALONE
    n_swept = 0
    for path in staged_since(before):
        path.unlink(missing_ok=True)
        n_swept += 1
    idle = StoredFile.objects.filter(attachments=None, stored_at__lt=before)
    for sha256 in list(idle.values_list("sha256", flat=True)):
        n_swept += _sweep_one(sha256)
    for name, since in file_store().walk():
        if since < before and not StoredFile.objects.filter(sha256=_digest(name)).exists():
            n_swept += _sweep_one(_digest(name))
    return n_swept


def sweep_named(hashes: Sequence[str]) -> None:
    """Take away these files where nothing holds them any more."""
    for sha256 in hashes:
        _sweep_one(sha256)


def _digest(name: str) -> str:
    return name.removesuffix(SMALL)


@transaction.atomic
def _sweep_one(sha256: str) -> int:
    hold_hash(sha256)
    held = StoredFile.objects.filter(sha256=sha256).first()
    if held is not None and held.attachments.exists():
        return 0
    if held is not None:
        held.delete()
    store = file_store()
    store.drop(sha256)
    store.drop(sha256 + SMALL)
    return 1
