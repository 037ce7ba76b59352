"""Where attached files lie: each once, by the hash of what it holds, in a folder or elsewhere."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from django.conf import settings

SMALL = "-small"
PIECE = 64 * 1024


class FileStore(Protocol):
    """What a store of files can do; an object store needs no more than this."""

    def keep(self, staged: Path, name: str) -> None:
        """Take a finished file in under a name; a name that is there already stays as it is."""

    def open(self, name: str) -> BinaryIO:
        """Raise `FileNotFoundError` where there is no such file."""

    def holds(self, name: str) -> bool: ...

    def drop(self, name: str) -> None:
        """Take a file away; one that is gone already is no fault."""

    def walk(self) -> Iterator[tuple[str, datetime]]:
        """Give each name that is held, and since when."""


class FolderStore:
    """Files in a folder of their own, spread over 256 folders; nothing in it can be run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, staged: Path, name: str) -> None:
        final = self._path(name)
        if not final.exists():
            final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            staged.rename(final)  # the name appears with all that it holds, or not at all
            sync_file(final.parent)

    def open(self, name: str) -> BinaryIO:
        return self._path(name).open("rb")

    def holds(self, name: str) -> bool:
        return self._path(name).exists()

    def drop(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def walk(self) -> Iterator[tuple[str, datetime]]:
        for path in sorted(self.folder.glob("??/*")):
            yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, name: str) -> Path:
        digest = name.removesuffix(SMALL)
        if len(digest) != hashlib.sha256().digest_size * 2 or not digest.isalnum():
            raise FileNotFoundError(name)
        return self.folder / digest[:2] / name


def file_store() -> FileStore:
    """Give the store of this installation."""
    return FolderStore(Path(settings.FANGGE_DATA) / "attachments" / "kept")


def staging_folder() -> Path:
    """Give the folder where files wait until their act is done, on the disk of the store."""
    folder = Path(settings.FANGGE_DATA) / "attachments" / "staged"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def staged_since(before: datetime) -> list[Path]:
    """Give what waits since before an instant: its act was broken off."""
    return [
        path
        for path in staging_folder().iterdir()
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]


def fresh_path(folder: Path) -> Path:
    return folder / uuid4().hex


def write_whole(path: Path, pieces: Iterator[bytes]) -> None:
    """Write a file that only its owner reads, and let it reach the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Let what somebody else wrote reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
