"""Fit the tagger from labelled text."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import Kind
from fangge.engine.address.features import hash_features, lay_out
from fangge.engine.address.normalise import as_texts, fold_texts
from fangge.engine.address.tagger import (
    LEAST_SCORE,
    N_LABELS,
    TAGGED,
    Floats,
    Model,
    find_features,
    score_places,
    spread_odds,
)

LABELS: dict[str, Kind] = {
    "prov": Kind.PROVINCE,
    "city": Kind.CITY,
    "district": Kind.DISTRICT,
    "town": Kind.SUBDISTRICT,
    **dict.fromkeys(("community", "village", "village_group", "group"), Kind.COMMUNITY),
    "devzone": Kind.DEVELOPMENT_ZONE,
    **dict.fromkeys(("road", "subroad"), Kind.ROAD),
    **dict.fromkeys(("roadno", "subroadno"), Kind.NUMBER),
    **dict.fromkeys(("poi", "subpoi"), Kind.ESTATE),
    "houseno": Kind.BUILDING,
    "cellno": Kind.UNIT,
    "floorno": Kind.FLOOR,
    "roomno": Kind.ROOM,
    "intersection": Kind.INTERSECTION,
    **dict.fromkeys(("assist", "direction", "distance"), Kind.DIRECTION),
    "person": Kind.PERSON,
    "redundant": Kind.REDUNDANT,
}
LEAST_SEEN = 3
MOST_FEATURES = 150_000
LEARNING_RATE = 0.2
DROPPED = 0.15
N_CHANCES = 1_000_003  # a prime, so that no feature always meets the same draw
LEAST_GRADIENT = 1e-4


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts, and the label of each of their characters one text after the other."""

    texts: pl.Series
    labels: NDArray[np.int16]


def read_labelled(paths: Iterable[Path]) -> Labelled:
    """Read files of one JSON object a line: text, and spans of start, end and label."""
    texts: list[str] = []
    labels: list[NDArray[np.int16]] = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts.append(row["text"])
            labels.append(label_text(len(row["text"]), row["spans"]))
    every = np.concatenate(labels) if labels else np.zeros(0, dtype=np.int16)
    return Labelled(as_texts(texts), every)


def label_text(size: int, spans: Iterable[tuple[int, int, str]]) -> NDArray[np.int16]:
    """Turn spans into a label a character; labels that nobody knows count as nothing."""
    labels = np.zeros(size, dtype=np.int16)
    for start, end, name in spans:
        kind = LABELS.get(name.lower())
        if kind is not None:
            number = TAGGED.index(kind)
            labels[start:end] = 2 + 2 * number
            labels[start] = 1 + 2 * number
    return labels


def train_tagger(
    labelled: Labelled,
    *,
    seed: int,
    n_rounds: int = 12,
    tell: Callable[[str], None] = lambda _: None,
) -> Model:
    """Fit a linear-chain conditional random field by stochastic gradient.

    Parameters
    ----------
    labelled : Labelled
        What to learn from; the same texts, order and seed give the same model.
    seed : int
        For the order of texts and for the features left out at each step.
    n_rounds : int
        How often every text is shown.
    tell : callable
        Told of each finished round.

    Returns
    -------
    Model
        The `MOST_FEATURES` features of the largest weights, in 16 bits.

    Notes
    -----
    Steps are scaled by past gradients. Source: Lafferty et al. 2001, ICML; Duchi et al. 2011,
    JMLR 12:2121.
    """
    folded = fold_texts(labelled.texts)
    codes, starts = lay_out(folded)
    sizes = folded.str.len_chars().to_numpy().astype(np.int64)
    hashes = hash_features(codes)
    keys = _frequent(hashes)
    tell(f"{len(keys)} features")
    places = find_features(hashes, keys)
    labels = _place_labels(labelled, starts, sizes, len(codes))
    weights = np.zeros((len(keys), N_LABELS), dtype=np.float32)
    past = np.full((len(keys), N_LABELS), 1e-2, dtype=np.float32)
    moves, moves_past = _first_moves(), np.full((N_LABELS + 1, N_LABELS), 1e-2, dtype=np.float32)
    rng = np.random.default_rng(seed)
    average = np.zeros_like(weights)
    moves_average = np.zeros_like(moves)
    for n in range(n_rounds):
        rate = LEARNING_RATE * (1.0 - 0.8 * n / n_rounds)
        order = rng.permutation(len(sizes))
        chances = rng.random(N_CHANCES, dtype=np.float32)
        loss = _train_round(
            places, starts, sizes, labels, order,
            weights, past, moves, moves_past, rate, chances,
        )  # fmt: skip
        if n >= n_rounds // 2:
            average += weights
            moves_average += moves
        tell(f"round {n + 1} of {n_rounds}: loss {loss / max(1, len(sizes)):.4f}")
    n_averaged = n_rounds - n_rounds // 2
    average /= n_averaged
    moves_average /= n_averaged
    return _prune(keys, average, moves_average)


def _frequent(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    every, counts = np.unique(hashes[hashes[:, 0] != 0].ravel(), return_counts=True)
    frequent: NDArray[np.uint64] = every[(counts >= LEAST_SEEN) & (every != 0)]
    return frequent


def _place_labels(
    labelled: Labelled, starts: NDArray[np.int64], sizes: NDArray[np.int64], n_places: int
) -> NDArray[np.int16]:
    """Put the labels where their characters lie; a text read only in part loses its end."""
    whole = labelled.texts.str.len_chars().to_numpy().astype(np.int64)
    begins = np.concatenate([[0], np.cumsum(whole)])[:-1]
    placed = np.zeros(n_places, dtype=np.int16)
    for start, size, begin in zip(starts, sizes, begins, strict=True):
        placed[start : start + size] = labelled.labels[begin : begin + size]
    return placed


def _first_moves() -> NDArray[np.float32]:
    """Forbid going on with an element that was not begun."""
    moves = np.zeros((N_LABELS + 1, N_LABELS), dtype=np.float32)
    for y in range(2, N_LABELS, 2):
        allowed = (y - 1, y)
        for x in range(N_LABELS + 1):
            if x not in allowed:
                moves[x, y] = LEAST_SCORE
    return moves


def _prune(
    keys: NDArray[np.uint64], weights: NDArray[np.float32], moves: NDArray[np.float32]
) -> Model:
    force = np.abs(weights).max(axis=1)
    kept = np.sort(np.argsort(-force, kind="stable")[:MOST_FEATURES])
    scale = float(force.max()) / 32_000 if len(kept) else 1.0
    return Model(
        keys=keys[kept],
        weights=np.rint(weights[kept] / scale).astype(np.int16),
        moves=moves,
        scale=scale,
    )


@numba.njit(cache=True)
def _train_round(  # noqa: PLR0913, PLR0917 - Numba takes arrays by place, not by name
    places: NDArray[np.int32],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    labels: NDArray[np.int16],
    order: NDArray[np.int64],
    weights: Floats,
    past: Floats,
    moves: Floats,
    moves_past: Floats,
    rate: float,
    chances: Floats,
) -> float:
    """Show every text once, changing weights and moves in place; returns the loss before."""
    n_labels = weights.shape[1]
    most = max(1, sizes.max())
    scores = np.empty((most, n_labels), np.float32)
    ahead = np.empty((most, n_labels), np.float32)
    behind = np.empty((most, n_labels), np.float32)
    expected = np.empty((n_labels + 1, n_labels), np.float32)
    loss = 0.0
    drawn = 0
    for text in order:
        size, start = sizes[text], starts[text]
        if size == 0:
            continue
        kept = places[start : start + size].copy()
        for i in range(size):
            for t in range(kept.shape[1]):
                if chances[drawn % len(chances)] < DROPPED:
                    kept[i, t] = -1
                drawn += 1
        truth = labels[start : start + size]
        step = np.exp(moves)
        score_places(kept, weights, 1.0, scores)
        loss -= _score_truth(scores, moves, truth)
        loss += spread_odds(scores, step, size, ahead, behind)
        _expect_moves(scores, step, ahead, behind, truth, expected)
        _change_weights(kept, ahead, behind, truth, weights, past, rate)
        _change_moves(expected, moves, moves_past, rate)
    return loss


@numba.njit(cache=True)
def _score_truth(scores: Floats, moves: Floats, truth: NDArray[np.int16]) -> float:
    total = 0.0
    before = np.int64(scores.shape[1])
    for i in range(len(truth)):
        total += scores[i, truth[i]] + moves[before, truth[i]]
        before = np.int64(truth[i])
    return total


@numba.njit(cache=True)
def _expect_moves(
    scores: Floats,
    step: Floats,
    ahead: Floats,
    behind: Floats,
    truth: NDArray[np.int16],
    expected: Floats,
) -> None:
    """Count how often each move is expected, less how often it is made."""
    n_labels = scores.shape[1]
    expected[:] = 0.0
    expected[n_labels] = ahead[0] * behind[0]
    expected[n_labels] /= expected[n_labels].sum()
    expected[n_labels, truth[0]] -= 1.0
    joint = np.empty((n_labels, n_labels), np.float32)
    for i in range(1, len(truth)):
        total = np.float32(0.0)
        for x in range(n_labels):
            for y in range(n_labels):
                joint[x, y] = ahead[i - 1, x] * step[x, y] * scores[i, y] * behind[i, y]
                total += joint[x, y]
        for x in range(n_labels):
            for y in range(n_labels):
                expected[x, y] += joint[x, y] / total
        expected[truth[i - 1], truth[i]] -= 1.0


@numba.njit(cache=True)
def _change_weights(
    kept: NDArray[np.int32],
    ahead: Floats,
    behind: Floats,
    truth: NDArray[np.int16],
    weights: Floats,
    past: Floats,
    rate: float,
) -> None:
    for i in range(len(truth)):
        gradients = ahead[i] * behind[i]
        gradients /= gradients.sum()
        gradients[truth[i]] -= 1.0
        for y in range(weights.shape[1]):
            gradient = gradients[y]
            if abs(gradient) < LEAST_GRADIENT:
                continue
            for t in range(kept.shape[1]):
                feature = kept[i, t]
                if feature >= 0:
                    past[feature, y] += gradient * gradient
                    weights[feature, y] -= rate * gradient / np.sqrt(past[feature, y])


@numba.njit(cache=True)
def _change_moves(expected: Floats, moves: Floats, past: Floats, rate: float) -> None:
    for x in range(moves.shape[0]):
        for y in range(moves.shape[1]):
            gradient = expected[x, y]
            if abs(gradient) > LEAST_GRADIENT and moves[x, y] > LEAST_SCORE:
                past[x, y] += gradient * gradient
                moves[x, y] -= rate * gradient / np.sqrt(past[x, y])
