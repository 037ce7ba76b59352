"""Keep an uploaded file until its rows are staged."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile


def keep_upload(file: "UploadedFile[Any]") -> Path:
    """Write the upload under its hash, so that the same file sent twice is one file."""
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
    shutil.move(fresh, path)
    return path
