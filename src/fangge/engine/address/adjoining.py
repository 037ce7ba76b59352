"""What an element is by what stands beside it, whatever was learnt: 35号 behind a road."""

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.elements import NUMERALS, Kind

KINDS = [kind.value for kind in Kind]
Flags = NDArray[np.bool_]
Codes = NDArray[np.uint32]

(
    _PROVINCE, _CITY, _DISTRICT, _ZONE, _SUBDISTRICT, _COMMUNITY, _GROUP, _ROAD, _NUMBER, _ESTATE,
    _BUILDING, _INTERSECTION, _REDUNDANT,
) = (
    KINDS.index(kind.value)
    for kind in (
        Kind.PROVINCE,
        Kind.CITY,
        Kind.DISTRICT,
        Kind.DEVELOPMENT_ZONE,
        Kind.SUBDISTRICT,
        Kind.COMMUNITY,
        Kind.GROUP,
        Kind.ROAD,
        Kind.NUMBER,
        Kind.ESTATE,
        Kind.BUILDING,
        Kind.INTERSECTION,
        Kind.REDUNDANT,
    )
)  # fmt: skip
_DIVISIONS = [_PROVINCE, _CITY, _DISTRICT, _ZONE, _SUBDISTRICT]
_SHORTEST = 2
_NOTHING = -1
_HAO, _NONG, _CUN, _XIN, _KOU, _ORDINAL = (ord(character) for character in "号弄村新口第")
_BUILDING_ENDS, _GROUP_ENDS, _TOWN_ENDS = (
    [ord(c) for c in ends] for ends in ("幢栋楼座", "组队", "镇乡")
)
_COUNTS = [ord(c) for c in f"0123456789{NUMERALS}"]
_MUNICIPALITIES = np.array(
    [[ord(c) for c in name] for name in ("北京市", "上海市", "天津市", "重庆市")], dtype=np.uint32
)


def name_by_neighbours(
    kinds: NDArray[np.int64],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    codes: Codes,
    bounds: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Name elements whose neighbours leave no choice.

    Parameters
    ----------
    kinds : int64 array
        Places in KINDS, of elements in order of row and start.
    rows, starts, ends : int64 arrays
        The text of each element, and its characters in that.
    codes, bounds
        All texts in one buffer, and where each begins in it.

    Returns
    -------
    int64 array
        The kinds anew.
    """
    if not len(kinds):
        return kinds
    named = kinds.copy()
    begins, stops = bounds[rows] + starts, bounds[rows] + ends
    first, last, before_last = codes[begins], codes[stops - 1], codes[np.maximum(stops - 2, 0)]
    touches = np.concatenate([[False], stops[:-1] == begins[1:]])
    touches &= np.concatenate([[False], rows[1:] == rows[:-1]])
    is_count = np.isin(first, _COUNTS) & np.isin(before_last, _COUNTS)

    # A district's own list treats a municipality written in full as its city.
    named[(named == _PROVINCE) & _are_municipalities(begins, stops, codes)] = _CITY
    before = _before(named, touches)
    lane = (named == _ROAD) & (before == _ROAD) & (last == _NONG) & is_count
    named[lane] = _NUMBER
    before = _before(named, touches)
    counted = (named == _BUILDING) & (last == _HAO) & is_count
    named[counted & (before == _ROAD)] = _NUMBER
    grouped = np.isin(last, _GROUP_ENDS) & (np.isin(first, _COUNTS) | (first == _ORDINAL))
    named[grouped & (before == _COMMUNITY) & ((named == _ROAD) | (named == _COMMUNITY))] = _GROUP
    quarter = (named == _COMMUNITY) & (last == _CUN) & np.isin(before_last, _COUNTS)
    housed = (named == _BUILDING) & np.isin(last, _BUILDING_ENDS) & touches
    named[quarter & np.concatenate([housed[1:], [False]])] = _ESTATE
    named[(last == _KOU) & (stops - begins == 1) & (before == _ROAD)] = _INTERSECTION
    village = (named == _ESTATE) & (last == _CUN) & (before == _SUBDISTRICT)
    named[village & ~np.isin(before_last, [*_COUNTS, _XIN]) & _after(_TOWN_ENDS, last)] = _COMMUNITY
    sizes = stops - begins
    again = touches & (sizes >= _SHORTEST) & np.isin(named, _DIVISIONS)
    for told in (sizes, first, before_last, last):
        again &= np.concatenate([[False], told[1:] == told[:-1]])
    named[again] = _REDUNDANT
    return named


def _after(endings: list[int], last: Codes) -> Flags:
    """Tell which elements come behind one that ends in one of these characters."""
    return np.concatenate([[False], np.isin(last[:-1], endings)])


def _before(kinds: NDArray[np.int64], touches: Flags) -> NDArray[np.int64]:
    """Give the kind of what touches each element from before."""
    return np.where(touches, np.concatenate([[_NOTHING], kinds[:-1]]), _NOTHING)


def _are_municipalities(begins: NDArray[np.int64], stops: NDArray[np.int64], codes: Codes) -> Flags:
    size = _MUNICIPALITIES.shape[1]
    fits = np.flatnonzero(stops - begins == size)
    said = codes[begins[fits, None] + np.arange(size)]
    are = np.zeros(len(begins), dtype=np.bool_)
    are[fits] = (said[:, None] == _MUNICIPALITIES).all(axis=2).any(axis=1)
    return are
