"""Names that sound or look alike, or differ in one character; numbers never do."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache

from fangge.engine.address.elements import NUMERALS, STEMS

SHORTEST = 3
# Where these differ, the names differ: 三元一村 is not 三元二村, and 东区 is not 西区.
FIXED = frozenset(NUMERALS + STEMS + "东南西北中上下前后左右大小新老内外0123456789")
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


class Likeness(IntEnum):
    """How a written name resembles a registered one, the surest first."""

    SOUND = 1
    LOOK = 2
    SWAP = 3
    EDIT = 4


@lru_cache(maxsize=30_000)
def _sound(character: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - half a second, and most texts need none

    sound: str = lazy_pinyin(character)[0]
    for start, fold in _FOLDS:
        sound = sound.replace(start, fold)
    return sound


def sound_out(names: Iterable[str]) -> list[str]:
    """Spell names by sound, without tones, with zh/z, ch/c, sh/s and ng/n as one."""
    return [" ".join(_sound(c) for c in name) for name in names]


def compare_characters(left: str, right: str) -> Likeness | None:
    """Say how two different characters resemble each other; None where they must not be mixed."""
    if frozenset((left, right)) in _ALIKE:
        return Likeness.LOOK
    if left in FIXED or right in FIXED:
        return None
    return Likeness.SOUND if _sound(left) == _sound(right) else Likeness.EDIT


class NameIndex:
    """Registered names, to be found by one mistake."""

    def __init__(self, names: list[str], sounds: list[str]) -> None:
        self._by_sound: dict[str, set[str]] = {}
        self._masked: dict[str, set[str]] = {}
        self._names = frozenset(names)
        for name, sound in zip(names, sounds, strict=True):
            self._by_sound.setdefault(sound, set()).add(name)
            if len(name) < SHORTEST:
                continue
            for i in range(len(name)):
                self._masked.setdefault(f"{name[:i]}?{name[i + 1 :]}", set()).add(name)
                self._masked.setdefault(name[:i] + name[i + 1 :], set()).add(name)

    def find(self, text: str) -> tuple[Likeness, list[str]] | None:
        """Find the names nearest to a text, all alike in the same way; None if none is near.

        One character may be mistaken, left out or added, or two neighbours exchanged; of several,
        all that sound the same may be. Characters in `FIXED` never differ.
        """
        if len(text) < SHORTEST:
            return None
        found: dict[str, tuple[Likeness, int]] = {}
        for name in self._by_sound.get(sound_out([text])[0], ()):
            if _differ_freely(text, name):
                n_differing = sum(a != b for a, b in zip(text, name, strict=False))
                found[name] = (Likeness.SOUND, n_differing)
        for name, how in self._find_masked(text):
            found[name] = min(found.get(name, (how, 1)), (how, 1))
        if not found:
            return None
        best = min(found.values())
        return best[0], sorted(name for name, how in found.items() if how == best)

    def _find_masked(self, text: str) -> Iterator[tuple[str, Likeness]]:
        for i, character in enumerate(text):
            for name in self._masked.get(f"{text[:i]}?{text[i + 1 :]}", ()):
                how = compare_characters(character, name[i])
                if how is not None:
                    yield name, how
            shorter = text[:i] + text[i + 1 :]
            if character not in FIXED and shorter in self._names:
                yield shorter, Likeness.EDIT
            swapped = text[:i] + text[i + 1 : i + 2] + character + text[i + 2 :]
            if swapped in self._names:
                yield swapped, Likeness.SWAP
        for name in self._masked.get(text, ()):
            left_out = (c for i, c in enumerate(name) if name[:i] + name[i + 1 :] == text)
            if next(left_out, "0") not in FIXED:
                yield name, Likeness.EDIT


def _differ_freely(text: str, name: str) -> bool:
    return all(
        a == b or compare_characters(a, b) is not None for a, b in zip(text, name, strict=False)
    )
