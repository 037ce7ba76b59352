"""Where keys come from: the environment, a command, or files in the data folder."""

import os
import secrets
import shlex
import subprocess
from pathlib import Path

FIRST = 1
MOST = 255  # a number is one byte of what is sealed with its key
SECONDS = 20
CIPHERS = {"aes": 32, "sm4": 16}
"""Bytes of a key for each cipher that seals: AES-256 and SM4, both in Galois/counter mode."""


class KeyUnavailable(Exception):
    """A key cannot be had; the message says from where it was to come."""


class KeyStore:
    """Gives keys by name, in hex, after the cipher they are for where a name has several.

    FANGGE_NAME in the environment comes first, then what FANGGE_KEY_COMMAND prints when it is
    given the name (it ends with an error for a key it does not have), then the file of that name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command = os.environ.get("FANGGE_KEY_COMMAND", "")
        self._told: dict[str, str | None] = {}

    def find(self, name: str) -> str | None:
        """Give a key, or None where there is none of this name."""
        given = os.environ.get(f"FANGGE_{name.upper().replace('.', '_')}")
        if given:
            return given
        if self._command:
            if name not in self._told:
                self._told[name] = self._ask(name)
            return self._told[name]
        path = self._folder / name
        return path.read_text().strip() if path.exists() else None

    def _ask(self, name: str) -> str | None:
        try:
            asked = subprocess.run(  # noqa: S603 - the keeper of this installation set it
                [*shlex.split(self._command), name],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise KeyUnavailable(f"FANGGE_KEY_COMMAND gave no key {name}: {error}") from error
        return asked.stdout.strip() or None if asked.returncode == 0 else None

    def take(self, name: str, *, n_bytes: int = 32, kind: str = "") -> str:
        """Give a key; where keys are files, it is made once.

        Raises
        ------
        KeyUnavailable
            If FANGGE_KEY_COMMAND has no such key.
        """
        held = self.find(name)
        if held is not None:
            return held
        if self._command:
            raise KeyUnavailable(f"FANGGE_KEY_COMMAND has no key {name}.")
        return self.make(name, n_bytes=n_bytes, kind=kind)

    def make(self, name: str, *, n_bytes: int = 32, kind: str = "") -> str:
        """Make a key as a file; of two processes that make it at once, one wins."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / name
        fresh = self._folder / f".{name}.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(f"{kind}:" * bool(kind) + secrets.token_hex(n_bytes))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text().strip()

    @property
    def are_files(self) -> bool:
        return not self._command

    def stamp(self) -> int:
        """Give a number that differs when a key file was added."""
        return self._folder.stat().st_mtime_ns if self._folder.exists() else 0


class KeyRing:
    """The keys of one name by number: `sealing_key` is 1, `sealing_key.2` is 2.

    The highest number seals; all of them open. A key that is added while the system runs is found.
    """

    def __init__(self, store: KeyStore, name: str, *, cipher: str = "aes") -> None:
        if cipher not in CIPHERS:
            raise KeyUnavailable(f"There is no cipher {cipher}: choose of {', '.join(CIPHERS)}.")
        self._store, self._name, self._cipher = store, name, cipher
        self._stamp = -1
        self._keys: dict[int, str] = {}

    def keys(self) -> dict[int, str]:
        """Give every key by its number, as its file says it."""
        stamp = self._store.stamp()
        if stamp != self._stamp or not self._keys:
            first = self._store.take(self._name, n_bytes=CIPHERS[self._cipher], kind=self._cipher)
            keys = {FIRST: first}
            while (held := self._store.find(self._tell(len(keys) + 1))) is not None:
                keys[len(keys) + 1] = held
            self._keys, self._stamp = keys, stamp
        return self._keys

    def add(self, *, cipher: str | None = None) -> int:
        """Make the next key, for the usual cipher or this one, and give its number.

        Raises
        ------
        KeyUnavailable
            If keys do not come from files, or all numbers are used.
        """
        number = len(self.keys()) + 1
        if number > MOST:
            raise KeyUnavailable(f"All {MOST} numbers of {self._name} are used.")
        if not self._store.are_files:
            raise KeyUnavailable(
                f"Keys come from FANGGE_KEY_COMMAND: let it give {self._tell(number)} first."
            )
        kind = cipher or self._cipher
        self._store.make(self._tell(number), n_bytes=CIPHERS[kind], kind=kind)
        self._stamp = -1
        return number

    def _tell(self, number: int) -> str:
        return self._name if number == FIRST else f"{self._name}.{number}"
