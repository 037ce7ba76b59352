"""Keep an uploaded file until its rows are staged, where it is of the size and kind it may be."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from fangge.fusion.adapters.files import FileUnreadable, check_kind
from fangge.fusion.rules.contracts import Contract


def keep_upload(file: "UploadedFile[Any]", contract: Contract) -> Path:
    """Write the upload under its hash, so that the same file sent twice is one file.

    Raises `FileUnreadable` where it is too large, or not of its contract's kind by what it holds.
    """
    most = settings.UPLOAD_MB * 2**20
    if (file.size or 0) > most:
        raise FileUnreadable(
            f"The file is larger than {settings.UPLOAD_MB:,} MB, the most that the screen takes "
            "(FANGGE_UPLOAD_MB). Send it in parts, or let it be read with `fangge ingest`."
        )
    folder = Path(settings.FANGGE_DATA) / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    suffix = Path(file.name or "").suffix.lower()[:10]
    fresh = folder / f".{id(file)}.part"
    with fresh.open("wb") as kept:
        for chunk in file.chunks():
            digest.update(chunk)
            kept.write(chunk)
    path = folder / f"{digest.hexdigest()[:32]}{suffix}"
    try:
        check_kind(fresh, contract)
        shutil.move(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return path
