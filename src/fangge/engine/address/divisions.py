"""Provinces, cities, districts and towns: names, short names, former names and codes."""

import csv
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from typing import NamedTuple

import polars as pl
from typing_extensions import override

from fangge.engine.address.elements import ZONE_WORDS, Kind

TABLES = "fangge.engine.address.tables"
KIND_BY_LENGTH = {
    2: Kind.PROVINCE,
    4: Kind.CITY,
    6: Kind.DISTRICT,
    9: Kind.SUBDISTRICT,
    12: Kind.COMMUNITY,
}
DEPTH = {kind: i for i, kind in enumerate(KIND_BY_LENGTH.values())} | {Kind.DEVELOPMENT_ZONE: 2}
# Names of rows that only group others in the official list.
GROUPING = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
LONGEST_NAME = 16
# A city's short name before one of these is part of a road's or a firm's name: 南京路, 苏州街.
NOT_AFTER_SHORT = re.compile(
    r"[东南西北中]?[一二三四五六七八九十]?(?:路|街(?!道)|大道|大街|巷|弄|里|站|花园|新村|[一二三四五六七八九十]村|公寓|苑|小区"
    r"|家园|大厦|广场|商城|中心|公馆|饭店|宾馆|酒店|大学|学院|医院|银行|名邸|雅居|国际|印象)"
)
_PROVINCE_TAIL = re.compile(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|省$|市$")
_CITY_TAIL = re.compile(r"(?:[\u4e00-\u9fff]{1,4}族)+自治[州县]$|地区$|[市盟州]$")
_DISTRICT_TAIL = re.compile(r"(?:[\u4e00-\u9fff]{1,4}族)+自治[州县]$|新区$|[市县区]$")
_TAILS = {
    Kind.PROVINCE: _PROVINCE_TAIL,
    Kind.CITY: _CITY_TAIL,
    Kind.DISTRICT: _DISTRICT_TAIL,
}
SHORTEST_SHORT = 2
LONGEST_SHORTENED = 6
"""Digits of a district's code."""
_TOWN = re.compile("(?:街道|镇|乡)(?!办事处|居委会|居民委员会|村委会|村民委员会)")
MOST_OPENINGS = 50_000
_openings: dict[str, tuple["DivisionSpan", ...]] = {}
"""How texts open, up to their town, and the divisions named there: most of a register is alike."""
_OFFICE = re.compile(r"办事处|居委会|居民委员会|村委会|村民委员会")
_ZONE_TAILS = (*ZONE_WORDS, "园区")


class Division(NamedTuple):
    """One row of the official list. `is_short` marks a name written without its last word."""

    code: str
    name: str
    kind: Kind
    is_short: bool = False


class _Rows(NamedTuple):
    """The official list as it is kept. The number of a row is `~row` where its name is short."""

    codes: list[str]
    names: list[str]

    def make(self, number: int) -> Division:
        row = max(number, ~number)
        code, name = self.codes[row], self.names[row]
        return Division(code, name, _kind_of(code, name), number < 0)


class _ByCode(Mapping[str, Division]):
    """Divisions by code, each made when it is asked for."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {code: row for row, code in enumerate(self._rows.codes)}

    @override
    def __getitem__(self, code: str) -> Division:
        return self._rows.make(self._numbers[code])

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    @override
    def __len__(self) -> int:
        return len(self._numbers)


class _ByName(Mapping[str, tuple[Division, ...]]):
    """Divisions by name: full, short or former. Made when asked for, and kept.

    There are forty thousand, and a program that reads an address asks for a few.
    """

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows
        self._firsts: dict[str, int] = {}
        self._all: dict[str, list[int]] = {}  # of names that several bear
        self._made: dict[str, tuple[Division, ...]] = {}

    def add(self, name: str, number: int) -> None:
        first = self._firsts.setdefault(name, number)
        if first != number:
            self._all.setdefault(name, [first]).append(number)

    @override
    def __getitem__(self, name: str) -> tuple[Division, ...]:
        made = self._made.get(name)
        if made is None:
            numbers = self._all.get(name) or [self._firsts[name]]
            made = self._made[name] = tuple(map(self._rows.make, numbers))
        return made

    @override
    def __contains__(self, name: object) -> bool:
        return name in self._firsts

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._firsts)

    @override
    def __len__(self) -> int:
        return len(self._firsts)


@dataclass(frozen=True, slots=True)
class Divisions:
    """The official list, to be looked up by name or by code."""

    by_code: Mapping[str, Division]
    by_name: Mapping[str, tuple[Division, ...]]
    renamed: frozenset[str]
    """Names that are not, or not only, what a division is called today in full."""
    longest: dict[str, int]
    """How long the names get that begin with these two characters."""


@dataclass(frozen=True, slots=True)
class DivisionSpan:
    """A division named in a text, from `start` to `end` in characters."""

    start: int
    end: int
    division: Division


@cache
def load_divisions() -> Divisions:
    """Load the tables shipped with the package; a few hundredths of a second, once a process."""
    with as_file(files(TABLES).joinpath("divisions.parquet")) as path:
        frame = pl.read_parquet(path).filter(~pl.col("name").is_in(list(GROUPING)))
    rows = _Rows(frame["code"].to_list(), frame["name"].to_list())
    by_code, by_name, renamed = _ByCode(rows), _ByName(rows), set()
    for row, (code, name) in enumerate(zip(*rows, strict=True)):
        by_name.add(name, row)
        if len(code) <= LONGEST_SHORTENED and (short := _shorten(code, name)):
            by_name.add(short, ~row)
            renamed.add(short)
    for former in csv.DictReader(
        files(TABLES).joinpath("renamed.csv").read_text(encoding="utf-8").splitlines()
    ):
        by_name.add(former["old_name"], rows.codes.index(former["code"]))
        renamed.add(former["old_name"])
    return Divisions(by_code, by_name, frozenset(renamed), _measure_names(by_name))


def _kind_of(code: str, name: str) -> Kind:
    # A district or subdistrict may be a development zone by its name.
    kind = KIND_BY_LENGTH[len(code)]
    is_zone = kind in (Kind.DISTRICT, Kind.SUBDISTRICT) and name.endswith(_ZONE_TAILS)
    return Kind.DEVELOPMENT_ZONE if is_zone else kind


def _shorten(code: str, name: str) -> str | None:
    tail = _TAILS.get(_kind_of(code, name))
    short = tail.sub("", name) if tail else name
    return short if short != name and len(short) >= SHORTEST_SHORT else None


def _measure_names(names: Iterable[str]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for name in names:
        begin, size = name[:SHORTEST_SHORT], min(len(name), LONGEST_NAME)
        if longest.get(begin, 0) < size:
            longest[begin] = size
    return longest


def read_divisions(text: str, start: int = 0) -> list[DivisionSpan]:
    """Read the divisions at the start of a text, each within those before it.

    A repeated prefix (苏州市苏州市) is read again; a short name (苏州) only where what follows does
    not make it a road's. Former names lead to today's division.
    """
    divisions = load_divisions()
    town = _TOWN.search(text, start) if start == 0 else None
    known = _openings.get(text[: town.end()]) if town else None
    found: list[DivisionSpan] = list(known or ())
    at = found[-1].end if found else start
    while at < len(text):
        if text[at] in " ,-/:;":
            at += 1
            continue
        span = _longest_at(text, at, found, divisions)
        if span is None:
            break
        ending = _OFFICE.match(text, span.end)
        at = ending.end() if ending else span.end
        found.append(DivisionSpan(span.start, at, span.division))
        if town and at == town.end() and not known and _is_settled(text[:at], found):
            _keep_opening(text[:at], found)
    return found


def _is_settled(opening: str, found: list[DivisionSpan]) -> bool:
    """Tell whether these divisions are read the same whatever follows the opening of a text.

    So it is where no name goes on behind the opening and none is short, which looks ahead.
    """
    names = _sorted_names()
    for span in found:
        said = opening[span.start :]
        following = bisect_right(names, said)
        goes_on = following < len(names) and names[following].startswith(said)
        if goes_on or span.division.is_short:
            return False
    return True


@cache
def _sorted_names() -> list[str]:
    return sorted(load_divisions().by_name)


def _keep_opening(opening: str, found: list[DivisionSpan]) -> None:
    if len(_openings) >= MOST_OPENINGS:
        _openings.clear()
    _openings[opening] = tuple(found)


def _longest_at(
    text: str, at: int, found: list[DivisionSpan], divisions: Divisions
) -> DivisionSpan | None:
    longest = divisions.longest.get(text[at : at + SHORTEST_SHORT], 0)
    for end in range(min(len(text), at + longest), at + SHORTEST_SHORT - 1, -1):
        if text[at:end] not in divisions.by_name:
            continue
        held = divisions.by_name[text[at:end]]
        for division in _order(held, found) if len(held) > 1 else held:
            if _fits(division, found) and not (
                division.is_short and NOT_AFTER_SHORT.match(text, end)
            ):
                return DivisionSpan(at, end, division)
    return None


def _order(held: tuple[Division, ...], found: list[DivisionSpan]) -> list[Division]:
    """Prefer what lies within the divisions read before, then the wider."""
    before = found[-1].division.code if found else ""
    return sorted(held, key=lambda d: (not d.code.startswith(before), len(d.code)))


def _fits(division: Division, found: list[DivisionSpan]) -> bool:
    """Take towns and communities only within what was read before; wider ones at the start."""
    if not found:
        # A county's short name alone (平江, 鼓楼) is more often the name of an estate.
        deepest = Kind.CITY if division.is_short else Kind.DISTRICT
        return DEPTH[division.kind] <= DEPTH[deepest]
    before = found[-1].division
    if division.code.startswith(before.code) or before.code.startswith(division.code):
        return True
    if division.kind in (Kind.SUBDISTRICT, Kind.COMMUNITY):
        return False
    widest = found[0].division.code
    return not division.is_short and division.code[:2] == widest[:2]


def name_division(text: str, kind: Kind) -> str:
    """Give a division's full name of today: 苏州 is 苏州市, 平江区 is 姑苏区.

    A text that may name several, or none, stays as it is.
    """
    said = _OFFICE.sub("", text.strip()) or text.strip()
    held = load_divisions().by_name.get(said, ())
    names = {division.name for division in held if division.kind is kind}
    return names.pop() if len(names) == 1 else said
