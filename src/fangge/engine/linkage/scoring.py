"""Levels to match weights."""

import numpy as np
import polars as pl

from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.grouping import count_codes
from fangge.engine.linkage.parameters import Field, Parameters
from fangge.engine.linkage.schema import MISSING, VALUE_COUNTS

RARITY_MOST_BITS = 4.0
"""Counts of rare values are guesses: they must not decide alone."""
STEPS_A_BIT = 2


def count_values(prepared: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Count how often each value occurs, of the fields where rarity counts: VALUE_COUNTS."""
    counted = [pl.DataFrame(schema=dict(VALUE_COUNTS))]
    for field in parameters.fields:
        if field.counts_rarity:
            values, n = count_codes(prepared[field.name].to_numpy())
            order = np.argsort(values)
            name = pl.repeat(field.name, len(values), dtype=pl.String, eager=True)
            counted.append(pl.DataFrame({"field": name, "value": values[order], "n": n[order]}))
    return pl.concat(counted).sort("field", maintain_order=True)


def score_pairs(
    prepared: pl.DataFrame, levels: pl.DataFrame, counts: pl.DataFrame, parameters: Parameters
) -> pl.DataFrame:
    """Add up the evidence that each pair is one subject.

    Parameters
    ----------
    prepared : polars.DataFrame
        What `prepare_records` gives.
    levels : polars.DataFrame
        PLACES and the agreement level of each field.
    counts : polars.DataFrame
        What `count_values` gives.
    parameters : Parameters
        The odds of each level.

    Returns
    -------
    polars.DataFrame
        PLACES and weight as Float32: bits (log2 odds, prior included); 0 is even odds.

    Notes
    -----
    A blank is no evidence either way and adds nothing. Where rarity counts, full agreement on a
    value weighs by that value's share of the records. Time O(n_pairs * n_fields).
    Source: Fellegi and Sunter 1969, JASA 64:1183.
    """
    bits = weigh_fields(prepared, levels, counts, parameters)
    weight = np.full(levels.height, parameters.prior_bits, dtype=np.float32)
    for field in parameters.fields:
        weight += bits[field.name]
    return levels.select("left", "right", pl.Series("weight", weight))


def weigh_fields(
    prepared: pl.DataFrame, levels: pl.DataFrame, counts: pl.DataFrame, parameters: Parameters
) -> dict[str, np.ndarray]:
    """Give for each field what each pair's level says for one subject, in bits."""
    found = {}
    for field in parameters.fields:
        table = np.zeros(MISSING + 1, dtype=np.float32)
        table[: len(field.m)] = field.weights_bits
        level = levels[field.name].to_numpy()
        found[field.name] = table[level]
        if field.counts_rarity:
            same = np.flatnonzero(level == len(field.m) - 1)
            values = prepared[field.name].to_numpy()[levels["left"].to_numpy()[same]]
            found[field.name][same] += _rarity_bits(field, values, counts, parameters.n_records)
    return found


def _rarity_bits(field: Field, values: Ints, counts: pl.DataFrame, n_records: int) -> np.ndarray:
    """Give the bits that a value's own share adds to full agreement, within RARITY_MOST_BITS.

    Counts are taken in steps of half a bit, so that few weights change when a record does.
    """
    held = counts.filter(pl.col("field") == field.name)
    at = np.searchsorted(held["value"].to_numpy(), values)
    steps = count_steps(held["n"].to_numpy())[at] if held.height else np.zeros(len(at))
    bits = np.log2(field.u[-1] * n_records) - steps / STEPS_A_BIT
    return np.asarray(np.clip(bits, -RARITY_MOST_BITS, RARITY_MOST_BITS), dtype=np.float32)


def count_steps(n: Ints) -> np.ndarray:
    """Give counts on the scale in which they weigh."""
    return np.asarray(np.rint(STEPS_A_BIT * np.log2(np.maximum(n, 1))))
