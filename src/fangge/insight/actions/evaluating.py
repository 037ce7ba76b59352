"""Evaluate a form of the performance self-evaluation; without a database."""

from pathlib import Path

from fangge.insight.adapters.filling import write_blank, write_filled
from fangge.insight.adapters.forms import Fault, FormUnreadable, make_form, read_toml
from fangge.insight.adapters.workbooks import read_workbook
from fangge.insight.rules.evaluation.checking import evaluate_form
from fangge.insight.rules.evaluation.form import Evaluation

__all__ = ["Evaluation", "Fault", "FormUnreadable", "evaluate_file", "write_blank", "write_filled"]


def evaluate_file(path: Path) -> Evaluation:
    """Score a form by the published rules, and find what contradicts what.

    Raises FormUnreadable with every cell that cannot be read.
    """
    read = read_toml if path.suffix.lower() == ".toml" else read_workbook
    return evaluate_form(make_form(read(path)))
