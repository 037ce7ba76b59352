"""Fit the tagger from labelled text."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import Kind
from fangge.engine.address.features import N_SHARED, STYLED, hash_features
from fangge.engine.address.gradient import descend
from fangge.engine.address.labels import (
    FORBIDDEN,
    N_COLUMNS,
    N_LABELS,
    NOTHING,
    SPANNED,
    TAGGED,
    labels_of,
)
from fangge.engine.address.layout import (
    Layout,
    lay_out,
)
from fangge.engine.address.lexicon import (
    Hashes,
    find_key,
    make_lexicon,
    make_table,
)
from fangge.engine.address.normalise import as_texts, fold_texts
from fangge.engine.address.style import fit_styles
from fangge.engine.address.tagger import Model

KINDS: dict[str, Kind] = {
    "prov": Kind.PROVINCE,
    "town": Kind.SUBDISTRICT,
    **dict.fromkeys(("village", "village_group", "group"), Kind.COMMUNITY),
    "devzone": Kind.DEVELOPMENT_ZONE,
    "subroad": Kind.ROAD,
    **dict.fromkeys(("roadno", "subroadno"), Kind.NUMBER),
    **dict.fromkeys(("poi", "subpoi"), Kind.ESTATE),
    "houseno": Kind.BUILDING,
    "cellno": Kind.UNIT,
    "floorno": Kind.FLOOR,
    "roomno": Kind.ROOM,
    **dict.fromkeys(("assist", "distance"), Kind.DIRECTION),
    **{kind.value: kind for kind in TAGGED},
}
"""Names that labelled files use, and what they mean here; other names mean nothing."""

LEAST_SEEN = 3
MOST_FEATURES = 131_000
LEARNING_RATE = 0.2
DROPPED = 0.2
UNSTYLED_SHARE = 0.1
"""The share of texts that teach only what all styles share."""

N_CHANCES = 1_000_003  # a prime, so that no feature always meets the same draw
NEVER = np.float32(-1e9)
_STYLED = np.array(STYLED)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts, and the label of each of their characters one text after the other."""

    texts: pl.Series
    labels: NDArray[np.int16]
    sources: NDArray[np.int8]
    """Who labelled each text: sources differ in what they call an estate."""


Spans = Iterable[tuple[int, int, str]]


def read_labelled(paths: Sequence[Path]) -> Labelled:
    """Read files of one JSON object a line: text, and spans of start, end and label.

    Files whose names agree up to their last `_` are of one source: a_1.jsonl and a_2.jsonl.
    """
    rows: dict[str, list[str]] = {}
    for path in paths:
        source = path.stem.rpartition("_")[0] or path.stem
        rows.setdefault(source, []).extend(path.read_text(encoding="utf-8").splitlines())
    return join_labelled([_read_lines(lines) for lines in rows.values()])


def _read_lines(lines: Sequence[str]) -> Labelled:
    rows = [json.loads(line) for line in lines]
    return label_texts([row["text"] for row in rows], [row["spans"] for row in rows])


def label_texts(texts: Sequence[str], spans: Sequence[Spans]) -> Labelled:
    """Label the characters of one source's texts."""
    labels = [label_text(len(text), held) for text, held in zip(texts, spans, strict=True)]
    every = np.concatenate(labels) if labels else np.zeros(0, dtype=np.int16)
    return Labelled(as_texts(texts), every, np.zeros(len(texts), dtype=np.int8))


def join_labelled(parts: Sequence[Labelled]) -> Labelled:
    """Put labelled texts of different sources one after the other."""
    n_sources = [int(part.sources.max(initial=-1)) + 1 for part in parts]
    firsts = np.cumsum(n_sources) - n_sources
    return Labelled(
        pl.concat([part.texts for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(
            [part.sources + first for part, first in zip(parts, firsts, strict=True)]
        ).astype(np.int8),
    )


def label_text(size: int, spans: Spans) -> NDArray[np.int16]:
    """Turn spans into a label a character; labels that nobody knows count as nothing."""
    labels = np.full(size, NOTHING, dtype=np.int16)
    for start, end, name in spans:
        kind = KINDS.get(name.lower())
        if kind is not None and start < end:
            labels[start], labels[start + 1 : end] = labels_of(kind)
    return labels


def train_tagger(
    labelled: Labelled,
    *,
    seed: int,
    n_rounds: int = 8,
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
        The `MOST_FEATURES` features of the largest weights, in 8 bits.

    Notes
    -----
    Features of a text's style stand beside those of all texts. Source: Daumé 2007, ACL. What a
    source never labels, it says nothing about: there the label is left open. Half-way all but the
    kept features are dropped, and the others learn to do without them.
    """
    rng = np.random.default_rng(seed)
    laid, lexicon = lay_out(fold_texts(labelled.texts)), make_lexicon()
    styles, guesses = fit_styles(laid, labelled.sources, rng)
    unstyled = rng.random(len(guesses)) < UNSTYLED_SHARE
    hashes = hash_features(laid, lexicon, np.where(unstyled, -1, guesses).astype(np.int8))
    keys = _frequent(hashes)
    tell(f"{len(keys)} features, {styles.shape[1]} styles")
    places = _find_features(hashes, make_table(keys))
    del hashes
    allowed = _allow(labelled, laid)
    shown = np.arange(len(labelled.sources))
    weights = np.zeros((len(keys), N_COLUMNS), dtype=np.float32)
    past = np.full_like(weights, 1e-2)
    moves = _first_moves()
    moves_past = np.full_like(moves, 1e-2)
    moves_average = np.zeros_like(moves)
    n_chosen = n_rounds // 2
    for n in range(n_rounds):
        if n == n_chosen:
            kept = _choose(weights, _find_parents(places, len(keys)))
            places = _renumber(places, kept, len(keys))
            keys, weights, past = keys[kept], weights[kept], past[kept]
            average = np.zeros_like(weights)
        loss = descend(
            places, laid.starts, laid.sizes, allowed, rng.permutation(shown),
            weights, past, moves, moves_past,
            LEARNING_RATE * (1.0 - 0.8 * n / n_rounds), DROPPED,
            rng.random(N_CHANCES, dtype=np.float32),
        )  # fmt: skip
        if n >= n_chosen:
            average += weights / np.float32(n_rounds - n_chosen)
            moves_average += moves / np.float32(n_rounds - n_chosen)
        tell(f"round {n + 1} of {n_rounds}: loss {loss / max(1, len(shown)):.4f}")
    scale = float(np.abs(average).max(initial=1e-6)) / np.iinfo(np.int8).max
    return Model(
        keys=keys,
        weights=np.rint(average / scale).astype(np.int8),
        moves=np.maximum(np.rint(moves_average / scale), FORBIDDEN).astype(np.int32),
        scale=scale,
        styles=styles,
        lexicon=lexicon,
    )


def _frequent(hashes: Hashes) -> Hashes:
    every, counts = np.unique(hashes[hashes != 0], return_counts=True)
    frequent: Hashes = every[counts >= LEAST_SEEN]
    return frequent


@numba.njit(cache=True)
def _find_features(hashes: Hashes, table: Hashes) -> NDArray[np.int32]:
    found = np.full(hashes.shape, -1, dtype=np.int32)
    for i in range(hashes.shape[0]):
        for t in range(hashes.shape[1]):
            if hashes[i, t] != 0:
                found[i, t] = find_key(table, hashes[i, t])
    return found


def _allow(labelled: Labelled, laid: Layout) -> NDArray[np.uint32]:
    """Put the labels where their characters lie; a text read only in part loses its end."""
    sizes = labelled.texts.str.len_chars().to_numpy().astype(np.int64)
    begins = np.cumsum(sizes) - sizes
    of_character = np.repeat(labelled.sources, sizes)
    bits = np.uint32(1) << labelled.labels.astype(np.uint32)
    for source, left_open in enumerate(_leave_open(labelled.labels, of_character)):
        bits[(of_character == source) & (labelled.labels == NOTHING)] |= left_open
    allowed = np.full(len(laid.codes), np.uint32(1), dtype=np.uint32)
    for start, size, begin in zip(laid.starts, laid.sizes, begins, strict=True):
        allowed[start : start + size] = bits[begin : begin + size]
    return allowed


def _leave_open(labels: NDArray[np.int16], sources: NDArray[np.int8]) -> list[np.uint32]:
    """List the labels of scored kinds that each source never gives while another does."""
    n_sources = int(sources.max(initial=0)) + 1
    used = [set(np.unique(labels[sources == source]).tolist()) for source in range(n_sources)]
    every = set().union(*used)
    kinds = [labels_of(kind) for kind in SPANNED]
    unsaid = [
        {label for kind in kinds if not held & set(kind) for label in kind if label in every}
        for held in used
    ]
    return [np.uint32(sum(1 << label for label in labels)) for labels in unsaid]


def _first_moves() -> NDArray[np.float32]:
    """Forbid going on with an element that was not begun."""
    moves = np.zeros((N_COLUMNS + 1, N_COLUMNS), dtype=np.float32)
    for kind in SPANNED:
        begins, goes_on = labels_of(kind)
        moves[:, goes_on] = NEVER
        moves[[begins, goes_on], goes_on] = 0.0
    moves[:, N_LABELS:] = NEVER
    return moves


@numba.njit(cache=True)
def _find_parents(places: NDArray[np.int32], n_features: int) -> NDArray[np.int32]:
    """Find the feature that each styled one is a style's own version of; -1 for the others."""
    parents = np.full(n_features, -1, np.int32)
    for i in range(len(places)):
        for t in range(len(_STYLED)):
            child = places[i, N_SHARED + t]
            if child >= 0:
                parents[child] = places[i, _STYLED[t]]
    return parents


def _choose(weights: NDArray[np.float32], parents: NDArray[np.int32]) -> NDArray[np.int64]:
    """Choose the features of the largest weights; no style's own without what all styles share."""
    force = np.abs(weights).max(axis=1)
    children = np.flatnonzero(parents >= 0)
    np.maximum.at(force, parents[children], force[children] * np.float32(1.001))
    chosen: NDArray[np.int64] = np.sort(np.argsort(-force, kind="stable")[:MOST_FEATURES])
    return chosen


def _renumber(
    places: NDArray[np.int32], kept: NDArray[np.int64], n_features: int
) -> NDArray[np.int32]:
    numbers = np.full(n_features + 1, -1, dtype=np.int32)
    numbers[kept] = np.arange(len(kept))
    renumbered: NDArray[np.int32] = numbers[places]
    return renumbered
