"""Codes that change every 30 seconds, the picture that carries their secret, recovery codes."""

import base64
import hmac
import os
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECONDS, DIGITS, SECRET_BYTES = 30, 6, 20
DRIFT = (0, -1, 1)
"""Steps that a clock may be off, the likeliest first."""
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others."""


def make_secret() -> bytes:
    return os.urandom(SECRET_BYTES)


def spell_secret(secret: bytes) -> str:
    """Give a secret as people type it where no picture can be read."""
    return base64.b32encode(secret).decode()


def read_secret(text: str) -> bytes:
    return base64.b32decode(text)


def find_step(secret: bytes, code: str, *, after: int, now: datetime) -> int | None:
    """Give the step that this is the code of; a code of a step up to `after` was used already.

    Source: RFC 6238, with SHA-1 and six digits, which every app knows.
    """
    maker = TOTP(secret, DIGITS, SHA1(), SECONDS)  # noqa: S303 - HMAC-SHA-1, which stands
    step = int(now.timestamp()) // SECONDS
    for drift in DRIFT:
        made = maker.generate((step + drift) * SECONDS).decode()
        if hmac.compare_digest(made, code) and step + drift > after:
            return step + drift
    return None


def draw_secret(secret: bytes, *, account: str) -> str:
    """Draw the secret as a picture for the app, as a data address."""
    named = quote(f"坊格:{account}")
    asked = urlencode({"secret": spell_secret(secret), "issuer": "坊格", "digits": DIGITS})
    picture = segno.make(f"otpauth://totp/{named}?{asked}", error="m")
    return str(picture.svg_data_uri(scale=5, border=4, dark="#1f2a30", light="#ffffff"))


def make_recovery_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def make_temporary_password() -> str:
    """Make a password that meets any rule about kinds and can be read out on the telephone."""
    parts = ["".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(3)]
    return f"{parts[0].capitalize()}-{parts[1]}-{parts[2]}{secrets.randbelow(10)}A"
