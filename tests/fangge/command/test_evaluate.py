"""`fangge evaluate`: forms as people send them, in and out."""

import ast
import json
import zipfile
from collections.abc import Callable
from fractions import Fraction
from math import floor
from operator import add, mul, sub, truediv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook

from fangge.command.main import main

FORM = """
[project]
name = "网格联动系统运维"
year = 2026
full_marks = 100
score = 93.75

[[money]]
source = "财政拨款"
budget = 120
adjustments = -20
appropriated = 90
paid = 85.5
left_over = 4.5
index_balance = 10

[[classes]]
class = "产出指标"
weight = 60
score = 58.75

[[indicators]]
class = "产出指标"
name = "采集率"
target = 95
actual = 92.63
numerator = 88
denominator = 95
weight = 10
score = 8.75
evidence = "台账第3页"

[[indicators]]
class = "产出指标"
name = "巡查次数"
target = 100
actual = 130
weight = 50
score = 50
starts_on = 2026-01-01
ends_on = 2026-12-31

[[indicators]]
class = "效益指标"
name = "满意度"
grade = "优"
weight = 40
score = 35
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, words)])


def tell(path: Path) -> dict[str, Any]:
    done = run(path, "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def make_book(path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_form_in_toml_is_scored_and_its_contradiction_told(tmp_path: Path) -> None:
    form = write(tmp_path / "form.toml", FORM)
    told = tell(form)
    assert (told["score"], told["said_score"], told["n_findings"]) == (98.75, 93.75, 1)
    assert told["findings"] == [
        {
            "place": "indicators[3].score",
            "field": "score",
            "kind": "score_does_not_follow",
            "found": "35",
            "expected": "40",
            "reason": "the grade earns another part of the weight of 40",
        }
    ]
    assert [one["score"] for one in told["indicators"]] == [8.75, 50, 40]
    assert told["indicators"][0]["completion"] == 97.51
    assert run(form).exit_code == 0
    assert run(form, "--strict").exit_code == 1


def test_the_table_for_people_shows_scores_and_findings(tmp_path: Path) -> None:
    said = run(write(tmp_path / "form.toml", FORM)).stdout
    assert "score 98.75 of 100" in said
    assert "1 found:" in said
    assert "indicators[3].score" in said


def test_a_workbook_is_read_whatever_the_order_of_its_columns(tmp_path: Path) -> None:
    form = make_book(
        tmp_path / "form.xlsx",
        项目=[["项目名称：", "网格"], ["年度", "２０２６年"], ["满分", 100]],
        指标=[
            ["项目支出绩效自评表"],
            [],
            [
                "序号", "权重", "一级指标", "二级指标", "三级指标",
                "实际完成值", "年度指标值", "得分", "截止日期", "评定等级",
            ],
            [
                1, "５０", "产出指标", "数量", "巡查次数",
                "1,170", "１３００", "25.00", "2026年12月31日", None,
            ],
            [2, 10, None, "质量", "采集率", 0.95, "95％", 10, None, ""],
            [None] * 10,
            [3, 40, "效益指标", None, "满意度", None, None, 32, None, "80%"],
            [None, 100, "合计", None, None, None, None, 67, None, None],
        ],
    )  # fmt: skip
    book = load_workbook(form)
    book["指标"]["F5"].number_format = "0%"
    book.save(form)
    told = tell(form)
    assert told["findings"] == []
    assert [one["class"] for one in told["indicators"]] == ["产出指标", "产出指标", "效益指标"]
    assert [one["completion"] for one in told["indicators"]] == [90, 100, None]
    assert (told["score"], told["said_score"]) == (67, 67)


def test_findings_in_a_workbook_name_the_cell(tmp_path: Path) -> None:
    form = make_book(
        tmp_path / "form.xlsx",
        资金=[
            ["资金来源", "年初预算", "调整数", "拨付数", "支付数", "结余", "指标结余"],
            ["财政", 100, 0, 90, 85, 5, 10],
            ["自筹", 50, None, 50, 40, 10, 0],
            ["合计", 150, 0, 140, 125, 15, 11],
        ],
    )
    found = tell(form)["findings"]
    assert [(f["place"], f["kind"], f["expected"]) for f in found] == [
        ("资金!G4", "balance_does_not_add_up", "10"),
        ("资金!G4", "sum_does_not_add_up", "10"),
    ]


def test_a_blank_form_is_a_form_to_fill_in(tmp_path: Path) -> None:
    blank = tmp_path / "blank.xlsx"
    assert run("--template", blank).exit_code == 0
    refused = run(blank)
    assert refused.exit_code == 1
    assert "at least an indicator" in refused.stderr
    book = load_workbook(blank)
    assert book.sheetnames == ["项目", "资金", "分类", "指标"]
    row: dict[object, object] = {"指标名称": "巡查", "目标值": 10, "实际值": 9, "权重": 20}
    for cell in book["指标"][1]:
        if cell.value in row:
            book["指标"].cell(2, cell.column, row[cell.value])
    book.save(blank)
    told = tell(blank)
    assert told["findings"] == []
    assert told["score"] == 10
    assert told["indicators"][0]["kind"] == "input"


def test_the_filled_form_holds_formulas_and_reads_as_sound(tmp_path: Path) -> None:
    form = write(
        tmp_path / "form.toml",
        FORM.replace("采集率", "=HYPERLINK(1)"),
    )
    filled = tmp_path / "filled.xlsx"
    assert run(form, "--output", filled).exit_code == 0
    book = load_workbook(filled)
    headings = {cell.value: cell.column for cell in book["指标"][1]}
    scores = [book["指标"].cell(row, headings["得分"]).value for row in (2, 3, 4)]
    assert scores[0].startswith("=ROUND(")
    assert "130" in scores[1]
    assert scores[2].endswith("*1.0,2)")
    assert book["指标"].cell(2, headings["指标名称"]).data_type == "s"
    assert book["发现"].cell(2, 1).value == "indicators[3].score"
    told = tell(filled)
    assert told["findings"] == []
    assert told["score"] == 98.75


OPERATORS: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
}


def compute(node: ast.expr, sheet: Any) -> Fraction:
    """Compute a formula of a sheet as a spreadsheet would, but exactly."""
    if isinstance(node, ast.Name):
        return Fraction(str(sheet[node.id].value))
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](compute(node.left, sheet), compute(node.right, sheet))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    values = [compute(argument, sheet) for argument in node.args]
    if node.func.id == "MAX":
        return max(values)
    return Fraction(floor(values[0] * 100 + Fraction(1, 2)), 100)


def test_the_formulas_give_what_the_rules_give(tmp_path: Path) -> None:
    lines = [
        f'[[indicators]]\nclass = "{name}"\nname = "x"\nweight = 12.5\n'
        f"target = 80\nactual = {actual}"
        for name in ("投入", "产出", "效益")
        for actual in (0, 64, 70.1, 79.92, 80, 104, 104.08, 120, 184, 900)
    ]
    lines += [
        f'[[indicators]]\nclass = "效益"\nname = "x"\nweight = 7.5\ngrade = "{grade}"'
        for grade in "优良中低差"
    ]
    form = write(tmp_path / "form.toml", "\n".join(lines))
    assert run(form, "--output", tmp_path / "filled.xlsx").exit_code == 0
    sheet = load_workbook(tmp_path / "filled.xlsx")["指标"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for number, one in enumerate(tell(form)["indicators"], 2):
        for heading, name in (("得分", "score"), ("完成率", "completion")):
            formula = sheet.cell(number, columns[heading]).value
            if one[name] is None:
                assert formula is None
                continue
            computed = compute(ast.parse(formula[1:], mode="eval").body, sheet)
            assert float(computed) == one[name], formula


@pytest.mark.parametrize(
    ("change", "place", "field", "reason"),
    [
        (("actual = 130", 'actual = "many"'), "indicators[2].actual", "actual", "not a number"),
        (("actual = 130", "actual = nan"), "indicators[2].actual", "actual", "not a number"),
        (("actual = 130", "actual = true"), "indicators[2].actual", "actual", "not a number"),
        (("weight = 50", "weight = 9" + "9" * 30), "indicators[2].weight", "weight", "too large"),
        (("year = 2026", 'year = "next"'), "project.year", "year", "not a year"),
        (("= 2026-12-31", '= "2026-02-30"'), "indicators[2].ends_on", "ends_on", "no such day"),
        (('grade = "优"', 'grade = "superb"'), "indicators[3].grade", "grade", "no grade"),
        (('class = "效益指标"', 'class = "其他"'), "indicators[3].class", "class", "no class"),
        (('name = "满意度"\n', ""), "indicators[3]", "name", "is empty"),
        (("evidence =", "proof ="), "indicators[1].proof", "proof", "no field of indicators"),
        (("[[money]]", "[[funds]]"), "funds", "", "no table of a form"),
        (("[[money]]", "[money]"), "money", "", "write it as [[money]]"),
        (("[project]", "[project"), "form.toml", "", "no TOML"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_place_field_and_reason(
    tmp_path: Path, change: tuple[str, str], place: str, field: str, reason: str
) -> None:
    done = run(write(tmp_path / "form.toml", FORM.replace(*change)), "--json")
    assert done.exit_code == 1
    [fault] = json.loads(done.stdout)["errors"]
    assert (fault["place"], fault["field"]) == (place, field)
    assert reason in fault["reason"]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    for name, raw in (("a.xlsx", b""), ("b.xlsx", b"PK\x03\x04 no more"), ("c.xls", b"\xd0\xcf")):
        (tmp_path / name).write_bytes(raw)
        done = run(tmp_path / name)
        assert done.exit_code == 1
        assert "no workbook" in done.stderr
    with zipfile.ZipFile(tmp_path / "d.xlsx", "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("xl/sheet.xml", b"0" * 60_000_000)
    assert "too large" in run(tmp_path / "d.xlsx").stderr
    assert "no sheet of a form" in run(make_book(tmp_path / "e.xlsx", 附表=[[1]])).stderr
    assert "no row of headings" in run(make_book(tmp_path / "f.xlsx", 指标=[["x", 1]])).stderr
    twice = make_book(tmp_path / "g.xlsx", 指标=[["指标名称", "权重", "分值"], ["x", 1, 2]])
    assert "two columns have this heading" in run(twice).stderr


def test_the_command_wants_a_form_or_a_place_for_a_blank_one() -> None:
    assert run().exit_code == 2
