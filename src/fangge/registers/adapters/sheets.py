"""Rows as files that offices open: XLSX, and CSV in UTF-8 or GB18030; formulas stay text."""

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

FORMS = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "csv-gb": ("text/csv; charset=gb18030", "csv"),
}
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def guard_cell(text: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula.

    Source: OWASP, CSV injection.
    """
    return f"'{text}" if text.startswith(STARTS_FORMULA) else text


def write_file(
    *, form: str, watermark: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> bytes:
    """Write a file whose first line says who made it, when and for what."""
    lines = [[watermark], list(header), *([guard_cell(cell) for cell in row] for row in rows)]
    if form == "xlsx":
        return _write_book(lines)
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    encoding = "gb18030" if form == "csv-gb" else "utf-8-sig"
    return text.getvalue().encode(encoding)


def _write_book(lines: list[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("报表")
    for line in lines:
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
