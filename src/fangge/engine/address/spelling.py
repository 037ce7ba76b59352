"""Names that sound or look alike, or differ in one character; numbers never do."""

from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.characters import DIGIT, PLANE, Classes, Codes, character_classes
from fangge.engine.address.compiling import compiled_lean, within_lean
from fangge.engine.address.elements import NUMERALS, STEMS
from fangge.engine.address.postings import U32, U64, hash_characters, mix

SHORTEST, LONGEST, PAIR = 3, 20, 2
# Where one is written for another, the names differ: 三元一村 is not 三元二村, 东区 is not 西区.
FIXED = frozenset(NUMERALS + STEMS + "东南西北中上下前后左右大小新老内外0123456789")
FIRST_HAN, LAST_HAN = 0x4E00, 0x9FFF
# Sounds that speakers and input methods of the region take for one another.
_FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
_LOOK_ALIKE = (
    "凤风", "锦绵棉", "己已巳", "未末", "土士", "日曰目", "干于", "天夭",
    "人入", "大太犬", "王玉主", "田由申", "木本术", "白自百", "今令",
    "午牛", "贝见", "刀力", "大丈", "幻幼", "末未", "鸟乌", "名各", "住往",
    "折拆析", "侯候", "晴睛", "清情晴", "桃挑", "杨扬汤", "抱泡", "仓仑",
    "沦沧", "枫飒", "栋拣", "桐铜", "梅侮", "陆际", "陵凌菱", "阳阴",
    "园圆", "苑宛菀", "莲连链", "葑封", "胥青", "盘盆", "阊昌间", "娄姜",
    "齐奇", "晖辉", "暄喧", "郡群", "庭廷", "挺庭", "城诚", "域城", "泽译",
    "湖瑚糊", "河何", "溪奚", "桥侨轿", "巷港", "香番", "里理", "坊妨",
    "堂棠", "庄压", "观现", "顿顺", "临监", "平乎", "江汪",
)  # fmt: skip
_ALIKE = {frozenset((a, b)) for group in _LOOK_ALIKE for a in group for b in group if a != b}
EXACT, SHORTENED, SOUNDED = 1, 2, 3
"""What a hash of a name is made of: all of it, all but a character, its sounds."""


class Likeness(IntEnum):
    """How a written name resembles a registered one, the surest first."""

    SAME = 0
    SOUND = 1
    LOOK = 2
    SWAP = 3
    EDIT = 4
    UNLIKE = 9


_SAME, _SOUND, _LOOK, _SWAP, _EDIT, _UNLIKE = (int(likeness) for likeness in Likeness)


class Letters(NamedTuple):
    """What is known of characters."""

    classes: Classes
    sounds: NDArray[np.uint16]  # alike where equal; 0 is unknown
    fixed: NDArray[np.bool_]
    looks: U32  # sorted pairs, the lesser in the upper half


def sound_out() -> NDArray[np.uint16]:
    """Give each Chinese character the number of its sound, zh/z, ch/c, sh/s and ng/n as one.

    Takes half a second; an index keeps the result.
    """
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - half a second, and an opened index needs none

    table = np.zeros(PLANE, dtype=np.uint16)
    numbers: dict[str, int] = {}
    for code in range(FIRST_HAN, LAST_HAN + 1):
        sound: str = lazy_pinyin(chr(code))[0]
        for start, fold in _FOLDS:
            sound = sound.replace(start, fold)
        table[code] = numbers.setdefault(sound, len(numbers) + 1)
    return table


@cache
def cached_sounds() -> NDArray[np.uint16]:
    """Give the sounds, worked out once a process."""
    return sound_out()


def know_letters(sounds: NDArray[np.uint16]) -> Letters:
    """Put together what is known of characters."""
    fixed = np.zeros(PLANE, dtype=np.bool_)
    for c in FIXED:
        fixed[ord(c)] = True
    return Letters(character_classes(), sounds, fixed, np.array(sorted(_pairs()), dtype=np.uint32))


def _pairs() -> Iterator[int]:
    for pair in _ALIKE:
        low, high = sorted(ord(c) for c in pair)
        yield low << 16 | high


@within_lean
def compare_characters(left: int, right: int, letters: Letters) -> int:
    """Say how two characters resemble each other; UNLIKE where they must not be mixed."""
    if left == right:
        return _SAME
    if left >= PLANE or right >= PLANE:
        return _EDIT
    pair = np.uint32(min(left, right) << 16 | max(left, right))
    at = np.searchsorted(letters.looks, pair)
    if at < len(letters.looks) and letters.looks[at] == pair:
        return _LOOK
    if letters.fixed[left] or letters.fixed[right]:
        return _UNLIKE if letters.fixed[left] and letters.fixed[right] else _EDIT
    sound = letters.sounds[left]
    return _SOUND if sound and sound == letters.sounds[right] else _EDIT


@within_lean
def compare_names(
    text: Codes, start: int, end: int, names: Codes, first: int, last: int, letters: Letters
) -> int:
    """Say how a written name resembles a registered one.

    One character may be mistaken, left out or added, or two neighbours exchanged; of several, all
    that sound the same may be. One character of `FIXED` never stands for another.
    """
    n, m = end - start, last - first
    at = 0
    while at < min(n, m) and text[start + at] == names[first + at]:
        at += 1
    if n == m:
        return _compare_even(text, start, names, first, n, at, letters)
    if n == m + 1:
        return _compare_longer(text, start + at, end, names, first + at, letters)
    if m == n + 1:
        return _compare_longer(names, first + at, last, text, start + at, letters)
    return _UNLIKE


@within_lean
def _compare_longer(
    long: Codes, at: int, end: int, short: Codes, other: int, letters: Letters
) -> int:
    """Compare from the first difference on, where one name has a character more."""
    if long[at] < PLANE and letters.classes[long[at]] == DIGIT:
        return _UNLIKE
    for i in range(at + 1, end):
        if long[i] != short[other + i - at - 1]:
            return _UNLIKE
    return _EDIT


@within_lean
def _compare_even(
    text: Codes, start: int, names: Codes, first: int, n: int, at: int, letters: Letters
) -> int:
    if at == n:
        return _SAME
    worst, n_unlike = 0, 0
    for i in range(at, n):
        how = compare_characters(text[start + i], names[first + i], letters)
        n_unlike += how != _SAME
        worst = max(worst, how)
    if n_unlike == 1 or worst == _SOUND:
        return worst
    is_swapped = (
        n_unlike == PAIR
        and at + 1 < n
        and text[start + at] == names[first + at + 1]
        and text[start + at + 1] == names[first + at]
    )
    return _SWAP if is_swapped else _UNLIKE


@within_lean
def hash_sounds(codes: Codes, start: int, end: int, letters: Letters) -> np.uint64:
    """Hash a name by its sounds; a character without a sound stands for itself."""
    h = np.uint64(SOUNDED)
    for i in range(start, end):
        code = np.int64(codes[i])
        sound = np.int64(letters.sounds[code]) if code < PLANE else 0
        h = mix(h, np.uint64(sound or code + PLANE))
    return h


@within_lean
def name_key(kind: int, codes: Codes, start: int, end: int, left_out: int) -> np.uint64:
    """Hash a name, whole or but for a character."""
    return mix(np.uint64(kind), hash_characters(codes, start, end, left_out))


@compiled_lean
def hash_names(codes: Codes, begins: U32, letters: Letters, keys: U64, rows: U32) -> int:
    """Fill in the keys of names; returns how many there are."""
    n = 0
    for row in range(len(begins) - 1):
        start, end = np.int64(begins[row]), np.int64(begins[row + 1])
        keys[n] = name_key(EXACT, codes, start, end, -1)
        keys[n + 1] = hash_sounds(codes, start, end, letters)
        rows[n : n + 2] = row
        n += 2
        if SHORTEST <= end - start <= LONGEST:
            for i in range(start, end):
                keys[n] = name_key(SHORTENED, codes, start, end, i)
                rows[n] = row
                n += 1
    return n
