"""From characters to elements in one pass: hash, look up, add, and find the likeliest path."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.features import (
    N_SEEN,
    N_SHARED,
    hash_place,
    look_about,
    style_key,
)
from fangge.engine.address.labels import (
    FORBIDDEN,
    N_COLUMNS,
    N_LABELS,
    N_SPANNED,
    N_STARTS,
    NOTHING,
    TAGGED,
)
from fangge.engine.address.layout import (
    MARK,
    Bytes,
    Codes,
    Places,
)
from fangge.engine.address.lexicon import BASIS, PRIME, Hashes, find_key, make_table, name_places

_REDUNDANT = len(TAGGED)
_HYPHEN = ord("-")

Scores = NDArray[np.int32]
Words = NDArray[np.uint64]
"""Rows of eight words, each of four weights in sixteen bits with BIAS added: no sum carries.

The upper half of a row's last word, where no label is, checks that the row is that of a feature.
"""

BIAS = 256
PLACE_BITS = 17
_PLACE = np.uint32((1 << PLACE_BITS) - 1)
_TAG = np.uint64(49)
_CHECK, _HALF = np.uint64(17), np.uint64(32)
_LAST = np.uint64(7)


class Tables(NamedTuple):
    """A model as the compiled reader takes it."""

    slots: NDArray[np.uint32]  # a table for each style
    words: Words
    moves: Scores
    reach: int  # how far apart the scores of two moves to one start may be
    scale: np.float32
    names: Hashes
    name_kinds: Bytes
    openings: Bytes


@numba.njit(cache=True, nogil=True)
def hash_texts(codes: Codes, starts: Places, sizes: Places, digits: NDArray[np.bool_]) -> Hashes:
    """Hash whole texts: those with the same hash are read alike."""
    out = np.empty(len(starts), np.uint64)
    for text in range(len(starts)):
        h = BASIS ^ np.uint64(digits[text])
        for i in range(starts[text], starts[text] + sizes[text]):
            h = (h ^ np.uint64(codes[i])) * PRIME
            h ^= h >> np.uint64(32)
        out[text] = h
    return out


@numba.njit(cache=True, nogil=True)
def tag_layout(
    codes: Codes,
    classes: Bytes,
    starts: Places,
    sizes: Places,
    styles: NDArray[np.int8],
    tables: Tables,
) -> tuple[Places, NDArray[np.uint16], NDArray[np.float32]]:
    """Find the elements of each text.

    Returns
    -------
    int64 array
        How many elements each text has.
    uint16 array, shape (n_elements, 3)
        Start, end and number of the kind.
    float32 array
        How sure each is.
    """
    most = 1
    for size in sizes:
        most = max(most, size)
    counts = np.zeros(len(starts), np.int64)
    spans = np.empty((sizes.sum(), 3), np.uint16)
    sure = np.empty(sizes.sum(), np.float32)
    names = np.zeros(len(codes), np.uint8)
    seen = np.zeros((most, N_SEEN), np.int32)
    row = np.zeros(N_SHARED, np.uint64)
    scores = np.empty((most, N_COLUMNS), np.int32)
    ahead, behind = np.empty_like(scores), np.empty_like(scores)
    back_moves = tables.moves[:N_COLUMNS].T.copy()
    labels = np.empty(most, np.int64)
    n_found = 0
    for text in range(len(starts)):
        start, size = starts[text], sizes[text]
        if size == 0:
            continue
        slots = tables.slots[max(0, styles[text])]
        name_places(codes, start, size, tables.names, tables.name_kinds, tables.openings, names)
        look_about(codes, classes, names, start, size, seen)
        for k in range(size):
            hash_place(codes, classes, names, start + k, seen, k, row)
            _add_up(row, slots, tables.words, scores[k])
        _go_ahead(scores, tables.moves, tables.reach, size, ahead)
        _go_back(scores, tables.moves, back_moves, tables.reach, size, behind)
        _follow(ahead, tables.moves, size, labels)
        before = n_found
        n_found = _gather(
            classes[start : start + size], codes[start : start + size], labels, ahead, behind,
            tables.scale, spans, sure, n_found,
        )  # fmt: skip
        counts[text] = n_found - before
    return counts, spans[:n_found], sure[:n_found]


def lay_weights(
    keys: Hashes, weights: NDArray[np.int8], n_styles: int
) -> tuple[NDArray[np.uint32], Words]:
    """Make a table of features for each style, whose own weights are in its rows already.

    A style's weights of a feature count only where the model has the feature itself.
    """
    children = _find_styled(keys, make_table(keys), max(1, n_styles))
    is_styled = np.zeros(len(keys), np.bool_)
    is_styled[children[children >= 0]] = True
    shared = np.flatnonzero(~is_styled)
    rows, owners, slots, n_rows = (
        [weights[shared].astype(np.int16)],
        [keys[shared]],
        [],
        len(shared),
    )
    for style in range(max(1, n_styles)):
        child = children[shared, style]
        has = np.flatnonzero(child >= 0)
        rows.append(rows[0][has] + weights[child[has]])
        owners.append(keys[shared[has]])
        places = np.arange(len(shared))
        places[has] = n_rows + np.arange(len(has))
        slots.append(_lay_slots(keys[shared], places))
        n_rows += len(has)
    return np.stack(slots), _pack(np.concatenate(rows), np.concatenate(owners))


def _pack(rows: NDArray[np.int16], keys: Hashes) -> Words:
    """Lay rows of weights out as words, each with a check on its feature."""
    words = np.ascontiguousarray((rows + np.int16(BIAS)).astype(np.uint16)).view("<u8")
    words[:, 7] = (words[:, 7] & np.uint64(0xFFFFFFFF)) | (keys >> _CHECK << _HALF)
    return words


@numba.njit(cache=True)
def _find_styled(keys: Hashes, table: Hashes, n_styles: int) -> NDArray[np.int64]:
    found = np.empty((len(keys), n_styles), np.int64)
    for place in range(len(keys)):
        for style in range(n_styles):
            found[place, style] = find_key(table, style_key(keys[place], style))
    return found


@numba.njit(cache=True)
def _lay_slots(keys: Hashes, places: Places) -> NDArray[np.uint32]:
    """Make an open-addressing table: fifteen bits of a key, and its place + 1."""
    slots = np.zeros(1 << PLACE_BITS + 1, np.uint32)
    lower = np.uint64(len(slots) - 1)
    for i in range(len(keys)):
        slot = keys[i] & lower
        while slots[slot] != 0:
            slot = (slot + np.uint64(1)) & lower
        tag = np.uint32(keys[i] >> _TAG)
        slots[slot] = (tag << np.uint32(PLACE_BITS)) | np.uint32(places[i] + 1)
    return slots


@numba.njit(cache=True, nogil=True)
def _add_up(row: Hashes, slots: NDArray[np.uint32], words: Words, score: Scores) -> None:
    """Add up the weights of a place's features, eight words of four sums each."""
    a = b = c = d = e = f = g = h = np.uint64(0)
    n_kept = 0
    lower = np.uint64(len(slots) - 1)
    for t in range(N_SHARED):
        key = row[t]
        slot = key & lower
        tag = np.uint32(key >> _TAG)
        held = slots[slot]
        while held != 0:
            # Unsigned, so that no index is looked at for its sign.
            at = np.uint64(held & _PLACE) - np.uint64(1)
            if held >> np.uint32(PLACE_BITS) == tag and _is_row(words[at, _LAST], key):
                n_kept += 1
                a += words[at, 0]
                b += words[at, 1]
                c += words[at, 2]
                d += words[at, 3]
                e += words[at, 4]
                f += words[at, 5]
                g += words[at, 6]
                h += words[at, _LAST]
                break
            slot = (slot + np.uint64(1)) & lower
            held = slots[slot]
    for w, sums in enumerate((a, b, c, d, e, f, g, h)):
        for lane in range(4):
            lowest = np.int32((sums >> np.uint64(16 * lane)) & np.uint64(0xFFFF))
            score[4 * w + lane] = lowest - np.int32(BIAS * n_kept)


@numba.njit(cache=True, nogil=True)
def _is_row(last: np.uint64, key: np.uint64) -> bool:
    return bool(last >> _HALF == (key >> _CHECK) & np.uint64(0xFFFFFFFF))


@numba.njit(cache=True, nogil=True)
def _go_ahead(scores: Scores, moves: Scores, reach: int, size: int, ahead: Scores) -> None:
    """Give the best score of all paths from the start to each label of each place.

    A label that trails the best by more than moves can make up for leads to no start.
    """
    for y in range(N_LABELS):
        ahead[0, y] = scores[0, y] + moves[N_COLUMNS, y]
    best = np.empty(N_STARTS, np.int32)
    for k in range(1, size):
        before, now, score = ahead[k - 1], ahead[k], scores[k]
        _start_anew(before, moves, reach, best)
        for y in range(N_STARTS):
            now[y] = best[y] + score[y]
        for kind in range(N_SPANNED):
            x, y = 1 + kind, N_STARTS + kind
            now[y] = score[y] + max(before[x] + moves[x, y], before[y] + moves[y, y])


@numba.njit(cache=True, nogil=True)
def _raise_to(best: Scores, so_far: np.int32, moves: Scores, n: int) -> None:
    for y in range(n):
        # Numba adds in 64 bits; cut back at once, eight labels are compared at a time.
        tried = np.int32(so_far + moves[y])
        best[y] = max(tried, best[y])


@numba.njit(cache=True, nogil=True)
def _start_anew(before: Scores, moves: Scores, reach: int, best: Scores) -> None:
    """Give the best score of each start after any label."""
    least = before[0]
    for x in range(1, N_LABELS):
        least = max(least, before[x])
    least -= reach
    best[:] = 4 * FORBIDDEN
    for x in range(N_LABELS):
        if before[x] >= least:
            _raise_to(best, before[x], moves[x], N_STARTS)


@numba.njit(cache=True, nogil=True)
def _go_back(
    scores: Scores, moves: Scores, back_moves: Scores, reach: int, size: int, behind: Scores
) -> None:
    """Give the best score of all paths from each label of each place to the end."""
    behind[size - 1] = 0
    after = np.empty(N_LABELS, np.int32)
    for k in range(size - 2, -1, -1):
        now = behind[k]
        least = np.int32(4 * FORBIDDEN)
        for y in range(N_LABELS):
            after[y] = scores[k + 1, y] + behind[k + 1, y]
            if y < N_STARTS:
                least = max(least, after[y])
        least -= reach
        now[:] = 4 * FORBIDDEN
        for y in range(N_STARTS):
            if after[y] >= least:
                _raise_to(now, after[y], back_moves[y], N_LABELS)
        for kind in range(N_SPANNED):
            x, y = 1 + kind, N_STARTS + kind
            now[x] = max(now[x], after[y] + moves[x, y])
            now[y] = max(now[y], after[y] + moves[y, y])


@numba.njit(cache=True, nogil=True)
def _follow(ahead: Scores, moves: Scores, size: int, labels: Places) -> None:
    """Follow the best path from its end; the lowest label wins a tie."""
    label = int(np.argmax(ahead[size - 1, :N_LABELS]))
    labels[size - 1] = label
    for k in range(size - 1, 0, -1):
        top, at = ahead[k - 1, 0] + moves[0, label], 0
        for x in range(1, N_LABELS):
            tried = ahead[k - 1, x] + moves[x, label]
            if tried > top:
                top, at = tried, x
        label = at
        labels[k - 1] = label


@numba.njit(cache=True, nogil=True)
def _lead(ahead: Scores, behind: Scores, k: int, label: int) -> int:
    """By how much the best path beats all that give place `k` another label."""
    other = 4 * FORBIDDEN
    for y in range(N_LABELS):
        if y != label:
            other = max(other, int(ahead[k, y]) + int(behind[k, y]))
    return int(ahead[k, label]) + int(behind[k, label]) - other


@numba.njit(cache=True, nogil=True)
def _gather(  # noqa: PLR0913, PLR0917 - Numba takes arrays by place, not by name
    classes: Bytes,
    codes: Codes,
    labels: Places,
    ahead: Scores,
    behind: Scores,
    scale: np.float32,
    spans: NDArray[np.uint16],
    sure: NDArray[np.float32],
    n_found: int,
) -> int:
    """Join labels to elements; returns how many there are by now."""
    at, size = 0, len(classes)
    while at < size:
        label = labels[at]
        goes_on = N_STARTS + label - 1 if NOTHING < label <= N_SPANNED else label
        end = at + 1
        while end < size and labels[end] == goes_on:
            end += 1
        first, last = at, end
        if label == NOTHING:
            while first < last and _parts(classes[first], codes[first]):
                first += 1
            while last > first and _parts(classes[last - 1], codes[last - 1]):
                last -= 1
        if last > first:
            lead = _lead(ahead, behind, first, labels[first])
            for k in range(first + 1, last):
                lead = min(lead, _lead(ahead, behind, k, labels[k]))
            sure[n_found] = 1.0 / (1.0 + np.exp(-np.float32(lead) * scale))
            spans[n_found, 0], spans[n_found, 1] = first, last
            spans[n_found, 2] = _REDUNDANT if label == NOTHING else label - 1
            n_found += 1
        at = end
    return n_found


@numba.njit(cache=True, nogil=True)
def _parts(kind: int, code: int) -> bool:
    return bool(kind == MARK or code == _HYPHEN)
