"""What an element is by what stands beside it, whatever was learnt: 35号 behind a road."""

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within_lean
from fangge.engine.address.elements import KINDS, NUMERALS, Kind
from fangge.engine.address.found import Found
from fangge.engine.address.layout import Codes, Places

(
    _PROVINCE, _CITY, _DISTRICT, _ZONE, _SUBDISTRICT, _COMMUNITY, _GROUP, _ROAD, _NUMBER, _ESTATE,
    _BUILDING, _INTERSECTION, _REDUNDANT,
) = (
    KINDS.index(kind)
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
_SHORTEST, _NOTHING = 2, -1
_HAO, _NONG, _CUN, _XIN, _KOU, _ORDINAL = (np.uint32(ord(c)) for c in "号弄村新口第")
_BUILDING_ENDS, _GROUP_ENDS, _TOWN_ENDS, _COUNTS = (
    np.array([ord(c) for c in ends], dtype=np.uint32)
    for ends in ("幢栋楼座", "组队", "镇乡", f"0123456789{NUMERALS}")
)
_MUNICIPALITIES = np.array(
    [[ord(c) for c in name] for name in ("北京市", "上海市", "天津市", "重庆市")], dtype=np.uint32
)


@compiled
def name_by_neighbours(tagged: Found, codes: Codes, bounds: Places) -> NDArray[np.uint8]:
    """Name elements whose neighbours leave no choice.

    Parameters
    ----------
    tagged : Found
        Elements in order of row and start.
    codes, bounds
        All texts in one buffer, and where each begins in it.

    Returns
    -------
    uint8 array
        The kinds anew.
    """
    rows, n = tagged.rows, len(tagged.rows)
    kinds, named = tagged.kinds.copy(), tagged.kinds.copy()
    begins, stops = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        text = bounds[rows[i]]
        begins[i], stops[i] = text + tagged.starts[i], text + tagged.ends[i]
        # A district's own list treats a municipality written in full as its city.
        if kinds[i] == _PROVINCE and _is_municipality(codes, begins[i], stops[i]):
            kinds[i] = _CITY
    for i in range(n):
        is_lane = kinds[i] == _ROAD and codes[stops[i] - 1] == _NONG
        before = _kind_before(kinds, rows, begins, stops, i)
        is_lane = is_lane and before == _ROAD and _is_count(codes, begins[i], stops[i])
        named[i] = _NUMBER if is_lane else kinds[i]
    kinds[:] = named
    for i in range(n):
        before = _kind_before(kinds, rows, begins, stops, i)
        kind = _name_counted(np.int64(kinds[i]), before, codes, begins[i], stops[i])
        if kind == _COMMUNITY and _is_quarter(codes, stops[i]):
            is_housed = (
                i + 1 < n and _touches(rows, begins, stops, i + 1) and kinds[i + 1] == _BUILDING
            )
            ending = codes[stops[i + 1] - 1] if is_housed else codes[0]
            kind = _ESTATE if is_housed and _is_among(ending, _BUILDING_ENDS) else kind
        named[i] = _name_behind(kind, before, codes, begins, stops, i)
    return named


@within_lean
def _name_behind(
    kind: int, before: int, codes: Codes, begins: Places, stops: Places, i: int
) -> int:
    """Name a crossing behind a road, a village behind a town, and what is said twice."""
    if before == _NOTHING:
        return kind
    if before == _ROAD and stops[i] - begins[i] == 1 and codes[begins[i]] == _KOU:
        return _INTERSECTION
    if before == _SUBDISTRICT and kind == _ESTATE:
        is_town = _is_among(codes[stops[i - 1] - 1], _TOWN_ENDS)
        return _COMMUNITY if is_town and _is_village(codes, stops[i]) else kind
    return _REDUNDANT if _is_division(kind) and _is_same(codes, begins, stops, i) else kind


@within_lean
def _name_counted(kind: int, before: int, codes: Codes, begin: int, stop: int) -> int:
    """Name what counts behind a road or a village: 35号, 3组."""
    ending = codes[stop - 1]
    if kind == _BUILDING:
        counted = before == _ROAD and ending == _HAO and _is_count(codes, begin, stop)
        return _NUMBER if counted else kind
    if before != _COMMUNITY or kind not in (_ROAD, _COMMUNITY):
        return kind
    is_group = _is_among(ending, _GROUP_ENDS)
    first = codes[begin]
    return _GROUP if is_group and (first == _ORDINAL or _is_among(first, _COUNTS)) else kind


@within_lean
def _touches(rows: Places, begins: Places, stops: Places, i: int) -> bool:
    """Tell whether an element begins where the one before it ends."""
    return i > 0 and rows[i] == rows[i - 1] and begins[i] == stops[i - 1]


@within_lean
def _kind_before(
    kinds: NDArray[np.uint8], rows: Places, begins: Places, stops: Places, i: int
) -> int:
    """Give the kind of what touches an element from before."""
    return np.int64(kinds[i - 1]) if _touches(rows, begins, stops, i) else _NOTHING


@within_lean
def _is_among(code: np.uint32, wanted: Codes) -> bool:
    for one in wanted:  # noqa: SIM110 - a loop compiles to less than any()
        if code == one:
            return True
    return False


@within_lean
def _is_count(codes: Codes, begin: int, stop: int) -> bool:
    before_last = codes[max(stop - 2, 0)]
    return _is_among(codes[begin], _COUNTS) and _is_among(before_last, _COUNTS)


@within_lean
def _is_quarter(codes: Codes, stop: int) -> bool:
    """Tell whether a name ends like 三元一村."""
    return codes[stop - 1] == _CUN and _is_among(codes[max(stop - 2, 0)], _COUNTS)


@within_lean
def _is_village(codes: Codes, stop: int) -> bool:
    """Tell whether a name ends in 村, but is no quarter and no 新村."""
    before_last = codes[max(stop - 2, 0)]
    is_other = before_last == _XIN or _is_among(before_last, _COUNTS)
    return codes[stop - 1] == _CUN and not is_other


@within_lean
def _is_division(kind: int) -> bool:
    return kind in (_PROVINCE, _CITY, _DISTRICT, _ZONE, _SUBDISTRICT)


@within_lean
def _is_same(codes: Codes, begins: Places, stops: Places, i: int) -> bool:
    """Tell whether a name agrees with the one before in size, first and last two characters."""
    begin, stop, first, last = begins[i], stops[i], begins[i - 1], stops[i - 1]
    return (
        stop - begin == last - first
        and stop - begin >= _SHORTEST
        and codes[begin] == codes[first]
        and codes[stop - 2] == codes[last - 2]
        and codes[stop - 1] == codes[last - 1]
    )


@within_lean
def _is_municipality(codes: Codes, begin: int, stop: int) -> bool:
    if stop - begin != _MUNICIPALITIES.shape[1]:
        return False
    for name in range(len(_MUNICIPALITIES)):
        n_same = 0
        for i in range(_MUNICIPALITIES.shape[1]):
            n_same += codes[begin + i] == _MUNICIPALITIES[name, i]
        if n_same == _MUNICIPALITIES.shape[1]:
            return True
    return False
