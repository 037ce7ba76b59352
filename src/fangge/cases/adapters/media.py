"""Make a file fit to be kept: told by its content, scanned, without what the camera wrote."""

import shlex
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps

from fangge.cases.adapters.store import fresh_path
from fangge.cases.rules.media import (
    HEAD_BYTES,
    JPEG,
    LONGEST_SIDE,
    MOST_PIXELS,
    MP3,
    PNG,
    SMALL_SIDE,
    WAV,
    MediaType,
    Medium,
    tell_type,
)
from fangge.kernel.errors import Invalid

FORMATS = ("JPEG", "PNG", "WEBP")
SCAN_SECONDS = 120
# One at a time is decoded: a large picture takes hundreds of megabytes while it is open.
_decoding = threading.Lock()


class FileUnfit(Invalid):
    """A file cannot be attached; `reason` says why in a word."""

    def __init__(self, reason: str, told: str) -> None:
        super().__init__(told)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file fit to be kept, still at its staging place."""

    path: Path
    small: Path | None
    media_type: MediaType
    width: int
    height: int
    # Whether it may still say who made it, when and where: what we cannot write anew.
    keeps_own_data: bool


def clean_file(path: Path) -> Cleaned:
    """Tell, scan and clean a file that was just received. Raises `FileUnfit`."""
    with path.open("rb") as file:
        media_type = tell_type(file.read(HEAD_BYTES))
    if media_type is None:
        raise FileUnfit("type", "Only photos, PDF documents and sound recordings can be attached.")
    if path.stat().st_size > media_type.most_bytes:
        raise FileUnfit("size", "The file is too large.")
    scan_file(path)
    if media_type.medium is Medium.PHOTO:
        return _clean_photo(path)
    if media_type in {MP3, WAV}:
        fresh = fresh_path(path.parent)
        with path.open("rb") as file:
            body = file.read()
        fresh.write_bytes(_bare_mp3(body) if media_type is MP3 else _bare_wav(body))
        fresh.chmod(0o600)
        return Cleaned(fresh, None, media_type, 0, 0, keeps_own_data=False)
    return Cleaned(path, None, media_type, 0, 0, keeps_own_data=True)


def scan_file(path: Path) -> None:
    """Let the office's scanner look at a file, where there is one; what it cannot say is refused.

    The command gets the path as its last word; 0 means clean. Raises `FileUnfit`.
    """
    command = shlex.split(settings.FILE_SCANNER)
    if not command:
        return
    try:
        done = subprocess.run(  # noqa: S603 - the command is the administrator's own
            [*command, str(path)], capture_output=True, timeout=SCAN_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FileUnfit("scanner", "The file could not be scanned: try again later.") from error
    if done.returncode:
        raise FileUnfit("scanned", "The scanner refused the file.")


def _clean_photo(path: Path) -> Cleaned:
    """Draw a photo anew from its dots alone: nothing else that the file held goes with it."""
    fresh, small = fresh_path(path.parent), fresh_path(path.parent)
    try:
        with _decoding, Image.open(path, formats=FORMATS) as held:
            return _redraw(held, fresh, small)
    except FileUnfit:
        raise
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
        OverflowError,
        MemoryError,
    ) as error:
        raise FileUnfit("broken", "The photo cannot be read: take it again.") from error


def _redraw(held: Image.Image, fresh: Path, small: Path) -> Cleaned:
    if held.width * held.height > MOST_PIXELS:
        raise FileUnfit("pixels", "The photo has too many dots: take it smaller.")
    kept_as = PNG if held.format == "PNG" else JPEG
    held.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read at a half or a quarter
    drawn = ImageOps.exif_transpose(held)
    has_alpha = kept_as is PNG and "A" in drawn.getbands()
    drawn = drawn.convert("RGBA" if has_alpha else "RGB")
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A picture of its own, so that no profile, comment or position comes along.
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    _save(bare, fresh, kept_as)
    width, height = bare.size
    bare.thumbnail((SMALL_SIDE, SMALL_SIDE))
    _save(bare.convert("RGB"), small, JPEG)
    return Cleaned(fresh, small, kept_as, width, height, keeps_own_data=False)


def _save(picture: Image.Image, path: Path, kept_as: MediaType) -> None:
    if kept_as is PNG:
        picture.save(path, "PNG")
    else:
        picture.save(path, "JPEG", quality=87)
    path.chmod(0o600)


ID3_HEAD, ID3_TAIL = 10, 128


def _bare_mp3(body: bytes) -> bytes:
    """Take title, maker and pictures off: the tags before and after the sound."""
    while body[:3] == b"ID3" and len(body) > ID3_HEAD:
        length = 0
        for byte in body[6:10]:
            length = length << 7 | byte & 0x7F
        body = body[ID3_HEAD + length :]
    if body[-ID3_TAIL : -ID3_TAIL + 3] == b"TAG":
        body = body[:-ID3_TAIL]
    if body[:1] != b"\xff":
        raise FileUnfit("broken", "The recording cannot be read.")
    return body


RIFF_HEAD, CHUNK_HEAD = 12, 8


def _bare_wav(body: bytes) -> bytes:
    """Keep the form and the sound of a recording, and none of its notes."""
    kept, at = [], RIFF_HEAD
    while at + CHUNK_HEAD <= len(body):
        name, length = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        end = at + CHUNK_HEAD + length + length % 2
        if name in {b"fmt ", b"data"}:
            kept.append(body[at : min(end, len(body))])
        at = end
    inner = b"WAVE" + b"".join(kept)
    if b"data" not in {part[:4] for part in kept}:
        raise FileUnfit("broken", "The recording cannot be read.")
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner
