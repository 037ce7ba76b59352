"""Which guideline a text was probably labelled by: a guess from how it is written."""

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.layout import (
    Codes,
    Layout,
    Places,
)
from fangge.engine.address.lexicon import BASIS, PRIME, scatter

BUCKET_BITS = 16
N_BUCKETS = 1 << BUCKET_BITS
LEARNING_RATE, N_ROUNDS, N_FOLDS = 0.1, 4, 5
_LONGEST, _OPENINGS = 3, (4, 7)
_SIZES = 12  # texts of 36 characters or more are of one length
_EXTRA = len(_OPENINGS) + 2
_USUAL = 4  # styles

Floats = NDArray[np.float32]
Styles = NDArray[np.int8]


@numba.njit(cache=True, nogil=True)
def _list_marks(
    codes: Codes, start: int, size: int, digits: np.bool_, marks: NDArray[np.int32]
) -> int:
    """List the buckets of a text's one to three characters in a row, of its opening and length."""
    n_marks = 0
    for i in range(start - 1, start + size):
        h = BASIS
        for length in range(_LONGEST):
            if i + length > start + size:
                break
            h = (h ^ np.uint64(codes[i + length])) * PRIME
            marks[n_marks] = scatter(h, BUCKET_BITS)
            n_marks += 1
    for opening in _OPENINGS:
        h = BASIS ^ np.uint64(opening)
        for i in range(min(opening, size)):
            h = (h ^ np.uint64(codes[start + i])) * PRIME
        marks[n_marks] = scatter(h, BUCKET_BITS)
        n_marks += 1
    has_zero = False
    for i in range(start, start + size):
        has_zero |= codes[i] == ord("0")
    for sign in (min(size // 3, _SIZES), 20 + digits * 2 + has_zero):
        h = (BASIS ^ np.uint64(1000 + sign)) * PRIME
        marks[n_marks] = scatter(h, BUCKET_BITS)
        n_marks += 1
    return n_marks


@numba.njit(cache=True, nogil=True)
def guess_style(
    codes: Codes,
    start: int,
    size: int,
    digits: np.bool_,
    weights: Floats,
    marks: NDArray[np.int32],
    sums: Floats,
) -> int:
    """Guess the style of one text; -1 where there are none to choose from."""
    n_styles = weights.shape[1]
    if n_styles == 0:
        return -1
    n_marks = _list_marks(codes, start, size, digits, marks)
    sums[:n_styles] = 0.0
    if n_styles == _USUAL:
        _add_four(marks, n_marks, weights, sums)
    else:
        for m in range(n_marks):
            for s in range(n_styles):
                sums[s] += weights[marks[m], s]
    return int(np.argmax(sums[:n_styles]))


@numba.njit(cache=True, nogil=True)
def _add_four(marks: NDArray[np.int32], n_marks: int, weights: Floats, sums: Floats) -> None:
    """Add up the weights of four styles, which stay in the processor meanwhile."""
    one = two = three = four = np.float32(0.0)
    for m in range(n_marks):
        row = weights[marks[m]]
        one, two, three, four = one + row[0], two + row[1], three + row[2], four + row[3]
    sums[0], sums[1], sums[2], sums[3] = one, two, three, four


@numba.njit(cache=True, nogil=True)
def n_marks_of(size: int) -> int:
    """How many marks a text of a size has at most."""
    return (size + 1) * _LONGEST + _EXTRA


@numba.njit(cache=True, nogil=True)
def guess_styles(
    codes: Codes, starts: Places, sizes: Places, digits: NDArray[np.bool_], weights: Floats
) -> Styles:
    """Guess the style of each text."""
    most = 1
    for size in sizes:
        most = max(most, size)
    marks = np.empty(n_marks_of(most), np.int32)
    sums = np.empty(max(1, weights.shape[1]), np.float32)
    out = np.empty(len(starts), np.int8)
    for text in range(len(starts)):
        start, size = starts[text], sizes[text]
        out[text] = guess_style(codes, start, size, digits[text], weights, marks, sums)
    return out


def fit_styles(laid: Layout, sources: Styles, rng: np.random.Generator) -> tuple[Floats, Styles]:
    """Learn to tell the sources of texts apart.

    Returns
    -------
    float32 array, shape (N_BUCKETS, n_sources)
        Weights; no column where there is but one source.
    int8 array
        A guess for each text, by weights fitted without it: as wrong as guesses on new text are.
    """
    n_sources = int(sources.max(initial=-1)) + 1
    if n_sources < 2:  # noqa: PLR2004 - one style needs no guess
        return np.zeros((N_BUCKETS, 0), np.float32), np.full(len(sources), -1, np.int8)
    fold = rng.integers(0, N_FOLDS, len(sources))
    guesses = np.empty(len(sources), np.int8)
    for left_out in range(N_FOLDS):
        weights = _fit(laid, sources, np.flatnonzero(fold != left_out), n_sources, rng)
        of_fold = np.flatnonzero(fold == left_out)
        guesses[of_fold] = guess_styles(
            laid.codes, laid.starts[of_fold], laid.sizes[of_fold], laid.digits[of_fold], weights
        ) if len(of_fold) else []  # fmt: skip
    return _fit(laid, sources, np.arange(len(sources)), n_sources, rng), guesses


def _fit(
    laid: Layout, sources: Styles, texts: Places, n_sources: int, rng: np.random.Generator
) -> Floats:
    order = rng.permutation(texts)
    weights = np.zeros((N_BUCKETS, n_sources), np.float32)
    _descend(laid.codes, laid.starts, laid.sizes, laid.digits, sources, order, weights)
    return weights.astype(np.float16).astype(np.float32)


@numba.njit(cache=True)
def _descend(
    codes: Codes,
    starts: Places,
    sizes: Places,
    digits: NDArray[np.bool_],
    sources: Styles,
    order: Places,
    weights: Floats,
) -> None:
    marks = np.empty(n_marks_of(max(1, sizes.max())), np.int32)
    past = np.ones_like(weights)
    n_styles = weights.shape[1]
    sums = np.empty(n_styles, np.float32)
    for _ in range(N_ROUNDS):
        for text in order:
            n_marks = _list_marks(codes, starts[text], sizes[text], digits[text], marks)
            sums[:] = 0.0
            for m in range(n_marks):
                sums += weights[marks[m]]
            odds = np.exp((sums - sums.max()) / np.sqrt(np.float32(n_marks)))
            odds /= odds.sum()
            odds[sources[text]] -= np.float32(1.0)
            for m in range(n_marks):
                bucket = marks[m]
                for s in range(n_styles):
                    past[bucket, s] += odds[s] * odds[s]
                    weights[bucket, s] -= LEARNING_RATE * odds[s] / np.sqrt(past[bucket, s])
