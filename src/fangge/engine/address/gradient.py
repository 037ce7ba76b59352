"""Gradient steps of a conditional random field whose labels may be known in part only."""

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.labels import N_COLUMNS, N_LABELS

LEAST_GRADIENT = 1e-4
_ANY = np.uint32((1 << N_LABELS) - 1)

Floats = NDArray[np.float32]
Sets = NDArray[np.uint32]
"""A bit for each label that a character may have."""


@numba.njit(cache=True)
def _spread(
    odds: Floats,
    allowed: Sets,
    step: Floats,
    size: int,
    ahead: Floats,
    behind: Floats,
    sums: Floats,
) -> float:
    """Spread odds over all paths of allowed labels; returns the logarithm of their sum.

    `ahead * behind` then is the probability of each label at each place; NaN where no path is.
    """
    row = np.empty(N_COLUMNS, np.float32)
    total = 0.0
    for i in range(size):
        if i == 0:
            row[:] = step[N_COLUMNS]
        else:
            _step_ahead(ahead[i - 1], step, row)
        sums[i] = _take_allowed(row, odds[i], allowed[i], ahead[i])
        if not sums[i] > 0.0:
            return np.nan
        total += np.log(sums[i])
    behind[size - 1] = 1.0
    for i in range(size - 2, -1, -1):
        _step_back(behind[i + 1], odds[i + 1] / sums[i + 1], allowed[i + 1], step, behind[i])
    return total


@numba.njit(cache=True)
def _step_ahead(before: Floats, step: Floats, row: Floats) -> None:
    row[:] = 0.0
    for x in range(N_LABELS):
        share = before[x]
        if share > 0.0:
            for y in range(N_COLUMNS):
                row[y] += share * step[x, y]


@numba.njit(cache=True)
def _take_allowed(row: Floats, odds: Floats, allowed: np.uint32, ahead: Floats) -> np.float32:
    """Weigh the allowed labels by their odds, in shares of one; returns their sum."""
    mass = np.float32(0.0)
    for y in range(N_COLUMNS):
        ahead[y] = row[y] * odds[y] if (allowed >> np.uint32(y)) & 1 else 0.0
        mass += ahead[y]
    for y in range(N_COLUMNS):
        ahead[y] /= mass
    return mass


@numba.njit(cache=True)
def _step_back(
    after: Floats, odds: Floats, allowed: np.uint32, step: Floats, behind: Floats
) -> None:
    behind[:] = 0.0
    for y in range(N_LABELS):
        if (allowed >> np.uint32(y)) & 1:
            share = after[y] * odds[y]
            for x in range(N_COLUMNS):
                behind[x] += step[x, y] * share


@numba.njit(cache=True)
def _count_moves(  # noqa: PLR0913, PLR0917 - Numba takes arrays by place, not by name
    odds: Floats,
    allowed: Sets,
    step: Floats,
    size: int,
    ahead: Floats,
    behind: Floats,
    sums: Floats,
    sign: float,
    counts: Floats,
) -> None:
    """Add how often each move is expected, times a sign."""
    row = np.empty(N_COLUMNS, np.float32)
    for y in range(N_COLUMNS):
        counts[N_COLUMNS, y] += sign * ahead[0, y] * behind[0, y]
    for i in range(1, size):
        for y in range(N_COLUMNS):
            can = (allowed[i] >> np.uint32(y)) & 1
            row[y] = sign * behind[i, y] * odds[i, y] / sums[i] if can else 0.0
        for x in range(N_LABELS):
            share = ahead[i - 1, x]
            if share > LEAST_GRADIENT * 0.01:
                for y in range(N_COLUMNS):
                    counts[x, y] += share * step[x, y] * row[y]


@numba.njit(cache=True)
def _add_up(
    places: NDArray[np.int32], weights: Floats, dropped: float, chances: Floats, drawn: int,
    kept: NDArray[np.int32], odds: Floats,
) -> int:  # fmt: skip
    """Add up weights of a text's features, some left out by chance; returns the draws made."""
    for i in range(places.shape[0]):
        odds[i] = 0.0
        for t in range(places.shape[1]):
            feature = places[i, t]
            if feature >= 0:
                if chances[drawn % len(chances)] < dropped:
                    feature = -1
                drawn += 1
            kept[i, t] = feature
            if feature >= 0:
                for y in range(N_COLUMNS):
                    odds[i, y] += weights[feature, y]
        top = odds[i].max()
        for y in range(N_COLUMNS):
            odds[i, y] = np.exp(odds[i, y] - top)
    return drawn


@numba.njit(cache=True)
def descend(  # noqa: PLR0913, PLR0917 - Numba takes arrays by place, not by name
    places: NDArray[np.int32],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    allowed: Sets,
    order: NDArray[np.int64],
    weights: Floats,
    past: Floats,
    moves: Floats,
    moves_past: Floats,
    rate: float,
    dropped: float,
    chances: Floats,
) -> float:
    """Show every text once, changing weights and moves in place; returns the loss before.

    Notes
    -----
    Steps are scaled by past gradients. Source: Lafferty et al. 2001, ICML; Duchi et al. 2011,
    JMLR 12:2121.
    """
    most = max(1, sizes.max())
    shape = (most, N_COLUMNS)
    odds = np.empty(shape, np.float32)
    ahead, behind, sums = np.empty_like(odds), np.empty_like(odds), np.empty(most, np.float32)
    ahead_true, behind_true, sums_true = (
        np.empty_like(odds),
        np.empty_like(odds),
        np.empty(most, np.float32),
    )
    kept = np.empty((most, places.shape[1]), np.int32)
    counts = np.empty_like(moves)
    free = np.full(most, _ANY)
    step = np.exp(moves)
    loss, drawn = 0.0, 0
    for text in order:
        size, start = sizes[text], starts[text]
        if size == 0:
            continue
        true = allowed[start : start + size]
        drawn = _add_up(places[start : start + size], weights, dropped, chances, drawn, kept, odds)
        all_paths = _spread(odds, free, step, size, ahead, behind, sums)
        true_paths = _spread(odds, true, step, size, ahead_true, behind_true, sums_true)
        if np.isnan(all_paths) or np.isnan(true_paths):
            continue
        loss += all_paths - true_paths
        for i in range(size):
            for y in range(N_LABELS):
                gradient = ahead[i, y] * behind[i, y] - ahead_true[i, y] * behind_true[i, y]
                if abs(gradient) > LEAST_GRADIENT:
                    _change(kept[i], y, gradient, weights, past, rate)
        counts[:] = 0.0
        _count_moves(odds, free, step, size, ahead, behind, sums, 1.0, counts)
        _count_moves(odds, true, step, size, ahead_true, behind_true, sums_true, -1.0, counts)
        _change_moves(counts, moves, moves_past, rate, step)
    return loss


@numba.njit(cache=True)
def _change(
    kept: NDArray[np.int32], y: int, gradient: float, weights: Floats, past: Floats, rate: float
) -> None:
    for t in range(len(kept)):
        feature = kept[t]
        if feature >= 0:
            past[feature, y] += gradient * gradient
            weights[feature, y] -= rate * gradient / np.sqrt(past[feature, y])


@numba.njit(cache=True)
def _change_moves(counts: Floats, moves: Floats, past: Floats, rate: float, step: Floats) -> None:
    for x in range(moves.shape[0]):
        for y in range(moves.shape[1]):
            gradient = counts[x, y]
            if abs(gradient) > LEAST_GRADIENT and step[x, y] > 0.0:
                past[x, y] += gradient * gradient
                moves[x, y] -= rate * gradient / np.sqrt(past[x, y])
                step[x, y] = np.exp(moves[x, y])
