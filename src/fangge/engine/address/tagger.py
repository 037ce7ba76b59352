"""The trained sequence model: load it, and read texts with it."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import Kind
from fangge.engine.address.features import hash_features, lay_out

TAGGED: tuple[Kind, ...] = (
    Kind.PROVINCE,
    Kind.CITY,
    Kind.DISTRICT,
    Kind.DEVELOPMENT_ZONE,
    Kind.SUBDISTRICT,
    Kind.COMMUNITY,
    Kind.ROAD,
    Kind.NUMBER,
    Kind.ESTATE,
    Kind.BUILDING,
    Kind.UNIT,
    Kind.FLOOR,
    Kind.ROOM,
    Kind.INTERSECTION,
    Kind.DIRECTION,
    Kind.PERSON,
    Kind.REDUNDANT,
)
# Label 0 stands for nothing; 1 + 2k begins an element of kind k, 2 + 2k goes on with it.
N_LABELS = 1 + 2 * len(TAGGED)
MODEL = "reader.npz"
FORMAT = 1
BATCH = 20_000
LEAST_SCORE = -1e9

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


class ModelUnreadable(Exception):
    """The file holds no model of this version; train it anew."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of a linear-chain conditional random field over hashed features."""

    keys: NDArray[np.uint64]  # sorted hashes of the features that are kept
    weights: NDArray[np.int16]  # (n_features, N_LABELS), in units of `scale`
    moves: Floats  # (N_LABELS + 1, N_LABELS): from label, last row from the start
    scale: float


def save_model(model: Model, path: Path) -> None:
    """Write a model to one compressed file."""
    np.savez_compressed(
        path,
        format=np.array(FORMAT),
        keys=np.diff(model.keys, prepend=np.uint64(0)),
        weights=model.weights,
        moves=model.moves,
        scale=np.array(model.scale),
    )


def read_model(path: Path) -> Model:
    """Read a model from its file.

    Raises
    ------
    ModelUnreadable
        If the file is of another version, or no model at all.
    """
    try:
        with np.load(path) as held:
            if int(held["format"]) != FORMAT or held["weights"].shape[1] != N_LABELS:
                raise ModelUnreadable(f"{path} is of another version; train it anew")
            return Model(
                keys=np.cumsum(held["keys"], dtype=np.uint64),
                weights=held["weights"],
                moves=held["moves"],
                scale=float(held["scale"]),
            )
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnreadable(f"{path} holds no model; train it anew") from error


@cache
def load_model() -> Model:
    """Load the model shipped with the package."""
    with as_file(files("fangge.engine.address.tables").joinpath(MODEL)) as path:
        return read_model(path)


def tag_texts(folded: pl.Series, model: Model) -> pl.DataFrame:
    """Read folded texts with a model.

    Returns
    -------
    polars.DataFrame
        row (u32), start and end (u16, characters), kind, confidence (f32: the least probability,
        in the model's eyes, of the labels of the element's characters).

    Notes
    -----
    Time O(characters * labels squared); texts are taken 20,000 at a time.
    """
    frames = [
        _tag_batch(folded.slice(at, BATCH), model, at) for at in range(0, folded.len(), BATCH)
    ]
    schema = {
        "row": pl.UInt32,
        "start": pl.UInt16,
        "end": pl.UInt16,
        "kind": pl.String,
        "confidence": pl.Float32,
    }
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _tag_batch(folded: pl.Series, model: Model, first: int) -> pl.DataFrame:
    codes, starts = lay_out(folded)
    sizes = folded.str.len_chars().to_numpy().astype(np.int64)
    places = find_features(hash_features(codes), model.keys)
    row, start, end, kind, sure = _decode(
        places, starts, sizes, model.weights, model.scale, model.moves
    )
    names = np.array([kind.value for kind in TAGGED])
    return pl.DataFrame(
        {
            "row": (row + first).astype(np.uint32),
            "start": start.astype(np.uint16),
            "end": end.astype(np.uint16),
            "kind": pl.Series(names[kind], dtype=pl.String),
            "confidence": sure,
        }
    )


def find_features(hashes: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Give the place of each feature among the kept ones; -1 where it was not kept."""
    found: NDArray[np.int32] = _find_features(hashes, keys, _index_keys(keys))
    return found


def _index_keys(keys: NDArray[np.uint64]) -> Places:
    """Where the keys with each 16 leading bits begin: a search then looks at a few of them."""
    leading = (keys >> np.uint64(48)).astype(np.int64)
    return np.searchsorted(leading, np.arange((1 << 16) + 1)).astype(np.int64)


@numba.njit(cache=True)
def _find_features(
    hashes: NDArray[np.uint64], keys: NDArray[np.uint64], leads: Places
) -> NDArray[np.int32]:
    n, n_templates = hashes.shape
    found = np.full((n, n_templates), -1, dtype=np.int32)
    for i in range(n):
        if hashes[i, 0] == 0:
            continue
        for t in range(n_templates):
            h = hashes[i, t]
            lead = np.int64(h >> np.uint64(48))
            for k in range(leads[lead], leads[lead + 1]):
                if keys[k] == h:
                    found[i, t] = k
                    break
    return found


@numba.njit(cache=True)
def score_places(
    places: NDArray[np.int32], weights: NDArray[np.generic], scale: float, scores: Floats
) -> None:
    """Add up the weights of the features of each place."""
    for i in range(places.shape[0]):
        scores[i] = 0.0
        for t in range(places.shape[1]):
            feature = places[i, t]
            if feature >= 0:
                for y in range(weights.shape[1]):
                    scores[i, y] += weights[feature, y] * scale


@numba.njit(cache=True)
def spread_odds(scores: Floats, step: Floats, size: int, ahead: Floats, behind: Floats) -> float:
    """Pass the odds of labels forwards and backwards; returns the log of their sum.

    `scores` become odds in place; ahead times behind is each label's probability, up to a factor.
    """
    n_labels = scores.shape[1]
    log_sum = 0.0
    for i in range(size):
        top = scores[i].max()
        log_sum += top
        for y in range(n_labels):
            scores[i, y] = np.exp(scores[i, y] - top)
        if i == 0:
            ahead[0] = step[n_labels] * scores[0]
        else:
            ahead[i] = np.dot(ahead[i - 1], step[:n_labels]) * scores[i]
        total = ahead[i].sum()
        log_sum += np.log(total)
        ahead[i] /= total
    behind[size - 1] = 1.0
    for i in range(size - 2, -1, -1):
        behind[i] = np.dot(step[:n_labels], scores[i + 1] * behind[i + 1])
        behind[i] /= behind[i].sum()
    return log_sum


@numba.njit(cache=True)
def _find_path(scores: Floats, moves: Floats, size: int, labels: NDArray[np.int16]) -> None:
    """Find the likeliest labels of one text."""
    n_labels = scores.shape[1]
    best = np.empty((size, n_labels), np.float32)
    back = np.empty((size, n_labels), np.int16)
    best[0] = scores[0] + moves[n_labels]
    for i in range(1, size):
        for y in range(n_labels):
            top, at = np.float32(-1e30), 0
            for x in range(n_labels):
                tried = best[i - 1, x] + moves[x, y]
                if tried > top:
                    top, at = tried, x
            best[i, y], back[i, y] = top + scores[i, y], at
    labels[size - 1] = np.argmax(best[size - 1])
    for i in range(size - 1, 0, -1):
        labels[i - 1] = back[i, labels[i]]


@numba.njit(cache=True)
def _decode(
    places: NDArray[np.int32],
    starts: Places,
    sizes: Places,
    weights: NDArray[np.int16],
    scale: float,
    moves: Floats,
) -> tuple[Places, Places, Places, Places, Floats]:
    """Find the likeliest elements of each text and how sure each is."""
    n_labels = weights.shape[1]
    total, most = sizes.sum(), max(1, sizes.max())
    found = np.empty((4, total), np.int64)
    sure = np.empty(total, np.float32)
    scores, ahead, behind = (
        np.empty((most, n_labels), np.float32),
        np.empty((most, n_labels), np.float32),
        np.empty((most, n_labels), np.float32),
    )
    labels = np.empty(most, np.int16)
    step = np.exp(moves)
    n_found = 0
    for text in range(len(sizes)):
        size = sizes[text]
        if size == 0:
            continue
        score_places(places[starts[text] : starts[text] + size], weights, scale, scores)
        _find_path(scores, moves, size, labels)
        spread_odds(scores, step, size, ahead, behind)
        n_found = _gather(text, size, labels, ahead, behind, found, sure, n_found)
    return (
        found[0, :n_found],
        found[1, :n_found],
        found[2, :n_found],
        found[3, :n_found],
        sure[:n_found],
    )


@numba.njit(cache=True)
def _gather(
    text: int,
    size: int,
    labels: NDArray[np.int16],
    ahead: Floats,
    behind: Floats,
    found: Places,
    sure: Floats,
    n_found: int,
) -> int:
    """Join labels to elements; returns how many there are by now."""
    at = 0
    while at < size:
        label = labels[at]
        last, least = at, np.float32(1.0)
        while last == at or (last < size and label > 0 and labels[last] == label + label % 2):
            odds = ahead[last] * behind[last]
            least = min(least, odds[labels[last]] / odds.sum())
            last += 1
        if label > 0:
            found[0, n_found], found[1, n_found], found[2, n_found] = text, at, last
            found[3, n_found] = (label - 1) // 2
            sure[n_found] = least
            n_found += 1
        at = last
    return n_found
