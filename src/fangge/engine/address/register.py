"""The compiled index of standard addresses: a folder of memory-mapped columns, by version."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fangge.engine.address.columns import REMOVED
from fangge.engine.address.folder import (
    POINTER,
    Held,
    IndexUnreadable,
    describe_folder,
    lock_folder,
    read_held,
    version_folder,
    write_held,
)
from fangge.engine.address.knowledge import Knowledge, Shelf
from fangge.engine.address.planning import find_codes
from fangge.engine.address.postings import U32
from fangge.engine.address.spelling import know_letters
from fangge.engine.address.tree import Tree
from fangge.engine.address.wording import render_codes, render_fulls, render_names
from fangge.engine.address.writing import change_index, compile_index, settle_index

__all__ = [
    "IndexUnreadable",
    "Register",
    "build_register",
    "describe_register",
    "open_register",
    "read_addresses",
    "update_register",
]
COLUMNS = ("code", "parent_code", "level", "name", "full_name", "aliases")
MOST_CHANGED_SHARE = 0.2


@dataclass(frozen=True)
class Register:
    """An opened index; its files are mapped into memory and shared between processes."""

    folder: Path
    held: Held

    @cached_property
    def knowledge(self) -> Knowledge:
        """What compiled functions are given."""
        held = self.held
        columns = held.columns
        tree = Tree(columns.parents, columns.classes)
        return Knowledge(
            Shelf(tree, columns.states, held.base, held.changes),
            columns.areas,
            held.name_index,
            held.area_index,
            know_letters(held.sounds),
        )

    @property
    def names(self) -> pl.DataFrame:
        """Name and node of what is found by name."""
        return self.held.names

    def write_levels(self, nodes: U32) -> pl.Series:
        """Give the levels of nodes."""
        names = pl.Series(self.held.levels or [""], dtype=pl.String)
        return names.gather(self.held.columns.find_levels(nodes).astype(np.uint32))

    def write_codes(self, nodes: U32) -> pl.Series:
        """Give the codes of nodes."""
        return render_codes(self.held.columns, self.held.strings, nodes)

    def write_full_names(self, nodes: U32) -> pl.Series:
        """Give the full names of nodes."""
        return render_fulls(self.held.columns, self.held.strings, nodes)

    def list_codes(self) -> pl.Series:
        """Give the codes of all addresses."""
        return self.write_codes(
            np.flatnonzero(self.held.columns.states != REMOVED).astype(np.uint32)
        )

    def find_full_names(self, codes: pl.Series) -> pl.Series:
        """Give the full name of each code; missing where the register does not hold it."""
        nodes = find_codes(self.held, codes)
        states = self.held.columns.states
        holds = (nodes >= 0) & codes.is_not_null().to_numpy()
        holds[holds] = states[nodes[holds]] != REMOVED
        places = pl.Series(np.where(holds, np.cumsum(holds) - 1, 0)).set(pl.Series(~holds), None)
        return self.write_full_names(nodes[holds].astype(np.uint32)).gather(places.cast(pl.UInt32))


def build_register(addresses: pl.DataFrame, directory: Path) -> None:
    """Compile standard addresses into a folder that processes share.

    Parameters
    ----------
    addresses : polars.DataFrame
        code, parent_code, level, name, full_name, aliases (list of String, or missing). The order
        of the rows does not change the index; of rows with one code, the last counts.
    directory : Path
        Readers see all of the new version or nothing of it.

    Raises
    ------
    RegisterTooLarge
        If the register has more than 250 levels.
    """
    held = compile_index(addresses.select(COLUMNS))
    with lock_folder(directory):
        version = 1
        if (directory / POINTER).exists():
            try:
                version = int(describe_folder(directory)["version"]) + 1
            except IndexUnreadable:
                (directory / POINTER).unlink()
        write_held(held, directory, _describe(held, version))


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

    Notes
    -----
    Work is done for the addresses that changed and those below them; besides, ten bytes an address
    are copied.
    When a fifth of all addresses has changed, the changes are merged into the base.
    """
    describe_folder(directory)
    with lock_folder(directory):
        before, described = read_held(directory)
        held = change_index(before, changed.select(COLUMNS), removed)
        is_settled = len(held.changes.keys) > MOST_CHANGED_SHARE * len(held.base.keys)
        held = settle_index(held) if is_settled else held
        version = int(described["version"]) + 1
        write_held(held, directory, _describe(held, version), before)


def _describe(held: Held, version: int) -> dict[str, Any]:
    return {
        "version": version,
        "n_addresses": int((held.columns.states < REMOVED).sum()),
        "n_names": held.names.height,
        "n_base_keys": len(held.base.keys),
        "n_changed_keys": len(held.changes.keys),
        "n_segments": 1 + bool(len(held.changes.keys)),
    }


def read_addresses(directory: Path) -> pl.DataFrame:
    """Give the addresses that an index holds, with the columns of `build_register`."""
    held, _ = read_held(directory)
    columns = held.columns
    nodes = np.flatnonzero(columns.states != REMOVED).astype(np.uint32)
    parents = columns.parents[nodes]
    has_parent = parents >= 0
    codes = render_codes(columns, held.strings, np.where(has_parent, parents, 0).astype(np.uint32))
    register = Register(directory, held)
    frame = pl.DataFrame(
        {
            "node": nodes,
            "code": register.write_codes(nodes),
            "parent": codes.zip_with(pl.Series(has_parent), codes.clear(codes.len())),
            "level": register.write_levels(nodes),
            "name": render_names(columns, held.strings, nodes),
            "full_name": register.write_full_names(nodes),
        }
    )
    aliases = held.aliases.group_by("node", maintain_order=True).agg(aliases="alias")
    return (
        frame.join(held.orphans, on="node", how="left", maintain_order="left")
        .join(aliases, on="node", how="left", maintain_order="left")
        .with_columns(parent_code=pl.coalesce("parent", "parent_code"))
        .select(COLUMNS)
    )


def describe_register(directory: Path) -> dict[str, Any]:
    """Read what an index says of itself: its version, how much it holds, and its segments.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    described = describe_folder(directory)
    folder = version_folder(directory, int(described["version"]))
    n_bytes = sum(path.stat().st_size for path in folder.iterdir())
    return {**described, "n_bytes": n_bytes}


def open_register(directory: Path) -> Register:
    """Open an index without reading it into memory.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    held, _ = read_held(directory)
    return Register(directory, held)
