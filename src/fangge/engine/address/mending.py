"""What the tagger's reading is mended by: people and phones, repeated divisions, and gaps."""

from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.adjoining import name_by_neighbours
from fangge.engine.address.compiling import compiled, within_lean
from fangge.engine.address.elements import KINDS, Kind
from fangge.engine.address.found import (
    Found,
    merge_found,
    pick_found,
)
from fangge.engine.address.layout import Codes, Places
from fangge.engine.address.repairs import LOOKED_AT, SURE, repair_reading
from fangge.engine.address.suspicion import may_be_odd
from fangge.engine.address.templates import Buffer

_PROVINCE, _CITY, _DISTRICT, _REDUNDANT = (
    KINDS.index(kind) for kind in (Kind.PROVINCE, Kind.CITY, Kind.DISTRICT, Kind.REDUNDANT)
)
_PROVINCE_ENDING, _CITY_ENDING, _DISTRICT_ENDING, _COUNTY_ENDING, _RULE, _PREFECTURE = (
    np.uint32(ord(c)) for c in "省市区县治地"
)
_MUNICIPALITIES = np.array([ord(c) for c in "京津海庆"], dtype=np.uint32)
_SEPARATORS = np.array([ord(c) for c in " ,;:/|.\\-"], dtype=np.uint32)
_SURE = np.float32(SURE)
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


def mend_tagged(tagged: Found, codes: Codes, bounds: Places, rows: Places) -> Found:
    """Mark people and phones, keep one of repeated divisions, and mark what is left over.

    Parameters
    ----------
    tagged : Found
        What the tagger found in folded texts.
    codes : uint32 array
        Texts: number i is `codes[bounds[i] : bounds[i + 1]]`.
    bounds : int64 array
    rows : int64 array
        The numbers of the texts that were tagged, in order; others are passed over.

    Returns
    -------
    Found
        Every character but a separator at a gap belongs to an element, and neighbours that are
        both redundant are one.
    """
    tagged = tagged._replace(kinds=name_by_neighbours(tagged, codes, bounds))
    looked_at = rows[may_be_odd(codes, bounds, rows)]
    buffer = Buffer(codes, bounds)
    texts = pl.Series([buffer.tell_one(row) for row in looked_at.tolist()], dtype=pl.String)
    odd = np.zeros(len(bounds) - 1, dtype=np.bool_)
    odd[looked_at[texts.str.contains(LOOKED_AT).to_numpy()]] = True
    odd[_find_spare_divisions(tagged, codes, bounds)] = True
    if odd.any():
        tagged = _mend_odd(tagged, codes, bounds, odd)
    covered: Found = _cover(tagged, codes, bounds, rows)
    return covered


@compiled
def _find_spare_divisions(tagged: Found, codes: Codes, bounds: Places) -> Places:
    """List the texts where something was taken to be redundant that may be a missing division."""
    out, n = np.empty(len(tagged.rows), np.int64), 0
    first = 0
    while first < len(tagged.rows):
        row, last = tagged.rows[first], first
        held, is_spare = 0, False
        while last < len(tagged.rows) and tagged.rows[last] == row:
            held |= 1 << tagged.kinds[last]
            last += 1
        for p in range(first, last):
            if tagged.kinds[p] == _REDUNDANT and tagged.ends[p] - tagged.starts[p] > 1:
                end = bounds[row] + tagged.ends[p]
                missing = _missing_for(codes[end - 2], codes[end - 1])
                is_spare |= (held & missing) != missing
        if is_spare:
            out[n], n = row, n + 1
        first = last
    return out[:n]


@within_lean
def _missing_for(before: np.uint32, ending: np.uint32) -> int:
    """Give a bit for each kind that a name with such last two characters may be of."""
    if ending == _PROVINCE_ENDING:
        return 1 << _PROVINCE
    if ending == _CITY_ENDING:
        kinds = 1 << _CITY | 1 << _DISTRICT
        for last in _MUNICIPALITIES:
            kinds |= np.int64(before == last) << _PROVINCE
        return kinds
    if ending == _DISTRICT_ENDING:
        # 自治区, 地区, and 姑苏区.
        kinds = np.int64(before == _RULE) << _PROVINCE | np.int64(before == _PREFECTURE) << _CITY
        return kinds | 1 << _DISTRICT
    return 1 << _DISTRICT if ending == _COUNTY_ENDING else 0


@compiled
def _cover(tagged: Found, codes: Codes, bounds: Places, rows: Places) -> Found:
    """Close gaps and join redundant neighbours."""
    most = 2 * len(tagged.rows) + len(rows)
    out = Found(
        np.empty(most, np.int64),
        np.empty(most, np.uint16),
        np.empty(most, np.uint16),
        np.empty(most, np.uint8),
        np.empty(most, np.float32),
    )
    n, piece = 0, 0
    for row in rows:
        at, first, size = 0, n, bounds[row + 1] - bounds[row]
        while at < size or (piece < len(tagged.rows) and tagged.rows[piece] == row):
            has_piece = piece < len(tagged.rows) and tagged.rows[piece] == row
            until = np.int64(tagged.starts[piece]) if has_piece else size
            if at < until and _says_something(codes, bounds[row] + at, bounds[row] + until):
                n = _add(out, first, n, row, at, until, _REDUNDANT, _SURE)
            at = until
            if has_piece:
                at = np.int64(tagged.ends[piece])
                n = _add(
                    out, first, n, row, until, at, np.int64(tagged.kinds[piece]), tagged.sure[piece]
                )
                piece += 1
    return Found(out.rows[:n], out.starts[:n], out.ends[:n], out.kinds[:n], out.sure[:n])


@within_lean
def _add(
    out: Found,
    first: int,
    n: int,
    row: int,
    start: int,
    end: int,
    kind: int,
    sure: np.float32,
) -> int:
    """Add an element, or let a redundant neighbour have it; returns how many there are by now."""
    if (
        kind == _REDUNDANT
        and n > first
        and out.kinds[n - 1] == _REDUNDANT
        and out.ends[n - 1] == start
    ):
        out.ends[n - 1] = end
        return n
    out.rows[n], out.starts[n], out.ends[n], out.kinds[n], out.sure[n] = row, start, end, kind, sure
    return n + 1


@within_lean
def _says_something(codes: Codes, start: int, end: int) -> bool:
    for i in range(start, end):
        is_separator = False
        for separator in _SEPARATORS:
            is_separator |= codes[i] == separator
        if not is_separator:
            return True
    return False


def _mend_odd(tagged: Found, codes: Codes, bounds: Places, odd: NDArray[np.bool_]) -> Found:
    """Mend the readings of the texts that were marked, one by one."""
    is_odd = odd[tagged.rows]
    held = pick_found(tagged, is_odd)
    pieces = list(
        zip(
            held.starts.tolist(),
            held.ends.tolist(),
            [KINDS[kind] for kind in held.kinds.tolist()],
            held.sure.tolist(),
            strict=True,
        )
    )
    rows = np.flatnonzero(odd)
    begins = np.searchsorted(held.rows, rows).tolist()
    buffer = Buffer(codes, bounds)
    mended = [
        repair_reading(buffer.tell_one(row), pieces[begin:end])
        for row, begin, end in zip(rows.tolist(), begins, [*begins[1:], len(pieces)], strict=True)
    ]
    fresh = list(chain.from_iterable(mended))
    starts, ends, kinds, sure = zip(*fresh, strict=True) if fresh else ((), (), (), ())
    return merge_found(
        pick_found(tagged, ~is_odd),
        Found(
            np.repeat(rows, [len(reading) for reading in mended]),
            np.array(starts, dtype=np.uint16),
            np.array(ends, dtype=np.uint16),
            np.array([_NUMBERS[kind] for kind in kinds], dtype=np.uint8),
            np.array(sure, dtype=np.float32),
        ),
    )
