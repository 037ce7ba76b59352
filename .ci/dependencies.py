"""Check what is locked and installed: pins and hashes, versions, licences; ask for yanked ones.

`make check` runs it without the network. `make yanked` asks the configured index, whichever it is,
and says so where it cannot be reached.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN, BUILD = ("base",), ("dev",)
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==(\S+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
PERMISSIVE = re.compile(
    r"^(MIT|BSD|Apache|PSF|ISC|0BSD|Zlib|CC0|Unlicense|Python Software Foundation"
    r"|3-Clause BSD|The Unlicense|HPND)"
)
# Not permissive, and taken all the same: each with the reason.
TAKEN = {
    "psycopg": "LGPL: imported as it is, never changed or copied",
    "psycopg-binary": "LGPL: imported as it is, never changed or copied",
    "psycopg-pool": "LGPL: imported as it is, never changed or copied",
    "python-stdnum": "LGPL: imported as it is, never changed or copied",
    "certifi": "MPL: a list of certificates, never changed",
    "fido2": "MPL for one file, the list of public suffixes",
    "axe-playwright-python": "says none in its metadata; MIT in its repository; tests only",
    "codespell": "GPL: a tool of make check, no part of what runs",
    "hypothesis": "MPL: tests only",
    "pathspec": "MPL: a tool of make check",
}


def read_lock(name: str) -> Iterator[tuple[str, str, bool]]:
    """Give each requirement of a lock file: name, version, whether it bears a hash."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for entry in text.replace("\\\n", " ").splitlines():
        line = entry.split("#", maxsplit=1)[0].strip()
        if not line:
            continue
        pin = PIN.match(line)
        if pin is None:
            yield line, "", False
        else:
            yield pin[1].lower().replace("_", "-"), pin[2], bool(HASH.search(line))


def find_lock_faults() -> Iterator[str]:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for name, version, has_hash in read_lock(path.stem):
            if not version:
                yield f"{path.name}: {name!r} is no pin; a lock names no index and no range"
            elif not has_hash:
                yield f"{path.name}: {name} bears no SHA-256"


def find_installed_faults() -> Iterator[str]:
    for lock in (*RUN, *BUILD):
        for name, version, _ in read_lock(lock):
            try:
                held = metadata.version(name)
            except metadata.PackageNotFoundError:
                yield f"{name} is locked and not installed: make {'.venv/dev.stamp'}"
                continue
            if held != version:
                yield f"{name} {held} is installed, {version} is locked"


def licences_of(name: str) -> list[str]:
    """Give the licences that a distribution says it has, the plainest words first."""
    told = metadata.metadata(name)
    expression = told.get("License-Expression")
    if expression:
        return [part.strip("() ") for part in re.split(r"\bAND\b", expression)]
    kinds = [
        one.split(" :: ")[-1] for one in told.get_all("Classifier") or [] if "License ::" in one
    ]
    named = [kind for kind in kinds if kind != "OSI Approved"]
    return named or [(told.get("License") or "").split("\n")[0]]


def find_licence_faults() -> Iterator[str]:
    for name in sorted({name for lock in (*RUN, *BUILD) for name, _, _ in read_lock(lock)}):
        strange = [one for one in licences_of(name) if not PERMISSIVE.match(one)]
        if strange and name not in TAKEN:
            yield f"{name} is under {', '.join(strange) or 'no licence that it names'}"


def find_yanked() -> int:
    """Ask the configured index whether a locked version was withdrawn; offline is no fault."""
    n_yanked = 0
    uv = [sys.executable, "-m", "uv", "pip", "compile", "--no-deps", "--no-header"]
    for lock in (*RUN, *BUILD):
        asked = [*uv, str(ROOT / "requirements" / f"{lock}.txt")]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
        yanked = [line for line in done.stderr.splitlines() if "yanked" in line]
        for line in yanked:
            sys.stderr.write(f"{lock}: {line}\n")
        n_yanked += len(yanked)
        if done.returncode:
            sys.stderr.write(f"{lock}: the index did not answer; nothing was checked.\n")
    return n_yanked


def main() -> int:
    if "--yanked" in sys.argv:
        return min(1, find_yanked())
    faults = [*find_lock_faults(), *find_installed_faults(), *find_licence_faults()]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return min(1, len(faults))


if __name__ == "__main__":
    sys.exit(main())
