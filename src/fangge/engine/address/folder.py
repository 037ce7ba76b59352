"""The folder of an index: versions beside each other, and a file that says which one holds."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.areas import Areas
from fangge.engine.address.columns import TREE_TYPES, Cells, Columns
from fangge.engine.address.names import Names
from fangge.engine.address.packs import PackUnreadable, read_pack, write_pack
from fangge.engine.address.postings import Postings
from fangge.engine.address.strings import (
    Strings,
    Texts,
    copy_spans,
    span_texts,
    to_series,
    to_texts,
)

T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]

FORMAT = 7
POINTER = "index.json"
KEPT_VERSIONS = 2
BASE, NAMES, CHANGES = "base", "names", "changes"
"""The files of a version: what an update leaves as it is, what it often does, and the rest."""
DIVISIONS = ("kinds", "ids", "known", "short", "covered")


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


def write_held(
    held: Held, directory: Path, described: dict[str, Any], before: Held | None = None
) -> None:
    """Write a version whole, then point to it; who has an older one open reads on.

    What is the same as in the version before is linked.
    """
    folder = version_folder(directory, described["version"])
    older = version_folder(directory, described["version"] - 1)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, pack in ((BASE, _pack_base), (NAMES, _pack_names), (CHANGES, _pack_changes)):
        if before is not None and _is_same(held, before, name):
            _link(older / f"{name}.pack", folder / f"{name}.pack")
        else:
            write_pack(folder / f"{name}.pack", pack(held))
    _point_to(directory, {"format": FORMAT, **described, "levels": held.levels})


def _is_same(held: Held, before: Held, name: str) -> bool:
    if name == BASE:
        return held.base is before.base
    return name == NAMES and held.names is before.names and held.areas is before.areas


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


def _pack_base(held: Held) -> Arrays:
    return {
        "sounds": held.sounds,
        **_prefix("keys", held.base),
        **_prefix("codes", held.base_codes),
        **_prefix("strings", held.strings.base),
        **_prefix("cells", held.columns.cells),
    }


def _pack_names(held: Held) -> Arrays:
    divisions = held.area_index
    return {
        **_pack_table("table", held.names["name"], held.names["node"]),
        **_pack_table("areas", held.areas["prefix"]),
        **_prefix("names", held.name_index),
        **_prefix("divisions", divisions.names),
        **{f"divisions-{name}": getattr(divisions, name) for name in DIVISIONS},
        **_prefix("divisions-held", divisions.held),
    }


def _pack_changes(held: Held) -> Arrays:
    columns = held.columns
    return {
        **{name: getattr(columns, name) for name in TREE_TYPES},
        "late": columns.late,
        **_prefix("cells", columns.late_cells),
        **_prefix("keys", held.changes),
        **_prefix("codes", held.changed_codes),
        **_prefix("strings", held.strings.added),
        **_pack_table("aliases", held.aliases["alias"], held.aliases["node"]),
        **_pack_table("orphans", held.orphans["parent_code"], held.orphans["node"]),
    }


def _prefix(prefix: str, held: Any) -> Arrays:
    """Name the arrays of a named tuple, and of those within it."""
    arrays: Arrays = {}
    for name, value in held._asdict().items():
        path = f"{prefix}-{name}"
        arrays.update(_prefix(path, value) if hasattr(value, "_asdict") else {path: value})
    return arrays


def _pack_table(name: str, texts: pl.Series, nodes: pl.Series | None = None) -> Arrays:
    arrays = _prefix(name, copy_spans(span_texts(to_texts(texts))))
    return arrays if nodes is None else {**arrays, f"{name}-node": nodes.to_numpy()}


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
    except (FileNotFoundError, KeyError, PackUnreadable) as error:
        # Two updates may have passed since the pointer was read.
        if describe_folder(directory)["version"] == described["version"]:
            raise IndexUnreadable(f"{directory} lacks a file; build it anew") from error
        return read_held(directory)


def _read_version(folder: Path, described: dict[str, Any]) -> Held:
    base, names, changes = (read_pack(folder / f"{name}.pack") for name in (BASE, NAMES, CHANGES))
    return Held(
        levels=described["levels"],
        columns=Columns(
            **{name: changes[name] for name in TREE_TYPES},
            cells=_pick(Cells, base, "cells"),
            late=changes["late"],
            late_cells=_pick(Cells, changes, "cells"),
        ),
        strings=Strings(_pick(Texts, base, "strings"), _pick(Texts, changes, "strings")),
        base=_pick(Postings, base, "keys"),
        changes=_pick(Postings, changes, "keys"),
        base_codes=_pick(Postings, base, "codes"),
        changed_codes=_pick(Postings, changes, "codes"),
        aliases=_read_table(changes, "aliases", "alias").select("node", "alias"),
        orphans=_read_table(changes, "orphans", "parent_code").select("node", "parent_code"),
        names=_read_table(names, "table", "name"),
        # The area without a prefix is the first; one that no site has any more is empty.
        areas=to_series(_pick(Texts, names, "areas")).replace("", None).alias("prefix").to_frame(),
        name_index=_read_names(names, "names"),
        area_index=Areas(
            names=_read_names(names, "divisions"),
            held=_pick(Postings, names, "divisions-held"),
            **{name: names[f"divisions-{name}"] for name in DIVISIONS},
        ),
        sounds=base["sounds"],
    )


def _pick(kind: Callable[..., T], arrays: Arrays, prefix: str) -> T:
    """Put a named tuple of arrays together."""
    return kind(*(arrays[f"{prefix}-{name}"] for name in kind._fields))  # type: ignore[attr-defined]  # a named tuple's


def _read_names(arrays: Arrays, prefix: str) -> Names:
    parts = {name: arrays[f"{prefix}-{name}"] for name in Names._fields if name != "keys"}
    return Names(**parts, keys=_pick(Postings, arrays, f"{prefix}-keys"))


def _read_table(arrays: Arrays, name: str, column: str) -> pl.DataFrame:
    nodes = pl.Series(arrays[f"{name}-node"], dtype=pl.UInt32)
    return pl.DataFrame({column: to_series(_pick(Texts, arrays, name)), "node": nodes})
