"""Weights to link, review or leave."""

import polars as pl

from fangge.engine.linkage.parameters import Parameters


def decide_pairs(scored: pl.DataFrame, parameters: Parameters) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split scored pairs into those that link and those for a person; the others are left."""
    weight = pl.col("weight")
    linked = scored.filter(weight >= parameters.link_from_bits)
    doubtful = scored.filter(
        (weight >= parameters.review_from_bits) & (weight < parameters.link_from_bits)
    )
    return linked, doubtful
