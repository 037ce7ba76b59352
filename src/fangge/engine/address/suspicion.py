"""Which texts a regular expression is worth its cost for, told in one pass."""

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within
from fangge.engine.address.elements import NUMERALS, ROAD_WORDS, STEMS
from fangge.engine.address.layout import Codes, Places
from fangge.engine.address.normalise import FILLER, HOUSE
from fangge.engine.address.repairs import ROOMED

Flags = NDArray[np.bool_]
Shapes = NDArray[np.uint8]

_N_CODES = 1 << 16
_ALWAYS, _SECOND, _NOISE, _COUNTED, _PART, _ROAD, _ROOMED = 1, 2, 4, 8, 16, 32, 64
_FEWEST, _FARTHEST_ZONE = 5, 14
_PEOPLE, _PLACES = "先生 女士 小姐 师傅 老师 阿姨", "民小 对面 对门 对过 附近 隔壁 中市 上塘 下塘"
_PAIRS = (
    *_PEOPLE.split(),
    *_PLACES.split(),
    *(f"号{follower}" for follower in "甲乙丙丁至到"),
    *(side + word for side in "东南西北" for word in "侧面边"),
    *(f"{stem}室" for stem in STEMS),
)
_ZERO, _TEN = np.uint32(ord("0")), np.uint32(10)
_HYPHEN, _COMMA, _HASH = np.uint32(ord("-")), np.uint32(ord(",")), np.uint32(ord("#"))
_PARK, _ZONE = np.uint32(ord("园")), np.uint32(ord("区"))
_STREET, _WAY, _TOWN, _VILLAGE = (np.uint32(ord(c)) for c in "街道镇乡")
_HOUSE = np.uint32(ord("号"))


def _make_shapes() -> Shapes:
    shapes = np.zeros(_N_CODES, dtype=np.uint8)
    shapes[0x2600:0x27C0] = _ALWAYS
    for characters, shape in (
        (f"{FILLER}{HOUSE}()旁<>;='\"{{}}\u200d\ufe0f", _ALWAYS),
        ("".join(pair[1] for pair in _PAIRS), _SECOND),
        ("出自快请电联手门放", _NOISE),
        ("0123456789室幢元楼层 ,;(", _COUNTED),
        (f"0123456789{NUMERALS}{STEMS}之-", _PART),
        ("".join(word[-1] for word in ROAD_WORDS), _ROAD),
        (ROOMED, _ROOMED),
    ):
        shapes[[ord(c) for c in characters]] |= np.uint8(shape)
    return shapes


_SHAPES = _make_shapes()
_FIRSTS = np.array([ord(pair[0]) for pair in _PAIRS], dtype=np.uint32)
_SECONDS = np.array([ord(pair[1]) for pair in _PAIRS], dtype=np.uint32)


def may_be_odd(codes: Codes, bounds: Places, rows: Places) -> Flags:
    """Tell which texts may hold what `repairs.LOOKED_AT` looks for; the others surely do not."""
    flags: Flags = _may_be_odd(codes, bounds, rows, _SHAPES)
    return flags


def may_be_register_text(codes: Codes, bounds: Places) -> Flags:
    """Tell which texts may have the form of register text; the others surely have not.

    Behind a town stands a road, at the end or before a number: 平江街道临顿路88号.
    """
    flags: Flags = _may_have_form(codes, bounds, _SHAPES)
    return flags


@compiled
def _may_be_odd(codes: Codes, bounds: Places, rows: Places, shapes: Shapes) -> Flags:
    flags = np.zeros(len(rows), np.bool_)
    for i in range(len(rows)):
        begin, end = bounds[rows[i]], bounds[rows[i] + 1]
        flags[i] = end - begin < _FEWEST or _is_odd(codes[begin:end], shapes)
    return flags


@within
def _is_odd(run: Codes, shapes: Shapes) -> bool:
    shape_before, before, is_roomed = 0, np.uint32(0), False
    for i in range(len(run)):
        code = run[i]
        if code >= _N_CODES:
            return True
        shape = shapes[code]
        if (
            shape & _ALWAYS
            or code == _HASH
            or (shape & _NOISE and shape_before & _COUNTED)
            or (shape & _SECOND and _is_pair(before, code))
            or (code in (_HYPHEN, _COMMA) and before - _ZERO < _TEN)
            or (code == _ZONE and before == _PARK and i < _FARTHEST_ZONE)
        ):
            return True
        is_roomed |= shape & _ROOMED != 0
        before, shape_before = code, shape
    return bool(is_roomed and before == _HOUSE)


@within
def _is_pair(first: np.uint32, second: np.uint32) -> bool:
    for p in range(len(_FIRSTS)):  # noqa: SIM110 - a loop compiles to less than any()
        if first == _FIRSTS[p] and second == _SECONDS[p]:
            return True
    return False


@compiled
def _may_have_form(codes: Codes, bounds: Places, shapes: Shapes) -> Flags:
    flags = np.zeros(len(bounds) - 1, np.bool_)
    for row in range(len(flags)):
        flags[row] = _has_form(codes[bounds[row] : bounds[row + 1]], shapes)
    return flags


@within
def _has_form(run: Codes, shapes: Shapes) -> bool:
    has_town = False
    for i in range(2, len(run)):
        code = run[i]
        if code >= _N_CODES:
            return False
        has_town |= code in (_TOWN, _VILLAGE) or (code == _WAY and run[i - 1] == _STREET)
        if has_town and shapes[code] & _ROAD:
            following = run[i + 1] if i + 1 < len(run) else _ZERO
            if following < _N_CODES and shapes[following] & _PART:
                return True
    return False
