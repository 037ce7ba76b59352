"""What a run keeps for the next, in files: read by the page, written anew only where it changed.

A folder holds the lower layer, which stays as it is for many runs, and what lies over it. One file,
put in its place last, names both: a run that is killed leaves the state of the one before.
"""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.extracts import Marks
from fangge.engine.linkage.incremental import Kept
from fangge.engine.linkage.layers import Layer
from fangge.engine.linkage.lookup import Chains, Ends, FewChains
from fangge.engine.linkage.parameters import read_parameters
from fangge.engine.linkage.regrouping import Known
from fangge.engine.linkage.tally import Counted, Tally

FORMAT = 1
"""Of the files; another one is not read."""
INDEX, ARRAYS = "state.json", "arrays.bin"
FRAMES = ("prepared", "grouped", "edges", "pairs")
LOWER, UPPER = "lower", "upper"
ALIGNMENT = 64

Arrays = dict[str, np.ndarray]


class StateUnusable(Exception):
    """The files are not a state that this version can go on from; the message says why."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A state: what linking needs of the run before, and what the caller does."""

    kept: Kept
    marks: Marks
    arrays: Mapping[str, Ints]
    """The caller's own."""
    notes: Mapping[str, str]
    """The caller's own."""


def has_state(folder: Path) -> bool:
    return (folder / INDEX).exists()


def read_state(folder: Path) -> Stored:
    """Open a state; what is not looked up is not read from the disk.

    Raises `StateUnusable` where it is of another format, or files are missing or cut short.
    """
    index = _read_index(folder)
    lower, upper = (folder / index[name] for name in (LOWER, UPPER))
    arrays = _read_arrays(upper)
    kept = Kept(
        parameters=read_parameters(index["parameters"]),
        base=_read_layer(lower, _read_arrays(lower), arrays.pop("lower_gone")),
        later=_read_layer(upper, arrays, arrays.pop("upper_gone")),
        tally=Tally(_unpack_tally(arrays, "former"), _unpack_tally(arrays, "since")),
        known=Known(*index["known"]),
    )
    marks = Marks(arrays["marks/ids"], arrays["marks/marks"].view(np.uint64))
    own = {name[4:]: held for name, held in arrays.items() if name.startswith("own/")}
    return Stored(kept, marks, own, index["notes"])


def write_state(folder: Path, state: Stored, *, before: Stored | None = None) -> None:
    """Put a state in the place of the one before, of which the lower layer is taken over."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = _read_index(folder) if before is not None else None
    kept = state.kept
    if held is not None and before is not None and kept.base.ring is before.kept.base.ring:
        lower = str(held[LOWER])
    else:
        lower = _write_part(folder, LOWER, kept.base, _layer_arrays(kept.base))
    arrays = _layer_arrays(kept.later)
    arrays |= {"lower_gone": kept.base.gone, "upper_gone": kept.later.gone}
    arrays |= _pack_tally(kept.tally.former, "former") | _pack_tally(kept.tally.since, "since")
    arrays |= {"marks/ids": state.marks.ids, "marks/marks": state.marks.marks.view(np.int64)}
    arrays |= {f"own/{name}": np.asarray(each) for name, each in state.arrays.items()}
    upper = _write_part(folder, UPPER, kept.later, arrays)
    index = {
        "format": FORMAT,
        LOWER: lower,
        UPPER: upper,
        "sizes": {name: _sizes(folder / name) for name in (lower, upper)},
        "parameters": kept.parameters.as_json(),
        "known": list(kept.known),
        "notes": dict(state.notes),
    }
    fresh = folder / f".{INDEX}.{secrets.token_hex(4)}"
    fresh.write_text(json.dumps(index))
    _sync(fresh)
    fresh.replace(folder / INDEX)
    _sync(folder)
    drop_others(folder, keep={lower, upper})


def drop_others(folder: Path, *, keep: set[str]) -> None:
    """Remove parts that no state names: of states before, and of runs that were killed."""
    for path in folder.iterdir():
        is_part = path.is_dir() and path.name.startswith((f"{LOWER}-", f"{UPPER}-"))
        if is_part and path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(f".{INDEX}."):
            path.unlink()


def _read_index(folder: Path) -> dict[str, Any]:
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text())
        found = index["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateUnusable(f"{folder / INDEX} cannot be read") from error
    if found != FORMAT:
        raise StateUnusable(f"it is of format {found}, and this version writes format {FORMAT}")
    for name, sizes in index["sizes"].items():
        if _sizes(folder / name) != sizes:
            raise StateUnusable(f"files in {folder / name} are missing or cut short")
    return index


def _sizes(part: Path) -> dict[str, int]:
    if not part.is_dir():
        return {}
    return {path.name: path.stat().st_size for path in sorted(part.iterdir())}


def _write_part(folder: Path, kind: str, layer: Layer, arrays: Arrays) -> str:
    part = folder / f"{kind}-{secrets.token_hex(6)}"
    part.mkdir(mode=0o700)
    for name in FRAMES:
        getattr(layer, name).rechunk().write_ipc(part / f"{name}.arrow", compression="uncompressed")
    places, at = {}, 0
    with (part / ARRAYS).open("wb") as file:
        for name, values in arrays.items():
            held = np.ascontiguousarray(values)
            places[name] = (at, held.dtype.str, len(held))
            file.write(held.data)
            at += held.nbytes + -held.nbytes % ALIGNMENT
            file.seek(at)
        file.truncate(at)
    (part / "arrays.json").write_text(json.dumps(places))
    for path in part.iterdir():
        _sync(path)
    return part.name


def _read_arrays(part: Path) -> Arrays:
    places = json.loads((part / "arrays.json").read_text())
    file = part / ARRAYS
    # Copied where it is written to; what is in the file stays.
    held = np.memmap(file, np.uint8, mode="c") if file.stat().st_size else np.zeros(0, np.uint8)
    plain = np.asarray(held)
    return {
        name: plain[at : at + n * np.dtype(kind).itemsize].view(kind)
        for name, (at, kind, n) in places.items()
    }


def _layer_arrays(layer: Layer) -> Arrays:
    arrays: Arrays = {"ring": layer.ring}
    arrays |= {f"ends/{name}": each for name, each in layer.ends._asdict().items()}
    for block, chains in layer.chains.items():
        arrays |= _pack_chains(chains, f"chains/{','.join(block)}")
    for block, few in layer.unnamed.items():
        arrays |= _pack_few(few, f"unnamed/{','.join(block)}")
    return arrays | _pack_few(layer.lone, "lone")


def _read_layer(part: Path, arrays: Arrays, gone: np.ndarray) -> Layer:
    frames = {name: _read_frame(part / f"{name}.arrow") for name in FRAMES}
    blocks = {
        kind: dict.fromkeys(name.split("/")[1] for name in arrays if name.startswith(f"{kind}/"))
        for kind in ("chains", "unnamed")
    }
    return Layer(
        **frames,
        gone=gone,
        ring=arrays["ring"],
        ends=Ends(*(arrays[f"ends/{name}"] for name in Ends._fields)),
        chains={
            tuple(block.split(",")): _unpack_chains(arrays, f"chains/{block}")
            for block in blocks["chains"]
        },
        unnamed={
            tuple(block.split(",")): _unpack_few(arrays, f"unnamed/{block}")
            for block in blocks["unnamed"]
        },
        lone=_unpack_few(arrays, "lone"),
    )


def _read_frame(path: Path) -> pl.DataFrame:
    """Open a table where it lies; its numbers are read when they are looked at."""
    with pa.memory_map(str(path)) as source:
        frame = pl.from_arrow(pa.ipc.open_file(source).read_all())
    if not isinstance(frame, pl.DataFrame):
        raise StateUnusable(f"{path} is no table")
    return frame.rechunk()


def _pack_chains(chains: Chains, name: str) -> Arrays:
    return {f"{name}/first": chains.first, f"{name}/following": chains.following}


def _unpack_chains(arrays: Arrays, name: str) -> Chains:
    return Chains(arrays[f"{name}/first"], arrays[f"{name}/following"])


def _pack_few(few: FewChains, name: str) -> Arrays:
    return _pack_chains(few.chains, name) | {f"{name}/keys": few.keys, f"{name}/rows": few.rows}


def _unpack_few(arrays: Arrays, name: str) -> FewChains:
    return FewChains(_unpack_chains(arrays, name), arrays[f"{name}/keys"], arrays[f"{name}/rows"])


def _pack_tally(counted: Mapping[str, Counted], name: str) -> Arrays:
    return {
        f"{name}/{field}/{part}": values
        for field, held in counted.items()
        for part, values in held._asdict().items()
    }


def _unpack_tally(arrays: Arrays, name: str) -> dict[str, Counted]:
    fields = dict.fromkeys(key.split("/")[1] for key in arrays if key.startswith(f"{name}/"))
    return {
        field: Counted(*(arrays[f"{name}/{field}/{part}"] for part in Counted._fields))
        for field in fields
    }


def _sync(path: Path) -> None:
    """Let what is written reach the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
