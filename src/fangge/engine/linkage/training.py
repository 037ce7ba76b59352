"""Estimate the odds of levels, and the prior, from data: by EM, or from labels."""

from dataclasses import replace
from math import log2

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.linkage.blocking import pair_records
from fangge.engine.linkage.codes import Ints, combine_codes
from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.grouping import count_codes, lead_codes
from fangge.engine.linkage.parameters import Field, Parameters, rescale_prior
from fangge.engine.linkage.schema import MISSING

MOST_PAIRS = 1_000_000
N_ROUNDS = 30
PRIOR_PAIRS = 20.0
"""So many pairs is what was held before worth: rare levels keep near it, others leave it."""
LEAST = 1e-9

Levels = NDArray[np.uint8]
Floats = NDArray[np.float64]


def estimate_parameters(prepared: pl.DataFrame, parameters: Parameters, *, seed: int) -> Parameters:
    """Estimate odds and prior without labels, by expectation and maximisation.

    What it gives is for as many records as there are, rounded up to a power of two.

    Parameters
    ----------
    prepared : polars.DataFrame
        What `prepare_records` gives for the parameters.
    parameters : Parameters
        Fields and blocks, and the odds to start from.
    seed : int
        Draws the random pairs and, where there are more than `MOST_PAIRS`, the candidates.

    Notes
    -----
    Levels among others (u) come from random pairs, agreement on a value from how many subjects
    share it. Levels among matches (m) come from the candidate pairs, counted by their pattern of
    levels, so that a round costs the patterns and not the pairs. Source: Winkler 1988; Fellegi
    and Sunter 1969, JASA 64:1183.
    """
    rng = np.random.default_rng(seed)
    fields = _estimate_others(prepared, parameters, rng)
    totals = {field.name: PRIOR_PAIRS * np.array(field.m) for field in fields}
    for block in parameters.blocks:
        pairs = _draw(pair_records(prepared, replace(parameters, blocks=(block,))), rng)
        levels = compare_pairs(prepared, pairs, parameters)
        free = tuple(field for field in fields if not _is_blocked(field, block))
        for field, weights, held in _maximise(levels, free):
            totals[field] += _count_levels(held, weights, len(totals[field]))
    fields = tuple(replace(field, m=_as_shares(totals[field.name])) for field in fields)
    levels = compare_pairs(prepared, _draw(pair_records(prepared, parameters), rng), parameters)
    return _fit_prior(prepared, levels, replace(parameters, fields=fields))


def _draw(pairs: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    if pairs.height <= MOST_PAIRS:
        return pairs
    return pairs[np.sort(rng.choice(pairs.height, MOST_PAIRS, replace=False))]


def _is_blocked(field: Field, block: tuple[str, ...]) -> bool:
    """Tell fields whose agreement, or near agreement, the block has made sure of."""
    return any(column == field.name or column.startswith(f"{field.name}_") for column in block)


def learn_parameters(
    prepared: pl.DataFrame, labels: pl.DataFrame, parameters: Parameters
) -> Parameters:
    """Take odds and prior from labels: record_id and subject of every record.

    What it gives is for as many records as there are, rounded up to a power of two.
    """
    known = prepared.select("record_id").join(
        labels.select("record_id", "subject"), on="record_id", how="left", maintain_order="left"
    )
    subject = known["subject"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    pairs = pair_records(prepared, parameters)
    levels = compare_pairs(prepared, pairs, parameters)
    left, right = (subject[pairs[side].to_numpy()] for side in ("left", "right"))
    same = (left == right) & (left != 0)
    fields = _estimate_others(prepared, parameters, np.random.default_rng(0))
    matches = levels.filter(pl.Series(same))
    learnt = tuple(
        replace(field, m=_share_levels(matches[field.name].to_numpy(), field.m)) for field in fields
    )
    return _fit_prior(prepared, matches, replace(parameters, fields=learnt))


def _estimate_others(
    prepared: pl.DataFrame, parameters: Parameters, rng: np.random.Generator
) -> tuple[Field, ...]:
    """Estimate how often records of different subjects agree, by field."""
    n_pairs = min(MOST_PAIRS, prepared.height * (prepared.height - 1) // 2)
    ends = rng.integers(0, prepared.height, (2, n_pairs))
    pairs = pl.DataFrame({"left": ends.min(axis=0), "right": ends.max(axis=0)})
    pairs = pairs.filter(pl.col("left") < pl.col("right")).unique().sort("left", "right")
    codes = _identifiers(prepared, parameters)
    left, right = (codes[pairs[side].to_numpy()] for side in ("left", "right"))
    levels = compare_pairs(
        prepared, pairs.filter(pl.Series((left != right) | (left == 0))), parameters
    )
    found = []
    for field in parameters.fields:
        shares = _share_levels(levels[field.name].to_numpy(), field.u)
        top = _share_same(prepared[field.name].to_numpy(), codes)
        if top is not None and field.name != parameters.identifier:
            rest = sum(shares[:-1])
            shares = (*(each * (1 - top) / rest for each in shares[:-1]), top)
        found.append(replace(field, u=shares))
    return tuple(found)


def _identifiers(prepared: pl.DataFrame, parameters: Parameters) -> Ints:
    if parameters.identifier is None:
        return np.zeros(prepared.height, dtype=np.int64)
    return prepared[parameters.identifier].to_numpy()


def _share_same(values: Ints, codes: Ints) -> float | None:
    """Give the chance that two subjects, told apart by identifier, have the same value."""
    said = (values != 0) & (codes != 0)
    if said.sum() < PRIOR_PAIRS:
        return None
    held, whose = values[said].copy(), codes[said].copy()
    once = lead_codes(combine_codes(held, whose)) == np.arange(held.size)
    _, counts = count_codes(held[once])
    n = int(counts.sum())
    same = float((counts * (counts - 1)).sum()) / max(1.0, float(n) * (n - 1))
    return min(0.99, max(same, 1.0 / max(1.0, float(n) * (n - 1))))


def _share_levels(levels: Levels, held: tuple[float, ...]) -> tuple[float, ...]:
    """Give the share of each level among those compared, drawn towards what was held before."""
    counts = _count_levels(levels, np.ones(levels.size), len(held))
    return _as_shares(counts + PRIOR_PAIRS * np.array(held))


def _count_levels(levels: Levels, weights: Floats, n_levels: int) -> Floats:
    said = levels != MISSING
    counts = np.bincount(levels[said], weights=weights[said], minlength=n_levels)
    return counts[:n_levels].astype(np.float64)


def _as_shares(counts: Floats) -> tuple[float, ...]:
    shares = np.maximum(counts / counts.sum(), LEAST)
    return tuple(float(share) for share in shares / shares.sum())


def _maximise(levels: pl.DataFrame, fields: tuple[Field, ...]) -> list[tuple[str, Floats, Levels]]:
    """Go round until the odds among matches settle; give each pattern's matches and levels."""
    names = [field.name for field in fields]
    found = levels.group_by(names).len().sort(names)
    counts = found["len"].to_numpy().astype(np.float64)
    share, expected = 0.5, counts / 2
    for _ in range(N_ROUNDS if counts.size else 0):
        expected = counts / (1 + np.exp2(-_weigh(found, fields, log2(share / (1 - share)))))
        share = float(np.clip(expected.sum() / counts.sum(), 1e-6, 1 - 1e-6))
        fields = tuple(
            replace(
                field,
                m=_as_shares(
                    _count_levels(found[field.name].to_numpy(), expected, len(field.m))
                    + PRIOR_PAIRS * np.array(field.m)
                ),
            )
            for field in fields
        )
    return [(name, expected, found[name].to_numpy()) for name in names]


def _weigh(levels: pl.DataFrame, fields: tuple[Field, ...], prior_bits: float) -> Floats:
    bits = np.full(levels.height, prior_bits)
    for field in fields:
        table = np.zeros(MISSING + 1)
        table[: len(field.m)] = field.weights_bits
        bits += table[levels[field.name].to_numpy()]
    return np.asarray(np.clip(bits, -60, 60))


def _fit_prior(prepared: pl.DataFrame, levels: pl.DataFrame, parameters: Parameters) -> Parameters:
    """Set the prior to the share of all pairs that match, by identifier or by evidence."""
    _, counts = count_codes(_identifiers(prepared, parameters).copy())
    n_same = float((counts * (counts - 1) // 2).sum())
    n = prepared.height
    n_pairs = max(n * (n - 1) / 2, 1.0)
    n_matches = n_same + levels.height / 2
    for _ in range(N_ROUNDS):
        prior = log2(max(n_matches, 1.0) / n_pairs)
        weight = _weigh(levels, parameters.fields, prior)
        n_matches = n_same + float((1 / (1 + np.exp2(-weight))).sum())
    fitted = replace(parameters, prior_bits=prior, n_records=max(n, 2))
    return rescale_prior(fitted, n)
