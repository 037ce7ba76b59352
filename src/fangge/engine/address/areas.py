"""The divisions that a register's sites stand in, and those that a text may name."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.compiling import within_lean
from fangge.engine.address.divisions import DEPTH, Division, load_divisions, read_divisions
from fangge.engine.address.elements import DIVISION_KINDS, Kind
from fangge.engine.address.grammar import read_head
from fangge.engine.address.names import Names, make_names
from fangge.engine.address.postings import Postings, find_rows, mix, sort_postings
from fangge.engine.address.spelling import Letters

I32 = NDArray[np.int32]
KINDS = {kind: i for i, kind in enumerate(DIVISION_KINDS)}
PROVINCE, CITY, DISTRICT, ZONE, SUBDISTRICT, COMMUNITY = range(6)
N_KINDS = len(KINDS)
WIDE = frozenset({Kind.PROVINCE, Kind.CITY, Kind.DISTRICT})
ENDINGS = ("居民委员会", "居委会", "村民委员会", "村委会")


class Areas(NamedTuple):
    """Divisions by name, and which of them each area lies in."""

    names: Names  # its nodes are rows of the columns below
    kinds: NDArray[np.uint8]
    ids: I32  # one for all names of a division
    known: NDArray[np.bool_]  # some site of the register stands in it
    short: NDArray[np.bool_]
    held: Postings  # the areas that lie in a division, and the kinds that an area tells
    covered: NDArray[np.bool_]  # by kind: whether the register tells it at all


def read_prefix(prefix: str) -> list[tuple[Kind, str]]:
    """Read the divisions before a site's own name."""
    spans = read_divisions(prefix)
    told = [(span.division.kind, span.division.name) for span in spans]
    start = spans[-1].end if spans else 0
    for begin, end, kind in read_head(f"{prefix[start:]} "):
        if kind in KINDS:
            told.append((kind, prefix[start + begin : start + end]))
    return told


def make_areas(prefixes: pl.Series, letters: Letters) -> Areas:
    """Index the divisions of areas by name.

    Parameters
    ----------
    prefixes : polars.Series of String
        What stands before a site's own name, by the number of the area; missing where no site has
        it any more.
    """
    ids: dict[tuple[Kind, str], int] = {}
    keys: list[int] = []
    for area, prefix in enumerate(prefixes):
        for kind, name in read_prefix(prefix) if prefix else ():
            number = ids.setdefault((kind, name), len(ids))
            keys += [_pair(area, number), _pair(area, -1 - KINDS[kind])]
    n_known = len(ids)
    rows = [(name, kind, ids[kind, name], False) for kind, name in ids]
    for name, division, is_short in _list_divisions(set(ids)):
        number = ids.setdefault((division.kind, division.name), len(ids))
        rows.append((name, division.kind, number, is_short))
    rows = list(dict.fromkeys(rows))
    numbers = np.array([row[2] for row in rows], dtype=np.int32)
    covered = np.zeros(N_KINDS, dtype=np.bool_)
    for kind, _ in list(ids)[:n_known]:
        covered[KINDS[kind]] = True
    hashes = np.array(sorted(set(keys)), dtype=np.uint64)
    return Areas(
        names=make_names(
            pl.Series([row[0] for row in rows], dtype=pl.String),
            np.arange(len(rows), dtype=np.int32),
            letters,
        ),
        kinds=np.array([KINDS[row[1]] for row in rows], dtype=np.uint8),
        ids=numbers,
        known=numbers < n_known,
        short=np.array([row[3] for row in rows], dtype=np.bool_),
        held=sort_postings(hashes, np.zeros(len(hashes), dtype=np.uint32)),
        covered=covered,
    )


def _list_divisions(known: set[tuple[Kind, str]]) -> list[tuple[str, Division, bool]]:
    """List the names of wide divisions, and of what lies in the districts that are known."""
    held = load_divisions()
    districts = {
        division.code
        for kind, name in known
        if kind in (Kind.DISTRICT, Kind.DEVELOPMENT_ZONE)
        for division in held.by_name.get(name, ())
        if division.kind is kind
    }
    listed = []
    for name, divisions in held.by_name.items():
        for division in divisions:
            is_wide = division.kind in WIDE
            if is_wide or division.code[:6] in districts:
                listed.append((name, division, division.is_short))
                listed += [
                    (name.removesuffix(ending), division, False)
                    for ending in ENDINGS
                    if not is_wide and name.endswith(ending)
                ]
    return sorted(listed, key=lambda row: (row[0], DEPTH[row[1].kind], row[1].code))


def _pair(area: int, number: int) -> int:
    return int(mix(area, np.uint64(number & 0xFFFFFFFF)))


@within_lean
def lies_in(areas: Areas, area: int, row: int) -> bool:
    """Tell whether an area lies in a division, or does not say so."""
    told = mix(area, np.uint64((-1 - np.int64(areas.kinds[row])) & 0xFFFFFFFF))
    low, high = find_rows(areas.held, told)
    if low == high:
        return True
    low, high = find_rows(areas.held, mix(area, np.uint64(areas.ids[row])))
    return low < high


@within_lean
def is_outside(areas: Areas, row: int) -> bool:
    """Tell whether a division is a wide one that the register does not cover."""
    kind = areas.kinds[row]
    return kind <= DISTRICT and areas.covered[kind] and not areas.known[row]
