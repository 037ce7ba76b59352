"""The code that an export bears: short enough to be read out, with a check against mistyping."""

import hashlib

# Without letters and digits that are taken for one another.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 10


def write_code(random: bytes) -> str:
    """Write random bytes as a code, such as `FG-7K2QM-9XW4R-C`."""
    number = int.from_bytes(random, "big")
    letters = ""
    for _ in range(LENGTH):
        number, at = divmod(number, len(LETTERS))
        letters += LETTERS[at]
    return f"FG-{letters[:5]}-{letters[5:]}-{_check(letters)}"


def read_code(text: str) -> str:
    """Read a code as somebody typed it, or give nothing where it is none."""
    plain = "".join(filter(str.isalnum, text.upper())).removeprefix("FG")
    if len(plain) != LENGTH + 1 or _check(plain[:LENGTH]) != plain[LENGTH]:
        return ""
    return f"FG-{plain[:5]}-{plain[5:LENGTH]}-{plain[LENGTH]}"


def _check(letters: str) -> str:
    return LETTERS[hashlib.sha256(letters.encode()).digest()[0] % len(LETTERS)]
