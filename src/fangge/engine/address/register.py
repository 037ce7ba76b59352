"""The compiled index of standard addresses: a folder of memory-mapped columns."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from fangge.engine.address.spelling import NameIndex, sound_out
from fangge.engine.address.tree import compile_tables

FORMAT = 5
COLUMNS = ("code", "parent_code", "level", "name", "full_name", "aliases")
EMPTY_ARRAY_BYTES = 128
TABLE_NAMES = ("nodes", "names", "numbers", "tokens", "sites", "below")

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]


class IndexUnreadable(Exception):
    """The folder holds no index, or one of another format; build it anew."""


@dataclass(frozen=True)
class Register:
    """An opened index. Nodes are numbered by their row in `nodes`, the rows sorted by code."""

    folder: Path
    nodes: pl.DataFrame  # code, level, name, full_name, parent (row, -1 at the top), own (token id)
    names: pl.DataFrame  # name, node, level, sound
    numbers: pl.DataFrame  # road (node), token, node
    tokens: pl.DataFrame  # part (building, unit, room), token, id
    sites: pl.DataFrame  # node, prefix (the divisions before its own name)
    below: pl.DataFrame  # number (node), estate (node)
    keys: U64  # sorted
    rows: U32  # the node of each key

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """Nodes by name: roads, estates and what else has a name of its own."""
        held: dict[str, list[int]] = {}
        for name, node in zip(self.names["name"], self.names["node"], strict=True):
            held.setdefault(name, []).append(node)
        return held

    @cached_property
    def by_number(self) -> dict[tuple[int, str], list[int]]:
        """House numbers by road and number."""
        held: dict[tuple[int, str], list[int]] = {}
        for road, token, node in self.numbers.iter_rows():
            held.setdefault((road, token), []).append(node)
        return held

    @cached_property
    def estates_at(self) -> dict[int, list[int]]:
        """Estates by the house number they stand at."""
        held: dict[int, list[int]] = {}
        for number, estate in self.below.iter_rows():
            held.setdefault(number, []).append(estate)
        return held

    @cached_property
    def prefixes(self) -> dict[int, str]:
        """The divisions written before each site's own name."""
        return dict(self.sites.iter_rows())

    @cached_property
    def site_numbers(self) -> dict[int, int]:
        """The place of each site in `sites`, which its keys carry."""
        return {node: i for i, node in enumerate(self.sites["node"])}

    @cached_property
    def similar(self) -> NameIndex:
        """Names by sound and by one mistaken character; built when first needed."""
        return NameIndex(self.names["name"].to_list(), self.names["sound"].to_list())


def build_register(addresses: pl.DataFrame, directory: Path) -> None:
    """Compile standard addresses into a folder that processes share.

    Parameters
    ----------
    addresses : polars.DataFrame
        code, parent_code, level, name, full_name, aliases (list of String, or missing). The order
        of the rows does not change the index.
    directory : Path
        Made whole beside its place and renamed there: readers see all of it or nothing.

    Raises
    ------
    RegisterTooLarge
        If the register has more sites or numberings than a 64-bit key holds.
    """
    _write_version(addresses.select(COLUMNS), directory, version=1)


def update_register(changed: pl.DataFrame, removed: Sequence[str], directory: Path) -> None:
    """Bring changes of a register into its index; the answers are those of an index built anew.

    Parameters
    ----------
    changed : polars.DataFrame
        New and changed addresses with the columns of `build_register`, whole, keyed by code.
    removed : sequence of str
        Codes that the register no longer holds; unknown ones are ignored. A code that is both
        changed and removed is removed.
    directory : Path
        An index; its next version takes its place. Who has the old one open reads on, and a crash
        leaves the old one whole.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    described = describe_register(directory)
    held = pl.read_parquet(directory / "source.parquet")
    fresh = changed.select(COLUMNS).unique("code", keep="last", maintain_order=True)
    kept = held.filter(~pl.col("code").is_in(fresh["code"].implode()))
    rows = pl.concat([kept, fresh.cast(held.schema)])
    gone = pl.Series(list(removed), dtype=pl.String)
    _write_version(
        rows.filter(~pl.col("code").is_in(gone.implode())),
        directory,
        version=described["version"] + 1,
    )


def read_addresses(directory: Path) -> pl.DataFrame:
    """Give the addresses that an index was compiled from, with the columns of `build_register`."""
    describe_register(directory)
    return pl.read_parquet(directory / "source.parquet")


def _write_version(addresses: pl.DataFrame, directory: Path, *, version: int) -> None:
    tables = compile_tables(addresses)
    names = tables.names.with_columns(sound=pl.Series(sound_out(tables.names["name"])))
    fresh = directory.with_name(f".{directory.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for table in TABLE_NAMES:
        frame = names if table == "names" else getattr(tables, table)
        frame.write_ipc(fresh / f"{table}.arrow", compat_level=pl.CompatLevel.oldest())
    np.save(fresh / "keys.npy", tables.keys)
    np.save(fresh / "rows.npy", tables.rows)
    addresses.sort("code").write_parquet(fresh / "source.parquet")
    described = {"format": FORMAT, "version": version, "n_addresses": tables.nodes.height}
    described["n_names"] = names.height
    (fresh / "index.json").write_text(json.dumps(described))
    _put_in_place(fresh, directory)


def _put_in_place(fresh: Path, directory: Path) -> None:
    """Rename the new folder into place; who has the old one open keeps its pages."""
    retired = directory.with_name(f".{directory.name}.{os.getpid()}.old")
    if directory.exists():
        directory.rename(retired)
    fresh.rename(directory)
    shutil.rmtree(retired, ignore_errors=True)


def describe_register(directory: Path) -> dict[str, int]:
    """Read what an index says of itself: its format, and how many addresses and names it holds.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    try:
        described: dict[str, int] = json.loads((directory / "index.json").read_text())
    except (OSError, ValueError) as error:
        raise IndexUnreadable(f"{directory} holds no address index; build it anew") from error
    if described.get("format") != FORMAT:
        raise IndexUnreadable(f"{directory} was built by another version; build it anew")
    return described


def open_register(directory: Path) -> Register:
    """Open an index without reading it into memory.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    describe_register(directory)
    frames = {name: _map_frame(directory / f"{name}.arrow") for name in TABLE_NAMES}
    return Register(
        folder=directory,
        keys=_map_array(directory / "keys.npy"),
        rows=_map_array(directory / "rows.npy"),
        **frames,
    )


def _map_array(path: Path) -> Any:
    # An empty file cannot be mapped.
    return np.load(path, mmap_mode="r" if path.stat().st_size > EMPTY_ARRAY_BYTES else None)


def _map_frame(path: Path) -> pl.DataFrame:
    """Map an Arrow file into memory; its pages are read when they are needed, and shared."""
    frame = pl.from_arrow(pa.ipc.open_file(pa.memory_map(str(path))).read_all())
    if not isinstance(frame, pl.DataFrame):
        raise IndexUnreadable(f"{path} holds no table; build the index anew")
    return frame
