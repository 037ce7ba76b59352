"""How right clusters and entries are, where the truth stands beside the records."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from fangge.command.link.reading import find_records, read_table
from fangge.engine.linkage.evaluation import compare_clusters

VALUES = {
    "residents": ("name", "identifier", "birth_on", "phone"),
    "organisations": ("name", "credit_code", "founded_on", "phone"),
}
"""The fields whose surviving values are compared with the true ones."""


def measure_clusters(folder: Path, kind: str, clusters: pl.DataFrame) -> dict[str, Any] | None:
    """Give precision, recall and F1 by pairs; nothing where no truth stands beside the records."""
    truth = _read_truth(folder, kind)
    if truth is None:
        return None
    agreement = compare_clusters(clusters.select("record_id", cluster="entry_id"), truth)
    return {name: _round(value) for name, value in asdict(agreement).items()}


def measure_values(
    folder: Path, kind: str, clusters: pl.DataFrame, entries: Path
) -> dict[str, dict[str, float]] | None:
    """Tell by field how many entries hold a value, and how many of those the right one (0 to 1).

    An entry speaks of the subject that most of its records speak of; values that the subject does
    not have are left out. Blanks and dots in a name, and capitals, are a matter of style.
    """
    truth, path = _read_truth(folder, kind), find_records(folder) / "subjects.parquet"
    if truth is None or not path.exists() or kind not in VALUES:
        return None
    true = read_table(path).filter(pl.col("kind") == kind)
    whose = (
        clusters.join(truth, on="record_id")
        .group_by("entry_id", "subject")
        .len()
        .sort("entry_id", "len", "subject", descending=[False, True, False])
        .unique("entry_id", keep="first", maintain_order=True)
    )
    both = (
        pl.read_parquet(entries).join(whose, on="entry_id").join(true, on="subject", suffix="_true")
    )
    return {field: _compare_field(both, field) for field in VALUES[kind]}


def _compare_field(both: pl.DataFrame, field: str) -> dict[str, float]:
    true = both.drop_nulls(f"{field}_true")
    held = true.drop_nulls(field)
    said, known = held[field], held[f"{field}_true"]
    if field == "name":
        said, known = (
            names.str.replace_all(r"[\s·•・．.]", "").str.to_lowercase() for names in (said, known)
        )
    return {
        "right": _round(int((said == known).sum()) / max(1, held.height)),
        "held": _round(held.height / max(1, true.height)),
    }


def _read_truth(folder: Path, kind: str) -> pl.DataFrame | None:
    path = find_records(folder) / "truth.parquet"
    if not path.exists():
        return None
    truth = read_table(path)
    if "kind" in truth.columns:
        truth = truth.filter(pl.col("kind") == kind)
    return truth.select("record_id", "subject")


def _round(value: float) -> float:
    return round(value, 6)
