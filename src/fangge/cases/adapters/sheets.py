"""Figures as a file that offices open: CSV in UTF-8, or XLSX; formulas stay text."""

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

from fangge.kernel.cells import guard_cell

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Cell = str | int | float | None


def write_figures(lines: Sequence[Sequence[Cell]], *, form: str) -> bytes:
    """Write lines of texts and numbers; what is not shown is an empty cell."""
    guarded = [[_guard(cell) for cell in line] for line in lines]
    if form == "xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet("指标")
        for line in guarded:
            sheet.append(line)
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()
    text = io.StringIO()
    csv.writer(text).writerows(guarded)
    return text.getvalue().encode("utf-8-sig")


def _guard(cell: Cell) -> Cell:
    return guard_cell(cell) if isinstance(cell, str) else cell
