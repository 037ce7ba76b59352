"""Rows as files that offices open: XLSX, and CSV in UTF-8 or GB18030; formulas stay text."""

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook

from fangge.disclosure.actions.exports import Mark
from fangge.kernel.cells import guard_cell

FORMS = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "csv-gb": ("text/csv; charset=gb18030", "csv"),
}
LONGEST_FOOTER = 120


def write_file(
    *, form: str, mark: Mark, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> bytes:
    """Write a file whose last column says who took it, when and for what.

    The column's heading is the whole sentence, and its code stands in every row, so that a row that
    is copied takes it along. Columns stay where they are: what reads the file by them still does.
    """
    lines = [
        [*header, mark.sentence],
        *([*(guard_cell(cell) for cell in row), mark.code] for row in rows),
    ]
    if form == "xlsx":
        return _write_book(lines, mark)
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    encoding = "gb18030" if form == "csv-gb" else "utf-8-sig"
    return text.getvalue().encode(encoding)


def _write_book(lines: list[list[str]], mark: Mark) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("报表")
    # On paper the sentence stands below every page; `&` begins a code of the footer.
    sheet.oddFooter.left.text = mark.sentence[:LONGEST_FOOTER].replace("&", "&&")
    for line in lines:
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
