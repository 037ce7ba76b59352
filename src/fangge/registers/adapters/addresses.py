"""The compiled address index: built by the link run, opened by whoever matches or searches."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl
from django.conf import settings

from fangge.engine.address.filling import fill_divisions
from fangge.engine.address.matching import Candidate, match_addresses, rank_addresses, rank_texts
from fangge.engine.address.normalise import as_texts
from fangge.engine.address.reading import Reader
from fangge.engine.address.register import (
    IndexUnreadable,
    Register,
    build_register,
    open_register,
    read_addresses,
    update_register,
)
from fangge.engine.address.tagger import load_model
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


SPELT = pl.col("aliases").list.sort().list.join(";").fill_null("").alias("spelt")


def revise_index(addresses: pl.DataFrame, *, run_id: int) -> Path:
    """Bring what differs from the published index into one of its own, or build it where none is.

    The published one stays as it is: a run that fails leaves it to its readers.
    """
    try:
        published = current_folder()
        held = read_addresses(published)
    except (IndexMissing, IndexUnreadable, OSError):
        return build_index(addresses, run_id=run_id)
    names = [name for name in held.columns if name != "aliases"]
    spelt = [frame.with_columns(SPELT) for frame in (addresses.select(held.columns), held)]
    other = spelt[0].join(spelt[1], on=[*names, "spelt"], how="anti", nulls_equal=True)
    removed = held.join(addresses, on="code", how="anti")["code"].to_list()
    if not removed and other.is_empty():
        return published
    folder = index_folder() / f"run-{run_id}"
    if folder == published:
        # A database put back gives out a run's number again.
        folder = folder.with_name(f"{folder.name}-again")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(published, folder)
    update_register(other.drop("spelt"), removed, folder)
    return folder


def published_name() -> str | None:
    """Name the published index, where there is one that stands."""
    try:
        folder = current_folder()
    except IndexMissing:
        return None
    return folder.name if (folder / "index.json").exists() else None


def publish_index(folder: Path) -> None:
    """Make this the index that everybody opens from now on, and drop the older ones."""
    pointer = index_folder() / "current"
    before = pointer.read_text() if pointer.exists() else ""
    fresh = pointer.with_suffix(".new")
    fresh.write_text(folder.name)
    fresh.replace(pointer)
    # The one before stays for those who have just been told of it.
    for older in index_folder().glob("run-*"):
        if older.name not in {folder.name, before}:
            shutil.rmtree(older, ignore_errors=True)


def update_index(changed: pl.DataFrame, gone: Sequence[str]) -> None:
    """Bring changed addresses into the published index; who has it open reads on."""
    try:
        update_register(changed, gone, current_folder())
    except IndexUnreadable as error:
        raise IndexMissing(str(error)) from error


def codes_with(mark: str) -> list[str]:
    """Give the codes of the published index that hold this mark."""
    codes = _open(current_folder()).list_codes()
    return codes.filter(codes.str.contains(mark, literal=True)).to_list()


def current_folder() -> Path:
    """Give the folder of the published index; raise `IndexMissing` when there is none."""
    pointer = index_folder() / "current"
    if not pointer.exists():
        raise IndexMissing(
            "No address register was compiled yet: run `fangge ingest … --link` first."
        )
    return index_folder() / pointer.read_text()


def current_index() -> Register:
    """Open the published index; raise `IndexMissing` when there is none."""
    try:
        return _open(current_folder())
    except IndexUnreadable as error:
        raise IndexMissing(f"{error}: run `fangge ingest … --link` again.") from error


def _open(folder: Path) -> Register:
    """Open an index, anew when a newer version took its place."""
    try:
        version = (folder / "index.json").stat().st_mtime_ns
    except OSError as error:
        raise IndexMissing(f"{folder} holds no address index: link again.") from error
    return _open_version(folder, version)


@lru_cache(maxsize=2)
def _open_version(folder: Path, _version: int) -> Register:
    return open_register(folder)


def match_texts(texts: pl.Series, *, folder: Path) -> pl.DataFrame:
    """Find the standard address each text means; same height and order."""
    return match_addresses(texts, _open(folder))


def full_names(codes: pl.Series, *, folder: Path) -> pl.Series:
    """Give the full name of each code as the index has it; missing where it has none."""
    return _open(folder).find_full_names(codes)


def suggest_addresses(text: str, *, n_most: int) -> list[Candidate]:
    """Rank the standard addresses that a text may mean, for search as people type."""
    return rank_addresses(text, current_index(), n_most)


def suggest_for_texts(texts: Sequence[str], *, n_most: int) -> list[list[Candidate]]:
    """Rank the standard addresses that each text may mean, all texts in one pass."""
    return rank_texts(texts, current_index(), n_most)


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of an address text: where it stands, what it is, and its normal form."""

    start: int
    end: int
    kind: str
    text: str
    normal: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Filled:
    """A division that the text leaves out, though what it says leaves no choice."""

    kind: str
    normal: str
    code: str


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text with its elements, which reader read it and why, and the divisions it leaves out."""

    text: str
    elements: list[Element]
    reader: str
    why: str
    filled: list[Filled]


@lru_cache(maxsize=1)
def _reader() -> Reader:
    return Reader(load_model())


def read_texts(texts: Sequence[str]) -> list[ReadText]:
    """Read each text into its elements, from province to room."""
    read = _reader().read(as_texts(list(texts)))
    rows: list[list[Element]] = [[] for _ in texts]
    for row, start, end, kind, normal, confidence in read.elements.iter_rows():
        # A group of a village counts as its community, as the command writes it.
        told = "community" if kind == "group" else kind
        said = texts[row][start:end]
        rows[row].append(Element(start, end, told, said, normal, round(confidence, 4)))
    filled: list[list[Filled]] = [[] for _ in texts]
    for row, kind, normal, code in fill_divisions(read.elements).iter_rows():
        filled[row].append(Filled(kind, normal, code))
    return [
        ReadText(text, elements, reader, why, left_out)
        for text, elements, reader, why, left_out in zip(
            texts, rows, read.readers, read.reasons, filled, strict=True
        )
    ]
