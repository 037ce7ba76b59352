"""Model fields: native points and sealed text."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from typing_extensions import override

from fangge.kernel.errors import FanggeError

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


class KeyMissing(FanggeError):
    """What was sealed names a key that this installation does not have."""


class Vault:
    """Seals text as AES-GCM bound to its column, and hashes it with a key so that it can be found.

    The sealed form is the number of the key, the nonce and the ciphertext. The key of the highest
    number seals, every key opens.
    """

    def __init__(self, *, sealing_keys: Mapping[int, bytes], finding_key: bytes) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in sealing_keys.items()}
        self.key_number = max(self._ciphers)
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
        cipher = self._ciphers[self.key_number]
        return bytes([self.key_number]) + nonce + cipher.encrypt(nonce, body, column.encode())

    def open_bytes(self, sealed: bytes, *, column: str) -> bytes:
        cipher = self._ciphers.get(sealed[0])
        if cipher is None:
            raise KeyMissing(
                f"The sealing key {sealed[0]} is not here: put its file back into keys/."
            )
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        return cipher.decrypt(nonce, body, column.encode())

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether this was sealed with the key of the highest number."""
        return bytes(sealed)[0] == self.key_number

    def seal_column(self, texts: pl.Series, *, column: str) -> pl.Series:
        """Seal a whole column; what is missing stays missing."""
        encrypt, bound_to = self._ciphers[self.key_number].encrypt, column.encode()
        head, nonces = bytes([self.key_number]), os.urandom(NONCE_BYTES * len(texts))
        sealed = [
            None
            if text is None
            else head
            + (nonce := nonces[start : start + NONCE_BYTES])
            + encrypt(nonce, text.encode(), bound_to)
            for start, text in zip(range(0, len(nonces), NONCE_BYTES), texts.to_list(), strict=True)
        ]
        return pl.Series(texts.name, sealed, dtype=pl.Binary)

    def hash_column(self, texts: pl.Series, *, column: str) -> pl.Series:
        """Hash a whole column; what is missing stays missing."""
        begin = _Keyed(self._finding_key, f"{column}\0")
        hashes = [None if text is None else begin.hash(text) for text in texts.to_list()]
        return pl.Series(texts.name, hashes, dtype=pl.Binary)

    def hash_text(self, text: str, *, column: str) -> bytes:
        """Give a keyed hash to find the exact text by."""
        return hmac.new(self._finding_key, f"{column}\0{text}".encode(), hashlib.sha256).digest()


class _Keyed:
    """HMAC with SHA-256 of many texts that begin alike: what they share is hashed once.

    Source: RFC 2104; gives what `hmac` gives, in less than half the time for short texts.
    """

    def __init__(self, key: bytes, beginning: str) -> None:
        block = hashlib.sha256().block_size
        padded = (key if len(key) <= block else hashlib.sha256(key).digest()).ljust(block, b"\0")
        self._inner = hashlib.sha256(bytes(one ^ 0x36 for one in padded) + beginning.encode())
        self._outer = hashlib.sha256(bytes(one ^ 0x5C for one in padded))

    def hash(self, text: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()


def open_vault() -> Vault:
    """Open the vault with the keys of this installation."""
    return Vault(
        sealing_keys=settings.SEALING_KEYS.keys(),
        finding_key=bytes.fromhex(settings.FINDING_KEY),
    )
