"""`fangge evaluate`: score a performance self-evaluation, and find what contradicts what in it."""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fangge.command.output import print_json

if TYPE_CHECKING:
    from fangge.insight.actions.evaluating import Evaluation, FormUnreadable

HEADINGS = ("place", "class", "indicator", "target", "actual", "reached", "weight", "score", "said")
FINDING = ("place", "field", "found", "expected", "reason")


@click.command("evaluate")
@click.argument(
    "form", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
@click.option("--strict", is_flag=True, help="Exit 1 when anything was found.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the form as a workbook, with the scores as formulas.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a blank form to this workbook.",
)
def command(
    *, form: Path | None, as_json: bool, strict: bool, output: Path | None, template: Path | None
) -> None:
    """Score FORM (.xlsx or .toml) by the published rules; without a database.

    Every figure that contradicts another is told with its place, what stands there and what was
    expected. A cell that cannot be read is told likewise, and exit is 1.

    \b
    Example:
      fangge evaluate --template form.xlsx
      fangge evaluate form.xlsx --output scored.xlsx
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.insight.actions.evaluating import (
        FormUnreadable,
        evaluate_file,
        write_blank,
        write_filled,
    )

    if template:
        write_blank(template)
        click.echo(f"{template}: a blank form", err=True)
    if form is None:
        if template is None:
            raise click.UsageError("Name a form, or write a blank one with --template.")
        return
    try:
        told = evaluate_file(form)
    except FormUnreadable as error:
        _tell_faults(error, as_json=as_json)
        raise SystemExit(1) from error
    if output:
        write_filled(told, output)
        click.echo(f"{output}: the form with its scores", err=True)
    if as_json:
        print_json(_write_json(told))
    else:
        _print_form(told)
    if strict and told.findings:
        raise SystemExit(1)


def _tell_faults(error: "FormUnreadable", *, as_json: bool) -> None:
    faults = [{"place": f.place, "field": f.field, "reason": f.reason} for f in error.faults]
    if as_json:
        print_json({"errors": faults})
    for fault in faults:
        click.echo(" ".join(filter(None, fault.values())), err=True)


def _write_json(told: "Evaluation") -> dict[str, object]:
    project = told.form.project
    return {
        "project": project.name,
        "starts_on": project.starts_on,
        "ends_on": project.ends_on,
        "full_marks": _number(project.full_marks),
        "score": _number(told.score),
        "said_score": _number(project.score),
        "classes": [
            {"class": name, "score": _number(score)} for name, score in told.class_scores.items()
        ],
        "indicators": [
            {
                "place": one.indicator.places.row,
                "class": one.indicator.class_name,
                "kind": one.indicator.kind,
                "name": one.indicator.name,
                "completion": _number(one.reached),
                "weight": _number(one.indicator.weight),
                "score": _number(one.score),
                "said_score": _number(one.indicator.score),
                "evidence": one.indicator.evidence,
            }
            for one in told.scored
        ],
        "n_findings": len(told.findings),
        "findings": [
            {
                "place": found.place,
                "field": found.field,
                "kind": found.kind,
                "found": found.found,
                "expected": found.expected,
                "reason": found.reason,
            }
            for found in told.findings
        ],
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _print_form(told: "Evaluation") -> None:
    project = told.form.project
    click.echo(f"{project.name}  {project.starts_on or ''} – {project.ends_on or ''}\n")
    rows = [
        (
            one.indicator.places.row,
            one.indicator.class_name,
            one.indicator.name,
            _say(one.indicator.target),
            one.indicator.grade or _say(one.indicator.actual),
            "" if one.reached is None else f"{one.reached}%",
            _say(one.indicator.weight),
            _say(one.score),
            _say(one.indicator.score),
        )
        for one in told.scored
    ]
    _print_table(HEADINGS, rows)
    whole = f" of {_say(project.full_marks)}" if project.full_marks else ""
    click.echo(f"\nscore {_say(told.score) or 'unknown'}{whole}")
    if told.findings:
        click.echo(f"\n{len(told.findings)} found:")
        _print_table(
            FINDING, [(f.place, f.field, f.found, f.expected, f.reason) for f in told.findings]
        )


def _say(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(_width, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        padded = (
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        click.echo("  ".join(padded).rstrip())
