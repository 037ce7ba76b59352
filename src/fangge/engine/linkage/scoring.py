"""Levels to match weights."""

import numpy as np
import polars as pl

from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.schema import MISSING


def score_pairs(levels: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Add up the evidence that each pair is one subject.

    Parameters
    ----------
    levels : polars.DataFrame
        left, right and the agreement level of each field.
    parameters : Parameters
        The odds of each level.

    Returns
    -------
    polars.DataFrame
        `levels` with weight: bits (log2 odds, prior included); 0 is even odds.

    Notes
    -----
    A blank is no evidence either way and adds nothing. Time O(n_pairs * n_fields).
    Source: Fellegi and Sunter 1969, JASA 64:1183.
    """
    weight = np.full(levels.height, parameters.prior_bits, dtype=np.float32)
    for field in parameters.fields:
        table = np.zeros(MISSING + 1, dtype=np.float32)
        table[: len(field.m)] = field.weights_bits
        weight += table[levels[field.name].to_numpy()]
    return levels.with_columns(weight=pl.Series(weight, dtype=pl.Float32))
