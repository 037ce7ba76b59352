"""The folder of an index: versions beside each other, and a file that says which one holds."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from fangge.engine.address.areas import Areas
from fangge.engine.address.columns import COLUMN_TYPES, Columns, Strings
from fangge.engine.address.names import Names
from fangge.engine.address.postings import Postings

FORMAT = 6
POINTER = "index.json"
KEPT_VERSIONS = 2
TABLES = ("base_strings", "added_strings", "aliases", "orphans", "names", "areas")
BASE_FILES = (
    "base_strings.arrow",
    "sounds.npy",
    *tuple(f"{name}-{part}.npy" for name in ("base", "base_codes") for part in Postings._fields),
)
"""What an update leaves as it is; the next version links it."""


class IndexUnreadable(Exception):
    """The folder holds no index, or one of another format; build it anew."""


@dataclass(frozen=True, slots=True)
class Held:
    """All that an index holds."""

    levels: list[str]
    columns: Columns
    strings: Strings
    base: Postings
    changes: Postings
    base_codes: Postings
    changed_codes: Postings
    aliases: pl.DataFrame  # node, alias
    orphans: pl.DataFrame  # node, parent_code: whose parent is not in the register
    names: pl.DataFrame  # name, node
    areas: pl.DataFrame  # prefix (missing where no site has it), by the number of the area
    name_index: Names
    area_index: Areas
    sounds: NDArray[np.uint16]


def describe_folder(directory: Path) -> dict[str, Any]:
    """Read what an index says of itself.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    try:
        described: dict[str, Any] = json.loads((directory / POINTER).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IndexUnreadable(f"{directory} holds no address index; build it anew") from error
    if described.get("format") != FORMAT:
        raise IndexUnreadable(f"{directory} was built by another version; build it anew")
    return described


def version_folder(directory: Path, version: int) -> Path:
    """Give the folder of a version."""
    return directory / f"v{version:06d}"


@contextmanager
def lock_folder(directory: Path) -> Iterator[None]:
    """Let one writer at a time in."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_held(held: Held, directory: Path, described: dict[str, Any], *, keeps_base: bool) -> None:
    """Write a version whole, then point to it; who has an older one open reads on."""
    folder = version_folder(directory, described["version"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    before = version_folder(directory, described["version"] - 1)
    for name, array in _list_arrays(held):
        if keeps_base and f"{name}.npy" in BASE_FILES:
            _link(before / f"{name}.npy", folder / f"{name}.npy")
        else:
            np.save(folder / f"{name}.npy", array)
    tables = {
        "base_strings": held.strings.base.alias("text").to_frame(),
        "added_strings": held.strings.added.alias("text").to_frame(),
        **{name: getattr(held, name) for name in TABLES[2:]},
    }
    for name, table in tables.items():
        if keeps_base and f"{name}.arrow" in BASE_FILES:
            _link(before / f"{name}.arrow", folder / f"{name}.arrow")
        else:
            table.rechunk().write_ipc(
                folder / f"{name}.arrow", compat_level=pl.CompatLevel.oldest()
            )
    _point_to(directory, {"format": FORMAT, **described, "levels": held.levels})


def _point_to(directory: Path, described: dict[str, Any]) -> None:
    fresh = directory / f".{POINTER}.{os.getpid()}"
    with fresh.open("w", encoding="utf-8") as out:
        json.dump(described, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(directory / POINTER)
    for older in directory.glob("v[0-9]*"):
        version = older.name[1:]
        if version.isdigit() and not 0 <= described["version"] - int(version) < KEPT_VERSIONS:
            shutil.rmtree(older, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _list_arrays(held: Held) -> Iterator[tuple[str, NDArray[Any]]]:
    for name in COLUMN_TYPES:
        yield f"column-{name}", getattr(held.columns, name)
    for name in ("base", "changes", "base_codes", "changed_codes"):
        yield from _list_postings(name, getattr(held, name))
    yield from _list_names("names", held.name_index)
    yield from _list_names("divisions", held.area_index.names)
    for name in ("kinds", "ids", "known", "short", "covered"):
        yield f"divisions-{name}", getattr(held.area_index, name)
    yield from _list_postings("divisions-held", held.area_index.held)
    yield "sounds", held.sounds


def _list_postings(name: str, postings: Postings) -> Iterator[tuple[str, NDArray[Any]]]:
    for part in Postings._fields:
        yield f"{name}-{part}", getattr(postings, part)


def _list_names(name: str, names: Names) -> Iterator[tuple[str, NDArray[Any]]]:
    for part in ("codes", "begins", "nodes", "longest"):
        yield f"{name}-{part}", getattr(names, part)
    yield from _list_postings(f"{name}-keys", names.keys)


def read_held(directory: Path) -> tuple[Held, dict[str, Any]]:
    """Map an index into memory; nothing is read before it is needed.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    described = describe_folder(directory)
    try:
        return _read_version(version_folder(directory, described["version"]), described), described
    except FileNotFoundError as error:
        # Two updates may have passed since the pointer was read.
        if describe_folder(directory)["version"] == described["version"]:
            raise IndexUnreadable(f"{directory} lacks a file; build it anew") from error
        return read_held(directory)


def _read_version(folder: Path, described: dict[str, Any]) -> Held:
    tables = {name: _map_frame(folder / f"{name}.arrow") for name in TABLES}
    divisions = {
        name: _map_array(folder, f"divisions-{name}")
        for name in ("kinds", "ids", "known", "short", "covered")
    }
    return Held(
        levels=described["levels"],
        columns=Columns(**{name: _map_array(folder, f"column-{name}") for name in COLUMN_TYPES}),
        strings=Strings(tables["base_strings"].to_series(), tables["added_strings"].to_series()),
        base=_read_postings(folder, "base"),
        changes=_read_postings(folder, "changes"),
        base_codes=_read_postings(folder, "base_codes"),
        changed_codes=_read_postings(folder, "changed_codes"),
        aliases=tables["aliases"],
        orphans=tables["orphans"],
        names=tables["names"],
        areas=tables["areas"],
        name_index=_read_names(folder, "names"),
        area_index=Areas(
            names=_read_names(folder, "divisions"),
            held=_read_postings(folder, "divisions-held"),
            **divisions,
        ),
        sounds=_map_array(folder, "sounds"),
    )


def _read_postings(folder: Path, name: str) -> Postings:
    return Postings(*(_map_array(folder, f"{name}-{part}") for part in Postings._fields))


def _read_names(folder: Path, name: str) -> Names:
    codes, begins, nodes, longest = (
        _map_array(folder, f"{name}-{part}") for part in ("codes", "begins", "nodes", "longest")
    )
    return Names(codes, begins, nodes, _read_postings(folder, f"{name}-keys"), longest)


def _map_array(folder: Path, name: str) -> NDArray[Any]:
    """Map an array into memory, as one that cannot be written to."""
    path = folder / f"{name}.npy"
    array: NDArray[Any]
    try:
        array = np.asarray(np.load(path, mmap_mode="r"))
    except ValueError:
        # An empty file cannot be mapped.
        array = np.load(path)
        array.flags.writeable = False
    return array


def _map_frame(path: Path) -> pl.DataFrame:
    """Map an Arrow file into memory; its pages are read when they are needed, and shared."""
    frame = pl.from_arrow(pa.ipc.open_file(pa.memory_map(str(path))).read_all())
    if not isinstance(frame, pl.DataFrame):
        raise IndexUnreadable(f"{path} holds no table; build the index anew")
    return frame
