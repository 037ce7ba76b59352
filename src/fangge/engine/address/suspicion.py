"""Which texts a regular expression is worth its cost for, told in one pass."""

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within_lean
from fangge.engine.address.elements import NUMERALS, ROAD_WORDS, STEMS
from fangge.engine.address.layout import Codes, Places
from fangge.engine.address.normalise import FILLER, HOUSE, ROAD_ENDINGS
from fangge.engine.address.repairs import ROOMED

Flags = NDArray[np.bool_]
Shapes = NDArray[np.uint8]

_N_CODES = 1 << 16
_ALWAYS, _SECOND, _NOISE, _COUNTED, _PART, _ROAD, _ROOMED, _JOINT = 1, 2, 4, 8, 16, 32, 64, 128
_FEWEST, _FARTHEST_ZONE = 5, 14
_PEOPLE, _PLACES = "先生 女士 小姐 师傅 老师 阿姨", "民小 对面 对门 对过 附近 隔壁 中市 上塘 下塘"
_PAIRS = (
    *_PEOPLE.split(),
    *_PLACES.split(),
    *(f"号{follower}" for follower in "甲乙丙丁至到"),
    *(side + word for side in "东南西北" for word in "侧面边"),
    *(f"{stem}室" for stem in STEMS),
)
_NOISES = "出租 自住 快递 请 电话 联系 手机 门口 放"
_NOTHING, _ZERO, _TEN = np.uint32(0), np.uint32(ord("0")), np.uint32(10)
_HYPHEN, _COMMA, _HASH, _OPEN, _CLOSE = (np.uint32(ord(c)) for c in "-,#()")
_PARK, _ZONE = np.uint32(ord("园")), np.uint32(ord("区"))
_STREET, _WAY, _TOWN, _VILLAGE = (np.uint32(ord(c)) for c in "街道镇乡")
_HOUSE, _BLOCK = np.uint32(ord("号")), np.uint32(ord("幢"))
_MOST_DIGITS, _MOST_UNIT_DIGITS, _DASHED_GROUPS, _LONGEST_TAIL = 5, 2, 3, 8


def _make_shapes() -> Shapes:
    shapes = np.zeros(_N_CODES, dtype=np.uint8)
    shapes[0x2600:0x27C0] = _ALWAYS
    for characters, shape in (
        (f"{FILLER}{HOUSE}旁<>;='\"{{}}\u200d\ufe0f", _ALWAYS),
        ("".join(pair[1] for pair in _PAIRS), _SECOND),
        ("出自快请电联手门放", _NOISE),
        ("0123456789室幢元楼层 ,;(", _COUNTED),
        (f"0123456789{NUMERALS}{STEMS}之-", _PART),
        ("".join(word[-1] for word in ROAD_WORDS), _ROAD),
        (ROOMED, _ROOMED),
        ("-,#()", _JOINT),
    ):
        shapes[[ord(c) for c in characters]] |= np.uint8(shape)
    return shapes


_SHAPES = _make_shapes()
_FIRSTS = np.array([ord(pair[0]) for pair in _PAIRS], dtype=np.uint32)
_SECONDS = np.array([ord(pair[1]) for pair in _PAIRS], dtype=np.uint32)
# The second character of each word of noise, 0 where it has but one.
_NOISE_FIRSTS, _NOISE_SECONDS = (
    np.array([ord(c) if c else 0 for c in column], dtype=np.uint32)
    for column in zip(*((word[0], word[1:]) for word in _NOISES.split()), strict=True)
)
_ASIDES, _ROADLIKE, _NUMERALS = (
    np.array([ord(c) for c in characters], dtype=np.uint32)
    for characters in ("近边侧", ROAD_ENDINGS, NUMERALS)
)


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


@within_lean
def _is_odd(run: Codes, shapes: Shapes) -> bool:
    shape_before, before, is_roomed = 0, _NOTHING, False
    for i in range(len(run)):
        code = run[i]
        if code >= _N_CODES:
            return True
        shape = shapes[code]
        if (
            shape & _ALWAYS
            or (shape & _NOISE and shape_before & _COUNTED and _begins_noise(run, i))
            or (shape & _SECOND and _is_pair(before, code))
            or (shape & _JOINT and _joins_oddly(run, i))
            or (code == _ZONE and before == _PARK and i < _FARTHEST_ZONE)
        ):
            return True
        is_roomed |= shape & _ROOMED != 0
        before, shape_before = code, shape
    return bool(is_roomed and before == _HOUSE)


@within_lean
def _is_pair(first: np.uint32, second: np.uint32) -> bool:
    for p in range(len(_FIRSTS)):  # noqa: SIM110 - a loop compiles to less than any()
        if first == _FIRSTS[p] and second == _SECONDS[p]:
            return True
    return False


@within_lean
def _begins_noise(run: Codes, at: int) -> bool:
    following = run[at + 1] if at + 1 < len(run) else _NOTHING
    for word in range(len(_NOISE_FIRSTS)):
        second = _NOISE_SECONDS[word]
        if run[at] == _NOISE_FIRSTS[word] and second in (_NOTHING, following):
            return True
    return False


@within_lean
def _joins_oddly(run: Codes, at: int) -> bool:
    """Tell whether there is more to a dash, comma, hash or bracket than that it stands there."""
    code = run[at]
    if code == _OPEN:
        return _opens_aside(run, at)
    if code == _CLOSE:
        return at + 1 < len(run) and _is_counted(run, at + 1)
    if at == 0 or run[at - 1] - _ZERO >= _TEN:
        return False
    if code == _HYPHEN:
        return _is_odd_dash(run, at)
    if code == _COMMA:
        end = _skip_digits(run, at + 1)
        return at + 1 < end < len(run) and run[end] == _HOUSE
    return _ends_in_numbers(run, at + 1)


@within_lean
def _opens_aside(run: Codes, at: int) -> bool:
    """Tell whether a bracket ends the text, or says where something is."""
    is_aside = False
    for i in range(at + 1, len(run)):
        code = run[i]
        if code in (_OPEN, _CLOSE):
            return code == _CLOSE and (is_aside or i == len(run) - 1)
        for aside in _ASIDES:
            is_aside |= code == aside
    return True


@within_lean
def _is_counted(run: Codes, at: int) -> bool:
    """Tell whether a house number may begin here."""
    end = _skip_digits(run, at)
    if end == at:
        for numeral in _NUMERALS:  # noqa: SIM110 - a loop compiles to less than any()
            if run[at] == numeral:
                return True
        return False
    return end < len(run) and run[end] == _HOUSE


@within_lean
def _is_odd_dash(run: Codes, at: int) -> bool:
    """Tell what stands before the number that a dash follows: 幢2-, 路88-1号, or 3-2-5-."""
    begin, n_groups = at, 0
    while begin > 0 and run[begin] == _HYPHEN and run[begin - 1] - _ZERO < _TEN:
        first = begin - 1
        while first > 0 and run[first - 1] - _ZERO < _TEN:
            first -= 1
        n_digits = begin - first
        begin, n_groups = first - 1, n_groups + 1
        if n_groups == _DASHED_GROUPS:
            return True
        if n_groups == 1 and begin >= 0 and _opens_number(run, begin, n_digits, at):
            return True
    return False


@within_lean
def _opens_number(run: Codes, before: int, n_digits: int, dash: int) -> bool:
    if run[before] == _BLOCK:
        return n_digits <= _MOST_UNIT_DIGITS
    end = _skip_digits(run, dash + 1)
    if n_digits > _MOST_DIGITS or end == dash + 1 or end == len(run) or run[end] != _HOUSE:
        return False
    for ending in _ROADLIKE:  # noqa: SIM110 - a loop compiles to less than any()
        if run[before] == ending:
            return True
    return False


@within_lean
def _ends_in_numbers(run: Codes, at: int) -> bool:
    """Tell whether nothing but some digits and dashes is left."""
    if not 0 < len(run) - at <= _LONGEST_TAIL:
        return False
    for i in range(at, len(run)):  # noqa: SIM110 - a loop compiles to less than all()
        if run[i] != _HYPHEN and run[i] - _ZERO >= _TEN:
            return False
    return True


@within_lean
def _skip_digits(run: Codes, at: int) -> int:
    end = at
    while end < len(run) and run[end] - _ZERO < _TEN:
        end += 1
    return end


@compiled
def _may_have_form(codes: Codes, bounds: Places, shapes: Shapes) -> Flags:
    flags = np.zeros(len(bounds) - 1, np.bool_)
    for row in range(len(flags)):
        flags[row] = _has_form(codes[bounds[row] : bounds[row + 1]], shapes)
    return flags


@within_lean
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
