"""The numbers of an address and the words that count them, read in the buffer of a batch."""

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.characters import (
    DASH,
    DASH_CODE,
    DIGIT,
    LETTER,
    NUMERAL,
    OTHER,
    PLACE,
    STEM,
    Classes,
    Codes,
    class_of,
)
from fangge.engine.address.compiling import within_lean
from fangge.engine.address.postings import hash_characters, mix

U64 = NDArray[np.uint64]

(NO_WORD, HAO, HASH, BUILDING_WORD, UNIT_WORD, FLOOR_WORD, LOU, ROOM_WORD, JUNK_WORD) = range(9)
"""What follows a number: nothing, 号, #, 幢, 单元, 层, 楼, 室, or characters that mean nothing."""
MOST_PARTS = 4
MOST_DIGITS, MOST_NUMERALS = 7, 8
NOTHING = 0xFFFFFFFF
(C_HAO, C_HASH, C_LOU, C_DONG, C_DONG_B, C_ZUO, C_DAN, C_YUAN, C_MEN, C_TI, C_CENG, C_F) = (
    ord(c) for c in "号#楼幢栋座单元门梯层F"
)
(C_SHI, C_FANG, C_HU, C_JIAN, C_LANE, C_GROUP, C_TEAM, C_DA, C_XIAO, C_ZHI, C_DI, C_KOU) = (
    ord(c) for c in "室房户间弄组队大小之第口"
)
(C_TEN, C_HUNDRED, C_TWO, C_CUN, C_MIN) = (ord(c) for c in "十百两村民")
_DIGITS = np.zeros(1 << 16, dtype=np.uint8)
for _value, _characters in enumerate(
    ("零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九")
):
    for _character in _characters:
        _DIGITS[ord(_character)] = _value


WORDS = np.zeros(1 << 16, dtype=np.uint8)
for _word, _characters in (
    (BUILDING_WORD, "幢栋座"),
    (UNIT_WORD, "门梯"),
    (FLOOR_WORD, "层F"),
    (LOU, "楼"),
    (ROOM_WORD, "室房户"),
):
    for _character in _characters:
        WORDS[ord(_character)] = _word


@within_lean
def pack_number(front: int, number: int, back: int) -> np.uint64:
    """Pack a number with the letters before and after it: A3, 88甲."""
    high = (np.uint64(front) << np.uint64(48)) | (np.uint64(back) << np.uint64(32))
    return high | np.uint64(number & NOTHING)


@within_lean
def _read_spelt(codes: Codes, at: int, end: int, classes: Classes) -> tuple[int, int]:
    """Read Chinese numerals: 二十三, 五零一, 一百零五."""
    total, digit, run, i = 0, -1, 0, at
    has_place = False
    while i < end and i - at < MOST_NUMERALS:
        kind = class_of(codes, i, end, classes)
        if kind == NUMERAL:
            digit = np.int64(_DIGITS[codes[i]])
            run = run * 10 + digit
        elif kind == PLACE:
            has_place = True
            size = 10 if codes[i] == C_TEN else (100 if codes[i] == C_HUNDRED else 1000)
            total += (1 if digit < 0 else digit) * size
            digit = -1
        else:
            break
        i += 1
    return i, (total + max(digit, 0) if has_place else run)


@within_lean
def _read_digits(codes: Codes, at: int, end: int, classes: Classes) -> tuple[int, int]:
    number, i = 0, at
    while class_of(codes, i, end, classes) == DIGIT and i - at < MOST_DIGITS:
        number = number * 10 + np.int64(codes[i]) - 48
        i += 1
    return i, number


@within_lean
def is_letter(kind: int) -> bool:
    """Tell whether a class of characters may stand before or after a number: A3, 88甲."""
    return kind in (LETTER, STEM)


@within_lean
def read_atom(codes: Codes, at: int, end: int, classes: Classes) -> tuple[int, np.uint64]:
    """Read one number with the letters that belong to it; it ends where it begins if none is."""
    front, i = 0, at
    if is_letter(class_of(codes, i, end, classes)):
        front = np.int64(codes[i])
        i += 1
    kind = class_of(codes, i, end, classes)
    if kind == DIGIT:
        stop, number = _read_digits(codes, i, end, classes)
    elif kind in (NUMERAL, PLACE):
        stop, number = _read_spelt(codes, i, end, classes)
    elif front and _is_building_word(codes, i, end):
        return i, pack_number(front, NOTHING, 0)
    else:
        return at, np.uint64(0)
    back = 0
    if is_letter(class_of(codes, stop, end, classes)) and codes[stop] != C_F:
        back = np.int64(codes[stop])
        stop += 1
    return stop, pack_number(front, number, back)


@within_lean
def _is_building_word(codes: Codes, at: int, end: int) -> bool:
    if at >= end:
        return False
    code = codes[at]
    if code in (C_DONG, C_DONG_B, C_ZUO, C_HASH):
        return True
    follows = codes[at + 1] if at + 1 < end else np.uint32(0)
    return (code == C_HAO and follows in (C_LOU, C_DONG, C_DONG_B)) or (
        code == C_DAN and follows == C_YUAN
    )


@within_lean
def _joint(codes: Codes, at: int, end: int) -> tuple[int, int]:
    """Read what joins two numbers: a dash, 之, 弄, or the group of a village; 0 for none."""
    if at >= end:
        return at, 0
    code = codes[at]
    if code in (DASH_CODE, C_ZHI):
        return at + 1, DASH_CODE
    if code == C_LANE:
        return at + 1, C_LANE
    i = at
    while i < end and codes[i] in (C_CUN, C_MIN, C_XIAO, C_DA):
        i += 1
    if i < end and codes[i] in (C_GROUP, C_TEAM):
        return i + 1, C_GROUP
    return at, 0


@within_lean
def read_chain(codes: Codes, at: int, end: int, classes: Classes, parts: U64) -> tuple[int, int]:
    """Read numbers joined by dashes into `parts`; give the end and how many there are.

    12弄5 and 3组12 are one part each.
    """
    stop, value = read_atom(codes, at, end, classes)
    if stop == at:
        return at, 0
    n = 1
    parts[0] = value
    while n < MOST_PARTS:
        after, joint = _joint(codes, stop, end)
        if joint == 0:
            break
        last, value = read_atom(codes, after, end, classes)
        if last == after:
            if joint == DASH_CODE:
                break
            # 3组 and 12弄 stand alone.
            parts[n - 1] = mix(parts[n - 1], np.uint64(joint))
            stop = after
            break
        if joint == DASH_CODE:
            parts[n] = value
            n += 1
        else:
            parts[n - 1] = mix(mix(parts[n - 1], np.uint64(joint)), value)
        stop = last
    return stop, n


@within_lean
def join_parts(parts: U64, begin: int, n: int) -> np.uint64:
    """Make one token of several parts, as for 15-1号."""
    token = parts[begin]
    for i in range(begin + 1, begin + n):
        token = mix(token, parts[i])
    return token


@within_lean
def read_word(codes: Codes, at: int, end: int) -> tuple[int, int]:
    """Read the word that counts a number; gives where it ends and what it is."""
    if at >= end:
        return at, NO_WORD
    code = codes[at]
    follows = codes[at + 1] if at + 1 < end else np.uint32(0)
    if code in (C_HAO, C_HASH):
        return _read_hao(code, follows, at)
    if code == C_DAN and follows == C_YUAN:
        return at + 2, UNIT_WORD
    if code == C_FANG and follows == C_JIAN:
        return at + 2, ROOM_WORD
    word = np.int64(WORDS[code]) if code < len(WORDS) else NO_WORD
    if code == C_MEN and follows == C_KOU:
        word = NO_WORD
    return at + (word != NO_WORD), word


@within_lean
def _read_hao(code: int, follows: int, at: int) -> tuple[int, int]:
    if follows in (C_LOU, C_DONG, C_DONG_B):
        return at + 2, BUILDING_WORD
    if code == C_HAO and follows in (C_SHI, C_FANG):
        return at + 2, ROOM_WORD
    return at + 1, (HAO if code == C_HAO else HASH)


@within_lean
def read_flawed_word(codes: Codes, at: int, end: int, classes: Classes) -> tuple[int, int]:
    """Read a counting word that was misspelt: the first of its characters among the next two."""
    stop = min(end, at + 3)
    for i in range(at, stop):
        if class_of(codes, i, end, classes) != OTHER:
            break
        code = codes[i]
        if code in (C_DAN, C_YUAN):
            after = i + 1 if i + 1 < end and codes[i + 1] in (C_DAN, C_YUAN) else i
            return after + 1, UNIT_WORD
        last, word = read_word(codes, i, end)
        if word != NO_WORD:
            return last, word
    return at, NO_WORD


@within_lean
def read_token(codes: Codes, at: int, end: int, classes: Classes, parts: U64) -> np.uint64:
    """Give the token of a register's own name of a number, building, unit, floor or room.

    A name of several numbers, such as 3幢101室, is one token of them all.
    """
    token, n_read, i = np.uint64(0), 0, at
    while i < end:
        begin = i + 1 if codes[i] == C_DI else i
        begin += class_of(codes, begin, end, classes) == DASH
        stop, n = read_chain(codes, begin, end, classes, parts)
        if n == 0:
            return hash_characters(codes, at, end, -1)
        i, word = read_word(codes, stop, end)
        i = read_back(codes, i, end, classes, parts, n) if word == HAO else i
        for k in range(n):
            token = mix(token, parts[k]) if n_read else parts[k]
            n_read += 1
    return token


@within_lean
def read_back(codes: Codes, at: int, end: int, classes: Classes, parts: U64, n: int) -> int:
    """Read what belongs to a house number after its 号: 88号甲 is 88甲号."""
    if class_of(codes, at, end, classes) != STEM:
        return at
    word = read_word(codes, at + 1, end)[1]
    if word != NO_WORD or (parts[n - 1] >> np.uint64(32)) & np.uint64(0xFFFF):
        return at
    parts[n - 1] |= np.uint64(codes[at]) << np.uint64(32)
    return at + 1
