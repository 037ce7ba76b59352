"""Cluster to one best record, with provenance."""

from collections.abc import Mapping

import polars as pl

UNKNOWN_RANK = 1_000
NOT_VALUES = ("record_id", "source", "updated_on")


def choose_values(
    records: pl.DataFrame, clusters: pl.DataFrame, precedence: Mapping[str, int]
) -> pl.DataFrame:
    """Choose the value of each field of each subject, and say which record it came from.

    Parameters
    ----------
    records : polars.DataFrame
        record_id, source, updated_on and the fields.
    clusters : polars.DataFrame
        record_id and cluster.
    precedence : mapping of source to rank
        Lower speaks first; a source that is not named speaks last.

    Returns
    -------
    polars.DataFrame
        cluster, and for each field its value and {field}_record. A value that most records of
        the subject share wins; then the source that speaks first; then the newer record; then
        the one with the smaller record_id, so that the order of rows never matters.
    """
    fields = [name for name in records.columns if name not in NOT_VALUES]
    ranked = records.join(clusters.select("record_id", "cluster"), on="record_id").with_columns(
        rank=pl.col("source").replace_strict(
            dict(precedence), default=UNKNOWN_RANK, return_dtype=pl.Int32
        )
    )
    ranked = ranked.sort(
        ["rank", "updated_on", "record_id"], descending=[False, True, False], nulls_last=True
    )
    chosen = ranked.select(pl.col("cluster").unique()).sort("cluster")
    for field in fields:
        best = (
            ranked.select("cluster", field, "record_id")
            .drop_nulls(field)
            .with_columns(n_same=pl.len().over("cluster", field), n_all=pl.len().over("cluster"))
            # Two of three outvote the first source; one against one does not.
            .with_columns(outvotes=pl.col("n_same") * 2 > pl.col("n_all"))
            .sort("outvotes", descending=True, maintain_order=True)
            .unique("cluster", keep="first", maintain_order=True)
            .select("cluster", field, pl.col("record_id").alias(f"{field}_record"))
        )
        chosen = chosen.join(best, on="cluster", how="left", maintain_order="left")
    return chosen
