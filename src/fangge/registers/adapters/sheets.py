"""Rows as files that offices open: XLSX, and CSV in UTF-8 or GB18030; formulas stay text."""

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

from fangge.kernel.cells import guard_cell

FORMS = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "csv-gb": ("text/csv; charset=gb18030", "csv"),
}


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
