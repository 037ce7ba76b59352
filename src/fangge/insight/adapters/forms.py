"""Forms of the performance self-evaluation, from TOML or a workbook, into what the rules take."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from fangge.insight.adapters.cells import (
    Cell,
    CellUnfit,
    Row,
    fold,
    read_class,
    read_date,
    read_grade,
    read_number,
    read_year,
)
from fangge.insight.rules.evaluation.form import (
    ClassTotal,
    Form,
    Funding,
    Indicator,
    Places,
    Project,
)

T = TypeVar("T")

PROJECT, MONEY, CLASSES, INDICATORS = "project", "money", "classes", "indicators"
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    PROJECT: {
        "name": ("项目名称", "项目"),
        "year": ("项目年度", "年度", "评价年度"),
        "starts_on": ("开始日期", "起始日期"),
        "ends_on": ("结束日期", "截止日期"),
        "full_marks": ("满分", "总分值"),
        "score": ("总得分", "自评得分", "得分"),
    },
    MONEY: {
        "source": ("资金来源", "来源"),
        "budget": ("年初预算", "预算数", "预算"),
        "adjustments": ("预算调整", "调整数", "调整"),
        "appropriated": ("拨付数", "实际拨付", "拨付", "拨款"),
        "paid": ("支付数", "实际支出", "支付", "支出"),
        "left_over": ("结余", "结余数", "资金结余"),
        "index_balance": ("指标结余", "指标余额"),
    },
    CLASSES: {
        "class": ("一级指标", "分类", "类别"),
        "weight": ("权重", "分值"),
        "score": ("得分", "自评得分"),
    },
    INDICATORS: {
        "class": ("一级指标", "分类", "类别"),
        "name": ("指标名称", "三级指标", "指标"),
        "target": ("目标值", "年度指标值", "目标"),
        "actual": ("实际值", "实际完成值", "完成值"),
        "grade": ("等级", "定性等级", "评定等级"),
        "numerator": ("分子",),
        "denominator": ("分母",),
        "completion": ("完成率",),
        "weight": ("权重", "分值"),
        "score": ("得分", "自评得分"),
        "starts_on": ("开始日期", "起始日期"),
        "ends_on": ("结束日期", "截止日期"),
        "evidence": ("佐证", "佐证材料", "依据"),
    },
}
"""Table to field to its headings; the first is the one that Fangge writes."""
WHOLES = frozenset({"合计", "总计", "total", "sum"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be read, and where."""

    place: str
    field: str
    reason: str


class FormUnreadable(Exception):
    """The file holds no form; `faults` says what is wrong, by row and field."""

    def __init__(self, faults: list[Fault]) -> None:
        """Take what is wrong."""
        super().__init__("; ".join(f"{f.place} {f.field}: {f.reason}" for f in faults))
        self.faults = faults


@dataclass(slots=True)
class Tables:
    """The rows of a form as they were written, by table."""

    project: Row = field(default_factory=lambda: Row(PROJECT))
    money: list[Row] = field(default_factory=list)
    classes: list[Row] = field(default_factory=list)
    indicators: list[Row] = field(default_factory=list)


def read_toml(path: Path) -> Tables:
    """Read a form's tables from TOML, with the names of the fields as keys.

    Raises
    ------
    FormUnreadable
        If the file is no TOML, or has tables or fields that no form has.
    """
    try:
        # Decimals stay text, so that they are read as they are written.
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=str)
    except (OSError, ValueError, RecursionError) as error:
        raise FormUnreadable([Fault(path.name, "", f"no TOML: {error}")]) from error
    faults = [Fault(name, "", "no table of a form") for name in told if name not in HEADERS]
    rows: dict[str, list[Row]] = {}
    for name in HEADERS:
        held = told.get(name, {} if name == PROJECT else [])
        listed = [held] if name == PROJECT else held
        if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
            heading = f"[{name}]" if name == PROJECT else f"[[{name}]]"
            faults.append(Fault(name, "", f"write it as {heading}"))
            continue
        places = [name if name == PROJECT else f"{name}[{i}]" for i in range(1, len(listed) + 1)]
        rows[name] = [
            _read_table_row(name, place, row, faults)
            for place, row in zip(places, listed, strict=True)
        ]
    if faults:
        raise FormUnreadable(faults)
    return Tables(rows[PROJECT][0], rows[MONEY], rows[CLASSES], rows[INDICATORS])


def _read_table_row(table: str, place: str, row: dict[str, Any], faults: list[Fault]) -> Row:
    cells = {}
    for name, value in row.items():
        if name not in HEADERS[table]:
            faults.append(Fault(f"{place}.{name}", name, f"no field of {table}"))
        elif value != "":
            cells[name] = Cell(f"{place}.{name}", value)
    return Row(place, cells)


def make_form(tables: Tables) -> Form:
    """Read the cells of a form's tables.

    Raises
    ------
    FormUnreadable
        If cells do not hold what their columns are for; all of them are named.
    """
    reader = _Reader()
    form = Form(
        reader.read_project(tables.project),
        tuple(reader.read_funding(row) for row in tables.money),
        tuple(reader.read_total(row) for row in tables.classes),
        tuple(reader.read_indicator(row) for row in tables.indicators),
    )
    if not form.indicators and not form.money and not reader.faults:
        reader.faults.append(Fault(INDICATORS, "", "a form has at least an indicator or money"))
    if reader.faults:
        raise FormUnreadable(reader.faults)
    return form


class _Reader:
    """Reads cells, and takes note of those that are unfit."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._class = ""

    def _read(self, row: Row, name: str, read: Callable[[Cell], T]) -> T | None:
        cell = row.cells.get(name)
        if cell is None:
            return None
        try:
            return read(cell)
        except CellUnfit as error:
            self.faults.append(Fault(cell.place, name, str(error)))
            return None

    def _number(self, row: Row, name: str) -> Decimal | None:
        return self._read(row, name, read_number)

    def _date(self, row: Row, name: str) -> date | None:
        return self._read(row, name, read_date)

    def _text(self, row: Row, name: str) -> str:
        return self._read(row, name, lambda cell: fold(cell.value)) or ""

    def _named(self, row: Row, name: str) -> str:
        text = self._text(row, name)
        if not text:
            self.faults.append(Fault(row.place, name, "is empty"))
        return text

    def read_project(self, row: Row) -> Project:
        year = self._read(row, "year", read_year)
        starts_on, ends_on = year or (None, None)
        return Project(
            _find_places(row),
            self._text(row, "name"),
            self._date(row, "starts_on") or starts_on,
            self._date(row, "ends_on") or ends_on,
            self._number(row, "full_marks"),
            self._number(row, "score"),
        )

    def read_funding(self, row: Row) -> Funding:
        source = self._text(row, "source")
        return Funding(
            _find_places(row),
            source,
            is_sum=source.lower() in WHOLES,
            budget=self._number(row, "budget"),
            adjustments=self._number(row, "adjustments"),
            appropriated=self._number(row, "appropriated"),
            paid=self._number(row, "paid"),
            left_over=self._number(row, "left_over"),
            index_balance=self._number(row, "index_balance"),
        )

    def read_total(self, row: Row) -> ClassTotal:
        name = self._named(row, "class")
        return ClassTotal(
            _find_places(row), name, self._number(row, "weight"), self._number(row, "score")
        )

    def read_indicator(self, row: Row) -> Indicator:
        # Offices write a class once, in a cell that spans its indicators.
        self._class = self._text(row, "class") or self._class
        kind = self._read(
            Row(row.place, {"class": row.cells.get("class", Cell(row.place, self._class))}),
            "class",
            lambda _: read_class(self._class),
        )
        return Indicator(
            places=_find_places(row),
            name=self._named(row, "name"),
            kind=kind or read_class("output"),
            class_name=self._class,
            weight=self._number(row, "weight"),
            target=self._number(row, "target"),
            actual=self._number(row, "actual"),
            grade=self._read(row, "grade", read_grade),
            numerator=self._number(row, "numerator"),
            denominator=self._number(row, "denominator"),
            completion=self._number(row, "completion"),
            score=self._number(row, "score"),
            starts_on=self._date(row, "starts_on"),
            ends_on=self._date(row, "ends_on"),
            evidence=self._text(row, "evidence"),
        )


def _find_places(row: Row) -> Places:
    return Places(row.place, {name: cell.place for name, cell in row.cells.items()})
