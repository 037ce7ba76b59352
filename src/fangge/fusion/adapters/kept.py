"""What a run keeps for the next one, sealed in files beside the database: frames and marks.

Nothing here is the truth: without it, or when it is not of the newest run, the next run reads
everything anew and gives the same registers.
"""

import io
import json
import secrets
import shutil
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from django.conf import settings

from fangge.kernel.fields import open_vault

PIECE_BYTES = 1 << 26
LENGTH = struct.Struct(">Q")
MARKS = "marks"
KEPT = "fusion.kept"


@dataclass(frozen=True, slots=True)
class Kept:
    """Frames by name, and marks that say of which state of the world they speak."""

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    marks: dict[str, str] = field(default_factory=dict)
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    def is_as(self, other: "Kept | None", mark: str) -> bool:
        """Tell whether both speak of the same state of that part of the world."""
        return other is not None and self.marks.get(mark) == other.marks.get(mark)


def kept_folder() -> Path:
    return Path(settings.FANGGE_DATA) / "link-state"


def keep(kept: Kept, *, run_id: int) -> bool:
    """Write what was kept, sealed; give whether there was room for it."""
    folder = kept_folder() / f"run-{run_id}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700, parents=True)
        _write(folder / MARKS, json.dumps(kept.marks).encode(), kept.token)
        for name, frame in kept.frames.items():
            buffer = io.BytesIO()
            frame.write_ipc(buffer, compression="lz4")
            _write(folder / name, buffer.getvalue(), kept.token)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return False
    return True


def load(*, run_id: int, token: str) -> Kept | None:
    """Give what that run kept, or nothing where it is gone, of another run, or was changed."""
    folder = kept_folder() / f"run-{run_id}"
    with suppress(OSError, InvalidTag, struct.error, pl.exceptions.PolarsError):
        marks = json.loads(_read(folder / MARKS, token))
        frames = {
            path.name: pl.read_ipc(io.BytesIO(_read(path, token)))
            for path in sorted(folder.iterdir())
            if path.name != MARKS
        }
        return Kept(token=token, marks=marks, frames=frames)
    return None


def drop_others(*, run_id: int) -> None:
    """Remove what earlier runs kept, and what runs left that never ended."""
    for folder in kept_folder().glob("run-*"):
        if folder.name != f"run-{run_id}":
            shutil.rmtree(folder, ignore_errors=True)


def forget_kept() -> None:
    """Remove everything that runs kept: the next one reads everything anew."""
    shutil.rmtree(kept_folder(), ignore_errors=True)


def _write(path: Path, body: bytes, token: str) -> None:
    vault = open_vault()
    with path.open("wb") as file:
        path.chmod(0o600)
        for number, start in enumerate(range(0, max(1, len(body)), PIECE_BYTES)):
            place = f"{token}/{path.name}/{number}"
            sealed = vault.seal_bytes(body[start : start + PIECE_BYTES], column=KEPT, row=place)
            file.write(LENGTH.pack(len(sealed)) + sealed)


def _read(path: Path, token: str) -> bytes:
    vault = open_vault()
    return b"".join(
        vault.open_bytes(sealed, column=KEPT, row=f"{token}/{path.name}/{number}")
        for number, sealed in enumerate(_pieces(path.read_bytes()))
    )


def _pieces(body: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(body):
        (n_bytes,) = LENGTH.unpack_from(body, place)
        place += LENGTH.size
        yield body[place : place + n_bytes]
        place += n_bytes


def changed_rows(now: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """Give the rows that were not there before just so, in their order; all without a before."""
    if before is None or now.schema != before.schema:
        return now
    return now.join(before, on=now.columns, how="anti", nulls_equal=True, maintain_order="left")


def gone_rows(
    now: pl.DataFrame, before: pl.DataFrame | None, key: list[str]
) -> pl.DataFrame | None:
    """Give the keys that are no longer there; nothing at all where there is no before."""
    if before is None:
        return None
    return before.select(key).join(now, on=key, how="anti", nulls_equal=True)
