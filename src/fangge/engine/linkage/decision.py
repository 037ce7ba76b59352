"""Weights to link, review or leave."""

import polars as pl

from fangge.engine.linkage.parameters import Parameters


def decide_pairs(scored: pl.DataFrame, parameters: Parameters) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split scored pairs into those that link and those for a person; the others are left.

    What a decision costs sets the weights: see `Costs`.
    """
    weight = pl.col("weight")
    link_from, review_from = parameters.link_from_bits, parameters.review_from_bits
    linked = scored.filter(weight >= link_from)
    doubtful = scored.filter((weight >= review_from) & (weight < link_from))
    return linked, doubtful
