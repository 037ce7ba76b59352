"""The compiled index of standard addresses: a folder of memory-mapped columns."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

FORMAT = 1
# Bits of the 64-bit key: kind, site, number, building, unit, room.
SITE_BITS, NUMBER_BITS, BUILDING_BITS, UNIT_BITS, ROOM_BITS = 20, 13, 10, 5, 14
ROAD, ESTATE = 0, 1
NOT_SAID = 0
KEY_PARTS = ("kind", "site", "number", "building", "unit", "room")


class IndexUnreadable(Exception):
    """The folder holds no index, or one of another format; build it anew."""


@dataclass(frozen=True)
class Register:
    """An opened index. Rows of `addresses` are numbered as `keys` refers to them."""

    folder: Path
    addresses: pl.DataFrame  # code, full_name, level
    keys: NDArray[np.int64]  # sorted
    rows: NDArray[np.int32]  # address row of each key; -1 where the key means several
    names: pl.DataFrame  # name, kind (road or estate), site


def build_register(addresses: pl.DataFrame, directory: Path) -> None:
    """Compile standard addresses into a folder that processes share.

    Parameters
    ----------
    addresses : polars.DataFrame
        code, parent_code, level, name, full_name, aliases (list of String or missing).
    directory : Path
        Made whole beside its place and renamed there: readers see all of it or nothing.
    """
    tree = _read_tree(addresses)
    names = _name_sites(tree, addresses)
    keys, rows = _make_keys(tree)
    fresh = directory.with_name(f".{directory.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    addresses.select("code", "full_name", "level").write_ipc(fresh / "addresses.arrow")
    names.write_ipc(fresh / "names.arrow")
    np.save(fresh / "keys.npy", keys)
    np.save(fresh / "rows.npy", rows)
    (fresh / "index.json").write_text(json.dumps({"format": FORMAT, "n_addresses": tree.height}))
    shutil.rmtree(directory, ignore_errors=True)
    fresh.rename(directory)


def open_register(directory: Path) -> Register:
    """Open an index without reading it into memory.

    Raises
    ------
    IndexUnreadable
        If the folder holds no index of this format.
    """
    try:
        described = json.loads((directory / "index.json").read_text())
    except (OSError, ValueError) as error:
        raise IndexUnreadable(f"{directory} holds no address index; build it anew") from error
    if described["format"] != FORMAT:
        raise IndexUnreadable(f"{directory} was built by another version; build it anew")
    return Register(
        folder=directory,
        addresses=_map_frame(directory / "addresses.arrow"),
        names=_map_frame(directory / "names.arrow"),
        keys=np.load(directory / "keys.npy", mmap_mode="r"),
        rows=np.load(directory / "rows.npy", mmap_mode="r"),
    )


def _map_frame(path: Path) -> pl.DataFrame:
    """Map an Arrow file into memory; its pages are read when they are needed, and shared."""
    frame = pl.from_arrow(pa.ipc.open_file(pa.memory_map(str(path))).read_all())
    if not isinstance(frame, pl.DataFrame):
        raise IndexUnreadable(f"{path} holds no table; build the index anew")
    return frame


def pack_keys(parts: pl.DataFrame) -> NDArray[np.int64]:
    """Pack kind, site, number, building, unit and room into one integer; missing is 0."""
    key = np.zeros(parts.height, dtype=np.int64)
    for name, n_bits in zip(
        KEY_PARTS, (1, SITE_BITS, NUMBER_BITS, BUILDING_BITS, UNIT_BITS, ROOM_BITS), strict=True
    ):
        value = parts[name].cast(pl.Int64).fill_null(NOT_SAID).to_numpy()
        key = (key << n_bits) | (value & ((1 << n_bits) - 1))
    return key


def _read_tree(addresses: pl.DataFrame) -> pl.DataFrame:
    """Give every address the road, number, estate, building, unit and room above it."""
    own = addresses.select(
        "code", "parent_code", "level",
        row=pl.int_range(pl.len(), dtype=pl.Int32),
        value=pl.col("name").str.extract(r"([0-9]+)").cast(pl.Int32, strict=False),
    ).with_columns(
        pl.when(pl.col("level") == level).then(pl.col("value")).alias(level)
        for level in ("number", "building", "unit", "room")
    ).with_columns(
        pl.when(pl.col("level") == level).then(pl.col("row")).alias(level)
        for level in ("road", "estate")
    )  # fmt: skip
    held = ["road", "estate", "number", "building", "unit", "room"]
    done = own.filter(pl.col("parent_code").is_null())
    waiting = own.filter(pl.col("parent_code").is_not_null())
    grown = [done]
    while not done.is_empty() and not waiting.is_empty():
        above = done.select(
            pl.col("code").alias("parent_code"), *(pl.col(h).alias(f"{h}_above") for h in held)
        )
        done = (
            waiting.join(above, on="parent_code", how="inner")
            .with_columns(pl.coalesce(h, f"{h}_above").alias(h) for h in held)
            .select(own.columns)
        )
        waiting = waiting.join(above.select("parent_code"), on="parent_code", how="anti")
        grown.append(done)
    return pl.concat(grown).sort("row")


def _name_sites(tree: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    sites = addresses.with_row_index("site").filter(pl.col("level").is_in(["road", "estate"]))
    own = sites.select("name", "level", "site")
    other = (
        sites.select(pl.col("aliases").alias("name"), "level", "site")
        .explode("name")
        .filter(pl.col("name").is_not_null())
    )
    return (
        pl.concat([own, other])
        .select(
            "name",
            pl.when(pl.col("level") == "road")
            .then(ROAD)
            .otherwise(ESTATE)
            .cast(pl.Int8)
            .alias("kind"),
            pl.col("site").cast(pl.Int32),
        )
        .unique(maintain_order=True)
    )


def _make_keys(tree: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Make the keys by road and by estate; one that several addresses share means none of them."""
    told = tree.filter(pl.col("level").is_in(["number", "estate", "building", "unit", "room"]))
    by_road = told.filter(pl.col("road").is_not_null()).with_columns(kind=pl.lit(ROAD), site="road")
    by_estate = told.filter(pl.col("estate").is_not_null()).with_columns(
        kind=pl.lit(ESTATE), site="estate", number=pl.lit(None, pl.Int32)
    )
    parts = pl.concat([by_road, by_estate], how="diagonal")
    # An estate by its road is the number it stands at.
    parts = parts.filter(~((pl.col("level") == "estate") & (pl.col("kind") == ROAD)))
    # A room whose unit is not said is found where only one unit has it.
    lone = parts.filter((pl.col("level") == "room") & pl.col("unit").is_not_null()).with_columns(
        unit=pl.lit(None, pl.Int32)
    )
    every = pl.concat([parts, lone])
    grouped = (
        pl.DataFrame({"key": pack_keys(every), "row": every["row"]})
        .group_by("key")
        .agg(pl.col("row").min().alias("row"), pl.col("row").n_unique().alias("n"))
        .with_columns(pl.when(pl.col("n") == 1).then("row").otherwise(-1).cast(pl.Int32))
        .sort("key")
    )
    return grouped["key"].to_numpy(), grouped["row"].to_numpy()
