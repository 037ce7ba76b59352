"""Measure a run on a generated district against its truth."""

from dataclasses import asdict
from pathlib import Path

import polars as pl

from fangge.engine.linkage.evaluation import compare_clusters
from fangge.fusion.queries.records import decided_records


def measure_accuracy(folder: Path) -> dict[str, dict[str, float]]:
    """Give address top-1 accuracy and linkage precision and recall."""
    truth = pl.read_parquet(folder / "truth.parquet").filter(~pl.col("broken"))
    decided = decided_records()
    return {
        "address": _measure_addresses(truth, decided),
        "residents": _measure_linkage(truth, decided, "resident"),
        "dwellings": _measure_linkage(truth, decided, "dwelling"),
        "tenancies": _measure_linkage(truth, decided, "tenancy"),
        "organisations": _measure_linkage(truth, decided, "organisation"),
    }


def _measure_addresses(truth: pl.DataFrame, decided: pl.DataFrame) -> dict[str, float]:
    """Compare the address that each text was taken for with the one it means."""
    columns = {"现住址": "resident", "dz": "resident", "房屋地址": "dwelling", "经营地址": "trades"}
    meant = truth.filter(pl.col("address_text").is_not_null()).with_columns(
        part=pl.col("address_column").replace_strict(columns, default=None)
    )
    both = meant.join(decided.filter(pl.col("kind") == "address"), on=["source", "row_no", "part"])
    right = (pl.col("address_code") == pl.col("entry_code")).fill_null(value=False)
    found = both.select(
        right.mean().alias("top1"),
        right.filter(pl.col("entry_code").is_not_null()).mean().alias("right_when_asserted"),
        pl.col("entry_code").is_not_null().mean().alias("asserted"),
    ).row(0, named=True)
    return {"n_texts": both.height, **{name: round(value, 6) for name, value in found.items()}}


def _measure_linkage(truth: pl.DataFrame, decided: pl.DataFrame, kind: str) -> dict[str, float]:
    parts = decided.filter((pl.col("kind") == kind) & pl.col("entry_id").is_not_null())
    both = parts.join(
        truth.select("source", "row_no", part="role", subject="subject"),
        on=["source", "row_no", "part"],
    ).with_row_index("number")
    keyed = both.select(pl.col("number").alias("record_id"), "entry_id", "subject")
    agreement = compare_clusters(
        keyed.select("record_id", cluster="entry_id"), keyed.select("record_id", "subject")
    )
    return {key: round(value, 6) for key, value in asdict(agreement).items()}
