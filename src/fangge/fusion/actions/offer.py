"""Take an uploaded file in, to be tried or read in the background."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.actions.ingest import Trial, get_source, try_file
from fangge.fusion.adapters.uploads import keep_upload
from fangge.fusion.events import FileOffered
from fangge.kernel import bus
from fangge.kernel.actor import Actor


def try_upload(*, actor: Actor, source_code: str, upload: "UploadedFile[Any]") -> Trial:
    """Check every row of an uploaded file and keep nothing of it."""
    actor.require("batches.ingest")
    path = keep_upload(upload, contract_of(get_source(source_code)))
    try:
        return try_file(actor=actor, source_code=source_code, path=path, tell=lambda _rows: None)
    finally:
        path.unlink(missing_ok=True)


@transaction.atomic
def offer_file(
    *, actor: Actor, source_code: str, upload: "UploadedFile[Any]", now: datetime
) -> Path:
    """Keep an uploaded file and have it read in the background."""
    actor.require("batches.ingest")
    source = get_source(source_code)
    path = keep_upload(upload, contract_of(source))
    record_act(
        actor=actor, verb="batches.offer", subject_kind="source", subject_id=source.code, now=now
    )
    bus.publish(
        FileOffered(
            source_code=source.code,
            path=str(path),
            file_name=upload.name or path.name,
            offered_by=actor.reference,
        )
    )
    return path
