"""Made-up addresses of the whole country with the span of each of their elements."""

from collections.abc import Sequence

import numpy as np

from fangge.engine.address.divisions import load_divisions
from fangge.engine.address.elements import SURNAMES, Kind
from fangge.engine.synthesis.buildings import (
    ESTATE_SUFFIXES,
    ROAD_SUFFIXES,
    STEMS_FIRST,
    STEMS_LAST,
)
from fangge.engine.synthesis.organisations import INDUSTRIES, STEMS, TRADES
from fangge.engine.synthesis.writing import APPENDED, spell_number

Span = tuple[int, int, str]
Part = tuple[str, Kind | None]

PLACES = tuple(
    word
    for line in (
        "大厦 广场 商务中心 国际中心 市场 批发市场 小学 中学 医院 卫生院 宾馆",
        "大酒店 超市 加油站 物流园 工业园 创业园 科技园 产业园 公馆 华府 府邸",
        "山庄 别墅 新城 名城 城 苑 庭 湾 里 郡 宿舍 家属院 派出所 工业区 大桥",
        "幼儿园 药店 银行 营业厅 分公司 有限公司 服装厂 电子厂 汽修厂 门诊部 写字楼",
    )
    for word in line.split()
)
VILLAGES = ("村", "村", "村", "村", "社区", "社区", "庄", "屯", "寨", "村委会", "居委会")
ZONES = ("经济开发区", "高新区", "经济技术开发区", "开发区", "高新技术产业开发区", "新区")
PARTS = ("东区", "西区", "南区", "北区", "东苑", "西苑", "南院", "北院")
NUMBERED_PARTS = ("{}期", "{}期", "{}区", "{}区", "{}组团", "{}号院")
ROADS = (*ROAD_SUFFIXES, "路", "路", "路", "大道", "大道", "东路", "西路", "南路", "北路")
FAMILY_PLACES = ("家", "家", "家河", "家沟", "家湾", "家桥", "家塘", "家坪", "家庄", "店", "庄")
STRETCHES = ("东段", "西段", "中段", "南段", "北段")
TAILS = ("电联", "电话联系", "{}先生", "{}某某", "{}女士", "{}某", "转交", "门口", *APPENDED)
NEAR = ("附近", "对面", "旁边", "旁", "东侧", "西侧", "南侧", "北侧", "斜对面", "隔壁", "往东100米")
UNKNOWN = "[UNK]"
NOISE = (",", ",,,", " ", "null", "(", "_", UNKNOWN)
SHORT_FORMS = ("省", "市", "区", "县", "街道", "镇", "乡")
MUNICIPALITIES = frozenset(("北京市", "天津市", "上海市", "重庆市"))
SMALL = 6
MOST_FLOORS = 33


def label_addresses(n_texts: int, rng: np.random.Generator) -> tuple[list[str], list[list[Span]]]:
    """Make up addresses as people write them.

    Divisions are real and lie within one another; roads, villages, estates, firms and numbers are
    drawn, their names from those of towns anywhere. Words are left out, shortened, repeated and
    joined by hyphens; what a computer made of numbers stands there too (140##4).

    Returns
    -------
    list of str
        The texts.
    list of list of (start, end, kind)
        The elements of each text; what lies between is no element.
    """
    writer = _Writer(rng)
    texts, spans = [], []
    for _ in range(n_texts):
        text, found = "", []
        for piece, kind in writer.write():
            if kind is not None:
                found.append((len(text), len(text) + len(piece), kind.value))
            text += piece
        texts.append(text)
        spans.append(found)
    return texts, spans


def _runs_on(parts: list[Part], inside: list[Part]) -> bool:
    return bool(inside) and parts[-1][0][-1:].isdigit() and inside[0][0][:1].isdigit()


def _shorten(name: str) -> str:
    for ending in SHORT_FORMS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


class _Writer:
    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._chances: list[float] = []
        self._divisions = load_divisions().by_code
        self._towns = [d for d in self._divisions.values() if d.kind is Kind.SUBDISTRICT]
        stems = (_shorten(d.name) for d in self._towns)
        self._stems = [stem for stem in stems if len(stem) in (2, 3)]

    def write(self) -> list[Part]:
        parts = self._write_divisions()
        if parts and self._happens(0.03):
            parts.append((self._draw(NOISE), None))
        if self._happens(0.25):
            parts += self._write_village()
        elif self._happens(0.8):
            parts += self._write_road()
        if not parts or self._happens(0.75):
            parts += self._write_estate()
        if self._happens(0.7):
            inside = self._write_inside()
            parts += [(" ", None), *inside] if _runs_on(parts, inside) else inside
        if self._happens(0.12):
            parts.append((self._name_place(), Kind.ESTATE))
        return parts + self._write_tail()

    def _happens(self, share: float) -> bool:
        return self._chance() < share

    def _chance(self) -> float:
        if not self._chances:
            self._chances = self._rng.random(4096).tolist()
        return self._chances.pop()

    def _draw(self, choices: Sequence[str]) -> str:
        return choices[self._number(len(choices)) - 1]

    def _number(self, most: int) -> int:
        return int(self._chance() * most) + 1

    def _count(self, most: int) -> str:
        number = self._number(most)
        return spell_number(number) if self._happens(0.15) else str(number)

    def _write_divisions(self) -> list[Part]:
        town = self._towns[self._number(len(self._towns)) - 1]
        above = [self._divisions.get(town.code[:n]) for n in (2, 4, 6)]
        held = [d for d in (*above, town) if d is not None]
        first = self._number(len(held) + 1) - 1 if self._happens(0.5) else 0
        kept = [d for d in held[first:] if d is not town or self._happens(0.6)]
        joint = "-" if self._happens(0.04) else ""
        short = self._happens(0.12)
        parts: list[Part] = []
        for division in kept:
            name = _shorten(division.name) if short and self._happens(0.7) else division.name
            if division is town and self._happens(0.12):
                name = self._name() + self._draw(("镇", "乡", "街道"))
            parts.append((name, division.kind))
            if division.name in MUNICIPALITIES and self._happens(0.7):
                parts[-1] = (_shorten(name), Kind.PROVINCE)
                parts.append((division.name, Kind.CITY))
            if joint:
                parts.append((joint, None))
        if parts and self._happens(0.03):
            parts = parts[: self._number(len(parts))] + parts
        if self._happens(0.04):
            parts.append((self._name() + self._draw(ZONES), Kind.DEVELOPMENT_ZONE))
        return parts

    def _name(self) -> str:
        if self._happens(0.6):
            return self._draw(self._stems)
        name = self._draw(STEMS_FIRST) + self._draw(STEMS_LAST)
        if self._happens(0.04):
            return name[0] + UNKNOWN
        return name + self._draw(STEMS_LAST) if self._happens(0.15) else name

    def _name_place(self) -> str:
        if self._happens(0.3):
            return self._draw(STEMS) + self._draw(TRADES if self._happens(0.7) else INDUSTRIES)
        return self._name() + self._draw(PLACES)

    def _name_estate(self) -> str:
        """Name an estate: by a usual ending, or by any three to five characters."""
        if self._happens(0.45):
            return self._name() + self._draw(ESTATE_SUFFIXES)
        if self._happens(0.6):
            return self._name_place()
        return self._name() + self._name()

    def _write_village(self) -> list[Part]:
        name = self._name()
        if self._happens(0.3):
            name = self._draw(SURNAMES) + self._draw(FAMILY_PLACES)
        if not self._happens(0.2) or len(name) < len("张家河"):
            name += self._draw(VILLAGES)
        parts: list[Part] = [(name, Kind.COMMUNITY)]
        if self._happens(0.12):
            parts.append(self._road())
        if self._happens(0.3):
            order = "第" if self._happens(0.1) else ""
            parts.append((f"{order}{self._count(20)}{self._draw(('组', '队'))}", Kind.COMMUNITY))
        if self._happens(0.5):
            parts.append((f"{self._count(300)}号", Kind.NUMBER))
        return parts

    def _write_road(self) -> list[Part]:
        parts: list[Part] = [self._road()]
        if self._happens(0.1):
            cross = self._draw(("交叉口", "交汇处", "路口", "交界处", "交口"))
            parts += [(self._draw("与和与与"), None), self._road(), (cross, Kind.INTERSECTION)]
            return [*parts, (self._draw(NEAR), Kind.DIRECTION)] if self._happens(0.4) else parts
        if self._happens(0.12):
            parts.append((f"{self._count(40)}巷", Kind.ROAD))
        elif self._happens(0.06):
            parts.append((self._draw(STRETCHES), Kind.ROAD))
        if self._happens(0.65):
            parts.append((self._house_number(), Kind.NUMBER))
        return parts

    def _house_number(self) -> str:
        number = self._number(2000)
        written = str(number)
        if self._happens(0.06):
            written += f"{self._draw(('-', '之'))}{self._number(30)}"
        elif self._happens(0.04):
            written += f"-{number + self._number(20)}"
        elif self._happens(0.06):
            written = f"{written[:-1]}##{written[-1]}"
        return written + ("弄" if self._happens(0.04) else "" if self._happens(0.1) else "号")

    def _road(self) -> Part:
        if self._happens(0.05):
            return (
                f"{self._draw('GSX')}{self._number(900)}{self._draw(('国道', '省道'))}",
                Kind.ROAD,
            )
        middle = spell_number(self._number(12)) if self._happens(0.06) else ""
        return self._name() + middle + self._draw(ROADS), Kind.ROAD

    def _write_estate(self) -> list[Part]:
        parts: list[Part] = [(self._name_estate(), Kind.ESTATE)]
        if self._happens(0.14):
            part = self._draw(PARTS if self._happens(0.4) else NUMBERED_PARTS)
            count = self._draw("ABCD") if self._happens(0.3) else self._count(SMALL)
            parts.append((part.format(count), Kind.ESTATE))
        if self._happens(0.06):
            parts += [(self._draw(NEAR), Kind.DIRECTION), (self._name_place(), Kind.ESTATE)]
        return parts

    def _write_inside(self) -> list[Part]:
        building = self._draw("ABCDEFabc") if self._happens(0.12) else self._count(180)
        if self._happens(0.2):
            return self._write_dashed(building)
        parts: list[Part] = []
        if self._happens(0.8):
            words = ("幢", "栋", "栋", "号楼", "号楼", "座", "#", "号", "#楼")
            parts.append((building + self._draw(words), Kind.BUILDING))
        if parts and self._happens(0.5):
            most = SMALL if self._happens(0.8) else MOST_FLOORS
            parts.append((self._count(most) + self._draw(("单元", "单元", "门")), Kind.UNIT))
        if self._happens(0.2):
            parts.append((self._count(MOST_FLOORS) + self._draw(("楼", "层", "F")), Kind.FLOOR))
        if self._happens(0.75):
            endings = ("", "", "室", "室", "房", "号", "户")
            ending = self._draw(endings if parts else endings[2:4])
            parts.append((self._room() + ending, Kind.ROOM))
        return parts

    def _room(self) -> str:
        """Write a room's number: mostly of its floor and door, else any."""
        room = f"{self._number(MOST_FLOORS)}{self._number(9):02d}"
        if self._happens(0.12):
            return str(self._number(40))
        if self._happens(0.12):
            return f"{room[:-1]}##{room[-1]}"
        if self._happens(0.04):
            return f"{room}-{int(room) + 1}"
        return self._draw("ABCDE") + room if self._happens(0.04) else room

    def _write_dashed(self, building: str) -> list[Part]:
        hyphen: Part = (self._draw("----—_"), None)
        parts: list[Part] = [(building, Kind.BUILDING), hyphen]
        if self._happens(0.6):
            parts += [(str(self._number(SMALL * 2)), Kind.UNIT), hyphen]
        return [*parts, (self._room() + self._draw(("", "", "", "室")), Kind.ROOM)]

    def _write_tail(self) -> list[Part]:
        if self._happens(0.05):
            return [(self._draw(NEAR), Kind.DIRECTION)]
        if not self._happens(0.12):
            return []
        tail = self._draw(TAILS)
        return [(tail.format(self._draw(SURNAMES)), Kind.PERSON if "{}" in tail else None)]
