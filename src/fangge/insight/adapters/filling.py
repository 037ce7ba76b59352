"""Forms of the performance self-evaluation as workbooks: blank, and filled with formulas."""

from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from fangge.insight.adapters.forms import CLASSES, HEADERS, INDICATORS, MONEY, PROJECT
from fangge.insight.adapters.workbooks import TITLES
from fangge.insight.rules.evaluation.form import MONEY as FIGURES
from fangge.insight.rules.evaluation.form import Evaluation, Indicator
from fangge.insight.rules.evaluation.scoring import GRADE_SHARES, Grade, IndicatorClass

FOUND = "发现"
FOUND_HEADINGS = ("位置", "栏目", "种类", "填报", "应为", "理由")
FOUND_WIDTH, USUAL_WIDTH = 18, 12
CLASS_NAMES = ("投入指标", "产出指标", "效益指标")
GRADE_WORDS = dict(zip(Grade, ("优", "良", "中", "低", "差"), strict=True))
WIDE = {"name": 30, "evidence": 30, "class": 14, "source": 16}
FIELDS = list(HEADERS[INDICATORS])


def write_blank(path: Path) -> None:
    """Write a blank form."""
    book = _start_book()
    for title in CLASS_NAMES:
        book[TITLES[CLASSES]].append([title])
        book[TITLES[INDICATORS]].append([title])
    book.save(path)


def write_filled(evaluation: Evaluation, path: Path) -> None:
    """Write a form with its scores as formulas, and what was found."""
    form, book = evaluation.form, _start_book()
    project = form.project
    _put_pairs(
        book[TITLES[PROJECT]],
        {
            "name": project.name,
            "starts_on": project.starts_on,
            "ends_on": project.ends_on,
            "full_marks": project.full_marks,
            "score": f"=SUM({TITLES[INDICATORS]}!{_letter('score')}2:"
            f"{_letter('score')}{len(form.indicators) + 1})",
        },
    )
    for funding in form.money:
        _put(book[TITLES[MONEY]], [funding.source, *(getattr(funding, n) for n in FIGURES)])
    for total in form.classes:
        where = f"{TITLES[INDICATORS]}!{_letter('class')}:{_letter('class')}"
        scores = f"{TITLES[INDICATORS]}!{_letter('score')}:{_letter('score')}"
        sheet = book[TITLES[CLASSES]]
        row = sheet.max_row + 1
        _put(sheet, [total.name, total.weight, f"=SUMIF({where},A{row},{scores})"], formulas={2})
    for number, one in enumerate(form.indicators, 2):
        values = [_value_of(one, name, number) for name in FIELDS]
        formulas = {FIELDS.index(name) for name in ("completion", "score")}
        _put(book[TITLES[INDICATORS]], values, formulas=formulas)
    sheet = book.create_sheet(FOUND)
    _head(sheet, dict.fromkeys(FOUND_HEADINGS, FOUND_WIDTH))
    for found in evaluation.findings:
        _put(
            sheet, [found.place, found.field, found.kind, found.found, found.expected, found.reason]
        )
    book.save(path)


def _start_book() -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for table, title in TITLES.items():
        sheet = book.create_sheet(title)
        if table == PROJECT:
            _put_pairs(sheet, {})
            continue
        _head(
            sheet, {words[0]: WIDE.get(name, USUAL_WIDTH) for name, words in HEADERS[table].items()}
        )
    return book


def _head(sheet: Any, widths: dict[str, int]) -> None:
    _put(sheet, list(widths))
    for i, width in enumerate(widths.values(), 1):
        sheet.cell(1, i).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = "A2"


def _put_pairs(sheet: Any, values: dict[str, object]) -> None:
    for number, (name, words) in enumerate(HEADERS[PROJECT].items(), 1):
        sheet.cell(number, 1, words[0]).font = Font(bold=True)
        value = values.get(name)
        _set(sheet.cell(number, 2), value, is_formula=name == "score" and value is not None)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, 40


def _put(sheet: Any, values: list[object], formulas: set[int] | None = None) -> None:
    row = 1 if sheet.max_row == 1 and sheet.cell(1, 1).value is None else sheet.max_row + 1
    for i, value in enumerate(values):
        _set(sheet.cell(row, i + 1), value, is_formula=i in (formulas or ()))


def _set(cell: Any, value: object, *, is_formula: bool) -> None:
    """Set a cell; what people wrote is never a formula."""
    cell.value = value
    if isinstance(value, str) and not is_formula:
        cell.data_type = "s"
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"


def _letter(name: str) -> str:
    return str(get_column_letter(FIELDS.index(name) + 1))


def _value_of(one: Indicator, name: str, row: int) -> object:
    if name == "class":
        return one.class_name
    if name == "grade":
        return GRADE_WORDS[one.grade] if one.grade else None
    is_counted = one.grade is None and one.actual is not None and (one.target or 0) > 0
    reached = f"{_letter('actual')}{row}/{_letter('target')}{row}*100"
    if name == "completion":
        return f"=ROUND({reached},2)" if is_counted else None
    if name != "score" or one.weight is None:
        return None if name == "score" else getattr(one, name)
    if one.grade is not None:
        return f"=ROUND({_letter('weight')}{row}*{float(GRADE_SHARES[one.grade])},2)"
    return _write_score(one, row, reached) if is_counted else _score_of_nothing(one, row)


def _write_score(one: Indicator, row: int, reached: str) -> str:
    above = "" if one.kind is IndicatorClass.OUTCOME else f"-MAX(0,{reached}-130)*0.01"
    share = f"MAX(0,1-MAX(0,100-{reached})*0.05{above})"
    return f"=ROUND({_letter('weight')}{row}*{share},2)"


def _score_of_nothing(one: Indicator, row: int) -> str | None:
    """Give full marks where nothing was to be reached and nothing was."""
    return f"={_letter('weight')}{row}" if one.target == one.actual == 0 else None
