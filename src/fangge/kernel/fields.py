"""Model fields: native points and sealed text."""

import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from typing_extensions import override

NONCE_BYTES = 12


class Point(NamedTuple):
    """A position in CGCS2000, in degrees."""

    lon: float
    lat: float


if TYPE_CHECKING:
    PointBase = models.Field[Point | None, Point | None]
else:  # Django's fields take no parameters when they run.
    PointBase = models.Field


class PointField(PointBase):
    """PostgreSQL's own `point`: no extension needed, nearest by GiST."""

    description = "A position in CGCS2000"

    @override
    def db_type(self, connection: Any) -> str:
        return "point"

    def from_db_value(self, value: str | None, *_: object) -> Point | None:
        if value is None:
            return None
        lon, lat = value.strip("()").split(",")
        return Point(float(lon), float(lat))

    @override
    def get_prep_value(self, value: Point | None) -> str | None:
        return None if value is None else f"({value[0]!r},{value[1]!r})"


class Vault:
    """Seals text as AES-GCM bound to its column, and hashes it with a key so that it can be found.

    The sealed form is a version byte, the nonce and the ciphertext.
    """

    VERSION = b"\x01"

    def __init__(self, *, sealing_key: bytes, finding_key: bytes) -> None:
        self._cipher = AESGCM(sealing_key)
        self._finding_key = finding_key

    @override
    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, text: str, *, column: str) -> bytes:
        return self.seal_bytes(text.encode(), column=column)

    def open(self, sealed: bytes, *, column: str) -> str:
        """Raise cryptography's `InvalidTag` when the text was changed or stood elsewhere."""
        return self.open_bytes(bytes(sealed), column=column).decode()

    def seal_bytes(self, body: bytes, *, column: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return self.VERSION + nonce + self._cipher.encrypt(nonce, body, column.encode())

    def open_bytes(self, sealed: bytes, *, column: str) -> bytes:
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        return self._cipher.decrypt(nonce, body, column.encode())

    def seal_column(self, texts: pl.Series, *, column: str) -> pl.Series:
        """Seal a whole column; what is missing stays missing."""
        sealed = [None if text is None else self.seal(text, column=column) for text in texts]
        return pl.Series(texts.name, sealed, dtype=pl.Binary)

    def hash_column(self, texts: pl.Series, *, column: str) -> pl.Series:
        """Hash a whole column; what is missing stays missing."""
        hashes = [None if text is None else self.hash_text(text, column=column) for text in texts]
        return pl.Series(texts.name, hashes, dtype=pl.Binary)

    def hash_text(self, text: str, *, column: str) -> bytes:
        """Give a keyed hash to find the exact text by."""
        return hmac.new(self._finding_key, f"{column}\0{text}".encode(), hashlib.sha256).digest()


def open_vault() -> Vault:
    """Open the vault with the keys of this installation."""
    return Vault(
        sealing_key=bytes.fromhex(settings.SEALING_KEY),
        finding_key=bytes.fromhex(settings.FINDING_KEY),
    )
