"""Files as a phone or an attacker would send them."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

SECRET = b"SuzhouCameraMaker-31.30N-120.60E"


def photo_bytes(colour: str = "teal", kind: str = "JPEG", side: int = 64) -> bytes:
    """A photo that says which camera took it, where, and what somebody noted."""
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    exif[0x0112] = 6  # held upright: it is turned when it is shown
    exif.get_ifd(0x8825)[2] = (31.0, 18.0, 0.0)
    held = io.BytesIO()
    more: dict[str, Any] = {"comment": SECRET} if kind == "JPEG" else {}
    Image.new("RGB", (side, side // 2), colour).save(held, kind, exif=exif, **more)
    return held.getvalue() + SECRET


def upload(body: bytes, name: str = "现场.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def mp3_bytes() -> bytes:
    tag = b"TIT2" + SECRET
    return b"ID3\x04\x00\x00" + bytes([0, 0, 0, len(tag)]) + tag + b"\xff\xfb\x90\x00" * 40


def wav_bytes() -> bytes:
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    note = b"LIST" + struct.pack("<I", len(SECRET)) + SECRET
    sound = b"data" + struct.pack("<I", 8) + b"\x80" * 8
    inner = b"WAVE" + form + note + sound
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def bomb_bytes(side: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to nearly a thousand million dots."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
