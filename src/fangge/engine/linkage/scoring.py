"""Levels to match weights."""

import numpy as np
import polars as pl

from fangge.engine.linkage.parameters import Field, Parameters
from fangge.engine.linkage.schema import MISSING

RARITY_MOST_BITS = 3.0
"""Shares of rare values are guesses: they must not decide alone."""


def score_pairs(levels: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Add up the evidence that each pair is one subject.

    Parameters
    ----------
    levels : polars.DataFrame
        left, right and the agreement level of each field; {field}_share where rarity counts.
    parameters : Parameters
        The odds of each level.

    Returns
    -------
    polars.DataFrame
        `levels` with weight: bits (log2 odds, prior included); 0 is even odds.

    Notes
    -----
    A blank is no evidence either way and adds nothing. Where rarity counts, full agreement on a
    value weighs by that value's share of the records. Time O(n_pairs * n_fields).
    Source: Fellegi and Sunter 1969, JASA 64:1183.
    """
    weighed = weigh_fields(levels, parameters)
    weight = np.full(levels.height, parameters.prior_bits, dtype=np.float32)
    for field in parameters.fields:
        weight += weighed[f"{field.name}_bits"].to_numpy()
    return levels.with_columns(weight=pl.Series(weight, dtype=pl.Float32))


def weigh_fields(levels: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Give `levels` with {field}_bits for each field: what its level says for one subject."""
    bits = {}
    for field in parameters.fields:
        table = np.zeros(MISSING + 1, dtype=np.float32)
        table[: len(field.m)] = field.weights_bits
        level = levels[field.name].to_numpy()
        weight = table[level]
        if field.counts_rarity:
            weight = weight + _rarity_bits(field, level, levels[f"{field.name}_share"].to_numpy())
        bits[f"{field.name}_bits"] = pl.Series(weight, dtype=pl.Float32)
    return levels.with_columns(**bits)


def _rarity_bits(field: Field, level: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Give the bits that the value's own share adds to full agreement, within RARITY_MOST_BITS."""
    top = len(field.m) - 1
    bits = np.log2(field.u[top] / np.where(level == top, share, field.u[top]))
    return np.asarray(np.clip(bits, -RARITY_MOST_BITS, RARITY_MOST_BITS), dtype=np.float32)
