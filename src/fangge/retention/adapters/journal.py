"""The journal of erasures: a file beside the database, so that no restored dump can forget them."""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from fangge.retention.models import Erasure

NAME = "erasures.jsonl"
Known = tuple[str, str]
"""A kind, and the keyed hash of a reference in hex."""


def journal_path() -> Path:
    return Path(settings.FANGGE_DATA) / NAME


def read_journal(path: Path) -> Iterator[tuple[Known, str]]:
    """Give what a journal knows: kind and hash, and when. A torn last line is left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                held = json.loads(line)
            except ValueError:
                continue
            yield (str(held["kind"]), str(held["hash"])), str(held["at"])


def append_journal(lines: Iterable[tuple[Known, str]]) -> None:
    """Append to the journal, and wait until the disk has it."""
    text = "".join(
        json.dumps({"kind": kind, "hash": hashed, "at": at}) + "\n" for (kind, hashed), at in lines
    )
    if not text:
        return
    path = journal_path()
    if not path.exists():
        path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_missing() -> int:
    """Bring into the journal what the database knows and the file lacks; give how many."""
    known = {one for one, _at in read_journal(journal_path())}
    fresh: list[tuple[Known, str]] = []
    for held in Erasure.objects.order_by("id").iterator():
        one = (held.kind, bytes(held.reference_hash).hex())
        if one not in known:
            fresh.append((one, held.erased_at.isoformat()))
    append_journal(fresh)
    return len(fresh)


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
