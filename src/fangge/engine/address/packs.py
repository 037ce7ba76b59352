"""Arrays in one file, behind a table of contents; mapped into memory as one piece."""

import json
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNED = 64
_HEAD = 8


class PackUnreadable(Exception):
    """The file is no pack, or lacks its end."""


def write_pack(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into a file, and see it to the disk."""
    table, at = {}, 0
    for name, array in arrays.items():
        table[name] = (array.dtype.str, len(array), at)
        at += _round_up(array.nbytes)
    head = json.dumps(table).encode()
    head += b" " * (_round_up(_HEAD + len(head)) - _HEAD - len(head))
    with path.open("wb") as out:
        out.write(len(head).to_bytes(_HEAD, "little") + head)
        for array in arrays.values():
            np.ascontiguousarray(array).tofile(out)
            out.write(bytes(_round_up(array.nbytes) - array.nbytes))
        out.flush()
        os.fsync(out.fileno())


def read_pack(path: Path) -> dict[str, NDArray[Any]]:
    """Map the arrays of a file; nothing is read before it is needed, and nobody writes to them.

    Raises
    ------
    PackUnreadable
        If the file is no pack, or was cut short.
    """
    with path.open("rb") as source:
        try:
            held = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise PackUnreadable(f"{path} is empty") from error
    try:
        begin = _HEAD + int.from_bytes(held[:_HEAD], "little")
        table = json.loads(held[_HEAD:begin])
        return {
            name: np.frombuffer(held, dtype=kind, count=n, offset=begin + at if n else 0)
            for name, (kind, n, at) in table.items()
        }
    except (ValueError, TypeError) as error:
        raise PackUnreadable(f"{path} was cut short") from error


def _round_up(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
