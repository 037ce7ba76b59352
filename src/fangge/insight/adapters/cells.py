"""What people write into a form's cells: numbers, dates, grades, however they are written."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from fangge.insight.rules.evaluation.scoring import Grade, IndicatorClass

MOST = 10**15
LONGEST = 2_000
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_YEAR = re.compile(r"(\d{4})\s*年?度?")
_GRADES = {
    Grade.EXCELLENT: ("excellent", "优", "优秀", "好", "a", "100"),
    Grade.GOOD: ("good", "良", "良好", "较好", "b", "80"),
    Grade.FAIR: ("fair", "中", "一般", "合格", "c", "60"),
    Grade.WEAK: ("weak", "低", "较差", "d", "40"),
    Grade.POOR: ("poor", "差", "e", "20"),
}
GRADES = {word: grade for grade, words in _GRADES.items() for word in words}
_CLASSES = {
    IndicatorClass.INPUT: ("input", "投入", "过程", "管理", "预算执行"),
    IndicatorClass.OUTPUT: ("output", "产出", "数量", "质量", "时效", "成本"),
    IndicatorClass.OUTCOME: ("outcome", "效益", "效果", "结果", "影响", "满意"),
}


class CellUnfit(Exception):
    """A cell does not hold what its column is for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and where that is."""

    place: str
    value: object
    is_percent: bool = False  # shown as a percentage: 0.95 is 95%


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by field; empty ones are left out."""

    place: str
    cells: dict[str, Cell] = field(default_factory=dict)


def fold(value: object) -> str:
    """Write a cell plainly: full-width signs as usual ones, no blanks around."""
    text = unicodedata.normalize("NFKC", str(value)).replace("−", "-").strip()
    if len(text) > LONGEST:
        raise CellUnfit(f"longer than {LONGEST} characters")
    return text


def read_number(cell: Cell) -> Decimal:
    """Read a number: 1,200.5, １２ or 95% alike."""
    value = cell.value
    if isinstance(value, bool | date):
        raise CellUnfit("not a number")
    if isinstance(value, int | float):
        if not abs(value) < MOST:
            raise CellUnfit("too large a number")
        # A spreadsheet's sums carry the errors of binary fractions.
        number = Decimal(repr(round(value, 9)))
        return number * 100 if cell.is_percent else number
    text = fold(value).replace(",", "").removesuffix("%").strip()
    if not _NUMBER.fullmatch(text):
        raise CellUnfit("not a number")
    return Decimal(text)


def read_date(cell: Cell) -> date:
    """Read a day: 2026-03-01, 2026/3/1 or 2026年3月1日."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DATE.fullmatch(fold(value))
    if not found:
        raise CellUnfit("not a date: write 2026-03-01")
    try:
        return date(*map(int, found.groups()))
    except ValueError as error:
        raise CellUnfit("no such day") from error


def read_year(cell: Cell) -> tuple[date, date]:
    """Read a year as its first and last day."""
    found = _YEAR.fullmatch(fold(cell.value))
    if not found or not int(found[1]):
        raise CellUnfit("not a year")
    return date(int(found[1]), 1, 1), date(int(found[1]), 12, 31)


def read_grade(cell: Cell) -> Grade:
    """Read a grade: 优, good, B or 80%."""
    text = f"{read_number(cell).normalize():f}" if cell.is_percent else fold(cell.value)
    grade = GRADES.get(text.removesuffix("%").strip().lower())
    if grade is None:
        raise CellUnfit("no grade: write 优, 良, 中, 低 or 差")
    return grade


def read_class(text: str) -> IndicatorClass:
    """Tell the class of an indicator by what its class is called: 产出指标 is output."""
    for kind, words in _CLASSES.items():
        if any(word in text.lower() for word in words):
            return kind
    raise CellUnfit("no class: write 投入, 产出 or 效益")
