"""What the tagger's reading is mended by: people and phones, repeated divisions, and gaps."""

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.adjoining import KINDS, name_by_neighbours
from fangge.engine.address.elements import Kind
from fangge.engine.address.repairs import LOOKED_AT, SURE, Piece, repair_reading

_DIVISION_ENDINGS = np.array([ord(c) for c in "省市区县"], dtype=np.uint32)
_SEPARATORS = np.array([ord(c) for c in " ,;:/|.\\-"], dtype=np.uint32)


def mend_tagged(tagged: pl.DataFrame, folded: pl.Series) -> pl.DataFrame:
    """Mark people and phones, keep one of repeated divisions, and mark what is left over.

    Parameters
    ----------
    tagged : polars.DataFrame
        row, start, end, kind and confidence in order, as `tag_texts` gives them.
    folded : polars.Series of String
        The texts; `row` is a place in them.

    Returns
    -------
    polars.DataFrame
        The same columns. Every character but a separator at a gap belongs to an element, and
        neighbours that are both redundant are one.
    """
    codes = np.frombuffer("".join(folded.to_list()).encode("utf-32-le"), dtype=np.uint32)
    bounds = np.concatenate([[0], np.cumsum(folded.str.len_chars().to_numpy(), dtype=np.int64)])
    tagged = _name_by_neighbours(tagged, codes, bounds)
    odd = folded.str.contains(LOOKED_AT).to_numpy() | _have_spare_divisions(
        *_take_columns(tagged), codes, bounds
    )
    if odd.any():
        tagged = _mend_odd(tagged, folded, odd)
    source, starts, ends = _cover(*_take_columns(tagged), codes, bounds)
    gap = pl.DataFrame(
        {
            "row": [0],
            "start": [0],
            "end": [0],
            "kind": [Kind.REDUNDANT.value],
            "confidence": [SURE],
        },
        schema=tagged.schema,
    )
    # The last row stands for a gap; its row number is told beside its place.
    covered = pl.concat([tagged, gap])[np.where(source >= 0, source, tagged.height)]
    rows = np.where(source >= 0, covered["row"].to_numpy(), -1 - source).astype(np.uint32)
    return covered.with_columns(
        row=rows, start=starts.astype(np.uint16), end=ends.astype(np.uint16)
    )


def _name_by_neighbours(
    tagged: pl.DataFrame, codes: NDArray[np.uint32], bounds: NDArray[np.int64]
) -> pl.DataFrame:
    kinds = tagged["kind"].cast(pl.Enum(KINDS)).to_physical().to_numpy().astype(np.int64)
    rows, starts, ends, _spare = _take_columns(tagged)
    named = name_by_neighbours(kinds, rows, starts, ends, codes, bounds)
    return tagged.with_columns(kind=pl.Series(KINDS, dtype=pl.String).gather(named))


def _take_columns(
    pieces: pl.DataFrame,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Give row, start and end, and whether the piece is redundant."""
    row, start, end = (pieces[name].to_numpy().astype(np.int64) for name in ("row", "start", "end"))
    return row, start, end, (pieces["kind"] == Kind.REDUNDANT.value).to_numpy()


@numba.njit(cache=True, nogil=True)
def _have_spare_divisions(
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    spare: NDArray[np.bool_],
    codes: NDArray[np.uint32],
    bounds: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Find the texts in which something with a division's ending was taken to be redundant."""
    found = np.zeros(len(bounds) - 1, dtype=np.bool_)
    for p in range(len(rows)):
        if spare[p] and ends[p] - starts[p] > 1:
            code = codes[bounds[rows[p]] + ends[p] - 1]
            for ending in _DIVISION_ENDINGS:
                found[rows[p]] |= code == ending
    return found


@numba.njit(cache=True, nogil=True)
def _cover(
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    spare: NDArray[np.bool_],
    codes: NDArray[np.uint32],
    bounds: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Close gaps and join redundant neighbours.

    Returns which piece each new one comes from, or -1 - row for a gap, and where it starts and
    ends in its text.
    """
    n_texts = len(bounds) - 1
    most = 2 * len(rows) + n_texts
    source, start, end = (
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
    )
    n, piece = 0, 0
    for row in range(n_texts):
        at, first, is_spare = 0, n, False
        size = bounds[row + 1] - bounds[row]
        while at < size or (piece < len(rows) and rows[piece] == row):
            has_piece = piece < len(rows) and rows[piece] == row
            until = starts[piece] if has_piece else size
            if at < until and _says_something(codes, bounds[row] + at, bounds[row] + until):
                if n > first and is_spare and end[n - 1] == at:
                    end[n - 1] = until
                else:
                    source[n], start[n], end[n] = -1 - row, at, until
                    n += 1
                is_spare = True
            at = until
            if has_piece:
                if spare[piece] and n > first and is_spare and end[n - 1] == at:
                    end[n - 1] = ends[piece]
                else:
                    source[n], start[n], end[n] = piece, starts[piece], ends[piece]
                    n += 1
                is_spare = spare[piece]
                at = ends[piece]
                piece += 1
    return source[:n], start[:n], end[:n]


@numba.njit(cache=True, nogil=True)
def _says_something(codes: NDArray[np.uint32], start: int, end: int) -> bool:
    for i in range(start, end):
        is_separator = False
        for separator in _SEPARATORS:
            is_separator |= codes[i] == separator
        if not is_separator:
            return True
    return False


def _mend_odd(tagged: pl.DataFrame, folded: pl.Series, odd: NDArray[np.bool_]) -> pl.DataFrame:
    """Mend the readings of the texts that were marked, one by one."""
    rows = np.flatnonzero(odd)
    is_odd = odd[tagged["row"].to_numpy()]
    held: dict[int, list[Piece]] = {}
    for row, *piece in tagged.filter(is_odd).rows():
        held.setdefault(row, []).append(tuple(piece))
    mended = [
        (row, *piece)
        for row, text in zip(rows.tolist(), folded.gather(rows), strict=True)
        for piece in repair_reading(text, held.get(row, []))
    ]
    fresh = pl.DataFrame(mended, schema=tagged.schema, orient="row")
    kept = tagged.filter(~is_odd)
    # Both are in order: a stable sort by row alone costs little.
    return pl.concat([kept, fresh]).sort("row", maintain_order=True)
