"""Linking on Spark: the same files in and out, the work dealt out to a cluster."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from fangge.command.link.fusing import (
    PARAMETERS,
    PERSON_NAMES,
    Fused,
    Spread,
    choose_entries,
    tell_decisions,
)
from fangge.command.link.reading import SCHEMAS, InputUnreadable, find_files
from fangge.engine.linkage.distributed import (
    choose_distributed,
    link_distributed,
    measure_distributed,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KINDS = ("residents", "organisations")
"""Dwellings are found by address, which needs no pairs: they are linked without Spark."""
SETTINGS = {
    # The driver takes a few numbers for each record: more than Spark's bound where there are many.
    "spark.driver.maxResultSize": "0",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "200000",
    "spark.ui.showConsoleProgress": "false",
    "spark.ui.enabled": "false",
}
SPARK_TYPES = {pl.Int64: "bigint", pl.String: "string", pl.Date: "date"}


def open_session(master: str, settings: Mapping[str, str]) -> "SparkSession":
    """Start a session, or say what is missing."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "Spark is not installed: pip install 'fangge[spark]'."
        ) from error
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise click.ClickException("Spark needs Java 17: install it, or set JAVA_HOME.")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("fangge link")
    for name, value in (SETTINGS | dict(settings)).items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise click.ClickException(f"Spark at {master} does not answer: {error}") from error


def fuse_on_spark(
    kind: str,
    source: Path,
    spark: "SparkSession",
    *,
    precedence: Mapping[str, int],
    tell: Callable[[str], None],
) -> Fused:
    """Link one kind as `fuse_records` does; its entries stay with the workers until written."""
    rows = read_rows(kind, source, spark)
    n_shards = int(spark.conf.get("spark.sql.shuffle.partitions"))
    linked = link_distributed(rows, PARAMETERS[kind](), n_shards=n_shards)
    tell(f"link_{kind}")

    common = measure_distributed(rows, PERSON_NAMES[kind])
    choose = partial(choose_entries, precedence=precedence, common=common)
    entries = choose_distributed(rows, linked.clusters, choose, n_shards=n_shards)
    return Fused(tell_decisions(linked), Spread(partial(_write_parts, entries)), linked.pairs)


def _write_parts(entries: "DataFrame", folder: Path) -> None:
    """Let each worker write its part, and leave nothing but Parquet in the folder."""
    entries.write.parquet(str(folder), compression="zstd")
    for path in folder.iterdir():
        if path.suffix != ".parquet" or path.name.startswith("."):
            path.unlink()


def read_rows(kind: str, source: Path, spark: "SparkSession") -> "DataFrame":
    """Open the files of a kind; their columns must have the engine's types already."""
    files = [str(path) for path in find_files(source, kind)]
    rows = spark.read.parquet(*files)
    held = dict(rows.dtypes)
    for name, wanted in SCHEMAS[kind].items():
        if held.get(name) != SPARK_TYPES[wanted]:
            raise InputUnreadable(
                f"{files[0]}, column {name}: Spark needs {SPARK_TYPES[wanted]}, "
                f"and the file has {held.get(name, 'no such column')}."
            )
    rows = rows.select(*SCHEMAS[kind])
    twice = rows.groupBy("record_id").count().filter("count > 1 OR record_id IS NULL").head()
    if twice is not None:
        raise InputUnreadable(
            f"column record_id: {twice[0]} stands in {twice[1]} rows of {kind}*.parquet. "
            "Each record needs a number of its own."
        )
    return rows
