"""Forms of the performance self-evaluation, read from workbooks."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from fangge.insight.adapters.cells import Cell, CellUnfit, Row, fold
from fangge.insight.adapters.forms import (
    CLASSES,
    HEADERS,
    INDICATORS,
    MONEY,
    PROJECT,
    WHOLES,
    Fault,
    FormUnreadable,
    Tables,
)

TITLES = {PROJECT: "项目", MONEY: "资金", CLASSES: "分类", INDICATORS: "指标"}
MOST_HEADING_ROWS, MOST_ROWS, MOST_COLUMNS = 10, 2_000, 60
MOST_BYTES = 50_000_000
LEAST_HEADINGS = 2


def read_workbook(path: Path) -> Tables:
    """Read a form's tables from a workbook of the documented sheets.

    Raises
    ------
    FormUnreadable
        If the file is no workbook, too large, or has none of the sheets.
    """
    sheets = _open_sheets(path)
    tables, faults = Tables(), list[Fault]()
    if PROJECT in sheets:
        tables.project = _read_pairs(sheets[PROJECT])
    for table in (MONEY, CLASSES, INDICATORS):
        if table in sheets:
            getattr(tables, table).extend(_read_rows(sheets[table], table, faults))
    if faults:
        raise FormUnreadable(faults)
    _take_whole(tables)
    return tables


def _open_sheets(path: Path) -> dict[str, Any]:
    """Open a workbook; its sheets by table."""
    try:
        with zipfile.ZipFile(path) as held:
            n_bytes = sum(part.file_size for part in held.infolist())
        book = load_workbook(path, data_only=True) if n_bytes <= MOST_BYTES else None
    except Exception as error:
        # The library raises whatever its parts raise on a broken file.
        raise FormUnreadable([Fault(path.name, "", f"no workbook: {error}")]) from error
    if book is None:
        raise FormUnreadable([Fault(path.name, "", "too large for a form")])
    titled = {_plain(sheet.title).lower(): sheet for sheet in book.worksheets}
    sheets = {
        table: titled[name]
        for table, title in TITLES.items()
        for name in (table, title)
        if name in titled
    }
    if not sheets:
        reason = f"no sheet of a form; its sheets are {', '.join(TITLES.values())}"
        raise FormUnreadable([Fault(path.name, "", reason)])
    return sheets


def _take_whole(tables: Tables) -> None:
    """Take the last line of the indicators (合计) for what the whole form says."""
    for row in list(tables.indicators):
        told = {_plain(row.cells[name].value) for name in ("class", "name") if name in row.cells}
        if told & WHOLES:
            tables.indicators.remove(row)
            for name, of_project in (("weight", "full_marks"), ("score", "score")):
                if name in row.cells:
                    tables.project.cells.setdefault(of_project, row.cells[name])


def _name_heading(table: str, text: str) -> str | None:
    for name, words in HEADERS[table].items():
        if text == name or text in words:
            return name
    return None


def _plain(value: object) -> str:
    try:
        return "".join(fold("" if value is None else value).split())
    except CellUnfit:
        return ""


def _read_pairs(sheet: Any) -> Row:
    cells = {}
    for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=2):
        name = _name_heading(PROJECT, _plain(row[0].value).rstrip(":"))
        if name and len(row) > 1 and _plain(row[1].value):
            cells[name] = _make_cell(sheet, row[1])
    return Row(sheet.title, cells)


def _make_cell(sheet: Any, cell: Any) -> Cell:
    is_percent = "%" in str(cell.number_format) and isinstance(cell.value, int | float)
    return Cell(f"{sheet.title}!{cell.coordinate}", cell.value, is_percent=is_percent)


def _read_rows(sheet: Any, table: str, faults: list[Fault]) -> Iterator[Row]:
    columns: dict[int, str] = {}
    if sheet.max_row > MOST_ROWS:
        faults.append(Fault(sheet.title, "", f"more than {MOST_ROWS} rows"))
        return
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        if not columns:
            named = {i: _name_heading(table, _plain(cell.value)) for i, cell in enumerate(row)}
            found = {i: name for i, name in named.items() if name}
            if len(set(found.values())) >= LEAST_HEADINGS:
                columns = found
                faults.extend(_find_doubles(sheet.title, number, found.values()))
            elif number >= MOST_HEADING_ROWS:
                break
            continue
        cells = {
            name: _make_cell(sheet, row[i]) for i, name in columns.items() if _plain(row[i].value)
        }
        # What has a class and nothing else is a line of the layout.
        if cells.keys() - {"class"} or (table == CLASSES and len(cells) > 1):
            yield Row(f"{sheet.title}!{number}", cells)
    if not columns:
        faults.append(Fault(sheet.title, "", "no row of headings"))


def _find_doubles(title: str, number: int, names: Iterable[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Fault(f"{title}!{number}", name, "two columns have this heading")
        seen.add(name)
