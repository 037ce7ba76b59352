"""Attach files to a step: cleaned before anything is locked, kept when the act is done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection

from fangge.cases.adapters.media import Cleaned, FileUnfit, clean_file
from fangge.cases.adapters.store import (
    SMALL,
    file_store,
    fresh_path,
    hash_file,
    staging_folder,
    sync_file,
    write_whole,
)
from fangge.cases.models.attachment import Attachment, StoredFile
from fangge.cases.models.case import CaseStep
from fangge.cases.rules.media import (
    MOST_BYTES,
    MOST_IN_A_CASE,
    MOST_IN_AN_ACT,
    Medium,
    moment_of,
)
from fangge.kernel.fields import open_vault

NAME_COLUMN = "cases_attachment.name"
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that was cleaned and waits for its step."""

    name: str
    sha256: str
    n_bytes: int
    cleaned: Cleaned

    @property
    def is_photo(self) -> bool:
        return self.cleaned.media_type.medium is Medium.PHOTO


@contextmanager
def staging(uploads: "Sequence[UploadedFile[Any]]") -> Iterator[tuple[Staged, ...]]:
    """Clean uploads and give them to the block; what it does not keep is gone after it.

    Raises `FileUnfit`.
    """
    if len(uploads) > MOST_IN_AN_ACT:
        raise FileUnfit("number", f"At most {MOST_IN_AN_ACT} files come with one act.")
    waiting: list[Path] = []
    try:
        yield tuple(_stage(upload, waiting) for upload in uploads)
    finally:
        for path in waiting:
            path.unlink(missing_ok=True)


def _stage(upload: "UploadedFile[Any]", waiting: list[Path]) -> Staged:
    if (upload.size or 0) > MOST_BYTES:
        raise FileUnfit("size", "The file is too large.")
    received = fresh_path(staging_folder())
    waiting.append(received)
    write_whole(received, iter(upload.chunks()))
    cleaned = clean_file(received)
    for path in filter(None, (cleaned.path, cleaned.small)):
        if path != received:
            waiting.append(path)
            sync_file(path)
    name = Path((upload.name or "").replace("\\", "/").replace("\0", "")).name[:LONGEST_NAME]
    return Staged(name, hash_file(cleaned.path), cleaned.path.stat().st_size, cleaned)


def keep_files(*, step: CaseStep, files: Sequence[Staged], now: datetime) -> list[Attachment]:
    """Keep staged files with a step, in its transaction. Raises `FileUnfit`."""
    if not files:
        return []
    if Attachment.objects.filter(case=step.case_id).count() + len(files) > MOST_IN_A_CASE:
        raise FileUnfit("number", f"A case has at most {MOST_IN_A_CASE} files.")
    vault = open_vault()
    # In the order of their hashes, so that two who send the same files never wait in a circle.
    once = {one.sha256: one for one in sorted(files, key=lambda one: one.sha256)}
    kept = [(one, _keep_file(one, now)) for one in once.values()]
    return Attachment.objects.bulk_create(
        Attachment(
            case_id=step.case_id,
            step=step,
            file=stored,
            medium=one.cleaned.media_type.medium,
            moment=moment_of(step.verb),
            name_sealed=vault.seal(one.name, column=NAME_COLUMN, row=f"{step.pk}:{stored.pk}")
            if one.name
            else None,
            added_by=step.actor,
            added_at=now,
        )
        for one, stored in kept
    )


def _keep_file(one: Staged, now: datetime) -> StoredFile:
    hold_hash(one.sha256)
    store, cleaned = file_store(), one.cleaned
    if cleaned.small is not None:
        store.keep(cleaned.small, one.sha256 + SMALL)
    store.keep(cleaned.path, one.sha256)
    stored, _ = StoredFile.objects.get_or_create(
        sha256=one.sha256,
        defaults={
            "media_type": cleaned.media_type.name,
            "n_bytes": one.n_bytes,
            "width": cleaned.width,
            "height": cleaned.height,
            "has_small": cleaned.small is not None,
            "keeps_own_data": cleaned.keeps_own_data,
            "stored_at": now,
        },
    )
    return stored


def hold_hash(sha256: str) -> None:
    """Let nobody else keep or sweep this file until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7306104))", [sha256])
