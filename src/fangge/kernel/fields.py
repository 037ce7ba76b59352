"""Model fields: native points and sealed text."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from typing_extensions import override

from fangge.kernel.errors import FanggeError

NONCE_BYTES, TAG_BYTES = 12, 16
BOUND_TO_ROW = b"\x00\x02"
"""How the sealed form begins. Version 1 had none: it began with the number of its key, which is
never 0, and was bound to its column alone."""
HEAD_BYTES = len(BOUND_TO_ROW) + 1


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


class KeyUnfit(FanggeError):
    """The text of a key is none: a cipher, a colon and hexadecimal digits."""


class _Sealing(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...


class _Sm4Gcm:
    """SM4 in Galois/counter mode with the face of `AESGCM`.

    Source: GB/T 32907-2016; RFC 8998, section 2.1.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        context = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        context.authenticate_additional_data(associated_data)
        return context.update(data) + context.finalize() + context.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        if len(data) < TAG_BYTES:
            raise InvalidTag
        mode = modes.GCM(nonce, data[-TAG_BYTES:])
        context = Cipher(self._cipher, mode).decryptor()
        context.authenticate_additional_data(associated_data)
        return context.update(data[:-TAG_BYTES]) + context.finalize()


class _SealingKey:
    """A key as its file says it: `aes:` or `sm4:` and hexadecimal digits.

    Digits alone are an AES key of the time when what it sealed was bound to its column only; it
    alone still opens that.
    """

    def __init__(self, text: str) -> None:
        kind, colon, digits = text.rpartition(":")
        self.opens_unbound = not colon
        try:
            key = bytes.fromhex(digits)
            self.cipher: _Sealing = _Sm4Gcm(key) if kind == "sm4" else AESGCM(key)
        except ValueError:
            raise KeyUnfit("A sealing key has not the digits that its cipher needs.") from None
        if kind not in {"", "aes", "sm4"}:
            raise KeyUnfit(f"There is no cipher {kind}: a sealing key begins aes: or sm4:.")


def _binding(column: str, row: object) -> bytes:
    return f"{column}\0{row}".encode()


class Vault:
    """Seals text with AES-GCM or SM4-GCM, bound to its column and row; hashes it to be found by.

    The sealed form is its version, the number of the key, the nonce and the ciphertext. The key of
    the highest number seals, every key opens. A row is named by what it has before it is written
    and keeps.
    """

    def __init__(
        self, *, sealing_keys: Mapping[int, str], finding_key: bytes, hashing: str = "sha256"
    ) -> None:
        self._keys = {number: _SealingKey(text) for number, text in sealing_keys.items()}
        self.key_number = max(self._keys)
        self.head = BOUND_TO_ROW + bytes([self.key_number])
        self._finding_key, self._hashing = finding_key, hashing

    @override
    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, text: str, *, column: str, row: object) -> bytes:
        return self.seal_bytes(text.encode(), column=column, row=row)

    def open(self, sealed: bytes, *, column: str, row: object) -> str:
        """Raise cryptography's `InvalidTag` when the text was changed or stood elsewhere."""
        return self.open_bytes(sealed, column=column, row=row).decode()

    def seal_bytes(self, body: bytes, *, column: str, row: object) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._keys[self.key_number].cipher
        return self.head + nonce + cipher.encrypt(nonce, body, _binding(column, row))

    def open_bytes(self, sealed: bytes, *, column: str, row: object) -> bytes:
        box = bytes(sealed)
        if not box.startswith(BOUND_TO_ROW):
            return self._open_unbound(box, column)
        nonce, body = box[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], box[HEAD_BYTES + NONCE_BYTES :]
        key = self._key(box[HEAD_BYTES - 1])
        return key.cipher.decrypt(nonce, body, _binding(column, row))

    def _open_unbound(self, box: bytes, column: str) -> bytes:
        key = self._key(box[0])
        if not key.opens_unbound:
            raise InvalidTag
        nonce, body = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        return key.cipher.decrypt(nonce, body, column.encode())

    def _key(self, number: int) -> _SealingKey:
        key = self._keys.get(number)
        if key is None:
            raise KeyMissing(f"The sealing key {number} is not here: put its file back into keys/.")
        return key

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether this was sealed with the key of the highest number, bound to its row."""
        return bytes(sealed).startswith(self.head)

    def seal_column(self, texts: pl.Series, *, column: str, rows: pl.Series) -> pl.Series:
        """Seal a whole column, each text to its row; what is missing stays missing."""
        encrypt, beginning = self._keys[self.key_number].cipher.encrypt, f"{column}\0"
        head, nonces = self.head, os.urandom(NONCE_BYTES * len(texts))
        sealed = [
            None
            if text is None
            else head
            + (nonce := nonces[start : start + NONCE_BYTES])
            + encrypt(nonce, text.encode(), f"{beginning}{row}".encode())
            for start, text, row in zip(
                range(0, len(nonces), NONCE_BYTES), texts.to_list(), rows.to_list(), strict=True
            )
        ]
        return pl.Series(texts.name, sealed, dtype=pl.Binary)

    def hash_column(self, texts: pl.Series, *, column: str) -> pl.Series:
        """Hash a whole column; what is missing stays missing."""
        begin = _Keyed(self._finding_key, f"{column}\0", self._hashing)
        hashes = [None if text is None else begin.hash(text) for text in texts.to_list()]
        return pl.Series(texts.name, hashes, dtype=pl.Binary)

    def hash_text(self, text: str, *, column: str) -> bytes:
        """Give a keyed hash to find the exact text by."""
        return hmac.new(self._finding_key, f"{column}\0{text}".encode(), self._hashing).digest()


class _Keyed:
    """HMAC of many texts that begin alike: what they share is hashed once.

    Source: RFC 2104; gives what `hmac` gives, in less than half the time for short texts.
    """

    def __init__(self, key: bytes, beginning: str, hashing: str) -> None:
        block = hashlib.new(hashing).block_size
        short = key if len(key) <= block else hashlib.new(hashing, key).digest()
        padded = short.ljust(block, b"\0")
        inner = bytes(one ^ 0x36 for one in padded) + beginning.encode()
        self._inner = hashlib.new(hashing, inner)
        self._outer = hashlib.new(hashing, bytes(one ^ 0x5C for one in padded))

    def hash(self, text: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()


def open_vault() -> Vault:
    """Open the vault with the keys of this installation."""
    return _fill_vault(tuple(settings.SEALING_KEYS.keys().items()), settings.FINDING_KEY)


@lru_cache(maxsize=4)
def _fill_vault(sealing_keys: tuple[tuple[int, str], ...], finding_key: str) -> Vault:
    kind, _, digits = finding_key.rpartition(":")
    return Vault(
        sealing_keys=dict(sealing_keys),
        finding_key=bytes.fromhex(digits),
        hashing="sm3" if kind == "sm3" else "sha256",
    )
