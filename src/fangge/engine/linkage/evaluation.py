"""Precision and recall of clusters against labelled truth."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well clusters agree with the truth, by pairs of records (0 to 1)."""

    precision: float
    recall: float
    f1: float
    n_true_pairs: int
    n_found_pairs: int


def compare_clusters(predicted: pl.DataFrame, truth: pl.DataFrame) -> Agreement:
    """Compare clusters pairwise.

    Parameters
    ----------
    predicted, truth : polars.DataFrame
        record_id with `cluster` and with `subject`; records missing from either are left out.
    """
    both = predicted.select("record_id", "cluster").join(
        truth.select("record_id", "subject"), on="record_id"
    )
    n_found = _count_pairs(both, ["cluster"])
    n_true = _count_pairs(both, ["subject"])
    n_right = _count_pairs(both, ["cluster", "subject"])
    precision = n_right / n_found if n_found else 1.0
    recall = n_right / n_true if n_true else 1.0
    total = precision + recall
    return Agreement(
        precision, recall, 2 * precision * recall / total if total else 0.0, n_true, n_found
    )


def _count_pairs(frame: pl.DataFrame, keys: list[str]) -> int:
    sizes = frame.group_by(keys).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())
