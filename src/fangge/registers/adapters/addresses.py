"""The compiled address index: built by the link run, opened by whoever matches or searches."""

import shutil
from functools import lru_cache
from pathlib import Path

import polars as pl
from django.conf import settings

from fangge.engine.address.matching import Candidate, match_addresses, rank_addresses
from fangge.engine.address.register import (
    IndexUnreadable,
    Register,
    build_register,
    open_register,
)
from fangge.kernel.errors import Missing


class IndexMissing(Missing):
    """No address register was compiled yet."""


def index_folder() -> Path:
    return Path(settings.FANGGE_DATA) / "address-index"


def build_index(addresses: pl.DataFrame, *, run_id: int) -> Path:
    """Compile the addresses into a folder of their own; readers keep the one they have."""
    folder = index_folder() / f"run-{run_id}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    build_register(addresses, folder)
    return folder


def publish_index(folder: Path) -> None:
    """Make this the index that everybody opens from now on, and drop those before it."""
    pointer = index_folder() / "current"
    fresh = pointer.with_suffix(".new")
    fresh.write_text(folder.name)
    fresh.replace(pointer)
    for older in index_folder().glob("run-*"):
        if older != folder:
            shutil.rmtree(older, ignore_errors=True)


def current_index() -> Register:
    """Open the published index; raise `IndexMissing` when there is none."""
    pointer = index_folder() / "current"
    if not pointer.exists():
        raise IndexMissing(
            "No address register was compiled yet: run `fangge ingest … --link` first."
        )
    try:
        return _open(index_folder() / pointer.read_text())
    except IndexUnreadable as error:
        raise IndexMissing(f"{error}: run `fangge ingest … --link` again.") from error


@lru_cache(maxsize=2)
def _open(folder: Path) -> Register:
    return open_register(folder)


def match_texts(texts: pl.Series, *, folder: Path) -> pl.DataFrame:
    """Find the standard address each text means; same height and order."""
    return match_addresses(texts, _open(folder))


def suggest_addresses(text: str, *, n_most: int) -> list[Candidate]:
    """Rank the standard addresses that a text may mean, for search as people type."""
    return rank_addresses(text, current_index(), n_most)
