"""The elements of many texts as columns of numbers."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import KINDS

SCHEMA = {
    "row": pl.UInt32,
    "start": pl.UInt16,
    "end": pl.UInt16,
    "kind": pl.String,
    "confidence": pl.Float32,
}


class Found(NamedTuple):
    """One entry an element, in order of text and start."""

    rows: NDArray[np.int64]
    starts: NDArray[np.uint16]
    ends: NDArray[np.uint16]
    kinds: NDArray[np.uint8]  # places in KINDS
    sure: NDArray[np.float32]


def tell_found(pieces: Found) -> pl.DataFrame:
    """Give elements as a frame: row, start, end, kind and confidence."""
    return pl.DataFrame(
        {
            "row": pieces.rows.astype(np.uint32),
            "start": pieces.starts,
            "end": pieces.ends,
            "kind": pl.Series(KINDS, dtype=pl.String).gather(pieces.kinds),
            "confidence": pieces.sure,
        },
        schema=SCHEMA,
    )


def take_found(frame: pl.DataFrame) -> Found:
    """Take elements from such a frame."""
    numbers = {kind: number for number, kind in enumerate(KINDS)}
    return Found(
        frame["row"].to_numpy().astype(np.int64),
        frame["start"].to_numpy(),
        frame["end"].to_numpy(),
        frame["kind"].replace_strict(numbers, return_dtype=pl.UInt8).to_numpy(),
        frame["confidence"].to_numpy(),
    )


def pick_found(pieces: Found, wanted: NDArray[np.bool_]) -> Found:
    """Give the elements that are wanted."""
    rows, starts, ends, kinds, sure = pieces
    return Found(rows[wanted], starts[wanted], ends[wanted], kinds[wanted], sure[wanted])


def merge_found(one: Found, other: Found) -> Found:
    """Merge the elements of different texts."""
    order = np.argsort(np.concatenate([one.rows, other.rows]), kind="stable")
    return Found(
        rows=np.concatenate([one.rows, other.rows])[order],
        starts=np.concatenate([one.starts, other.starts])[order],
        ends=np.concatenate([one.ends, other.ends])[order],
        kinds=np.concatenate([one.kinds, other.kinds])[order],
        sure=np.concatenate([one.sure, other.sure])[order],
    )
