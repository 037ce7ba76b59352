"""From characters to elements in one pass: hash, look up, add, and find the likeliest path."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within, within_lean
from fangge.engine.address.elements import KINDS, Kind
from fangge.engine.address.features import N_SEEN, N_SHARED, hash_place, look_about
from fangge.engine.address.found import Found
from fangge.engine.address.labels import (
    N_COLUMNS,
    N_LABELS,
    N_SPANNED,
    N_STARTS,
    NOTHING,
    TAGGED,
)
from fangge.engine.address.layout import MARK, Bytes, Codes, Places
from fangge.engine.address.lexicon import Hashes, name_places
from fangge.engine.address.packing import Rows, find_rows
from fangge.engine.address.trellis import LOWEST, find_best, go_ahead
from fangge.engine.address.vectors import sum_rows

# Numbers of kinds by label, then that of what no label names.
_KINDS = np.array([KINDS.index(kind) for kind in (*TAGGED, Kind.REDUNDANT)], dtype=np.uint8)
_REDUNDANT = len(TAGGED)
_LABEL, _LEAD = 0xFF, 8
_HYPHEN = ord("-")

Scores = NDArray[np.int32]


class Moves(NamedTuple):
    """Scores of going from label to label."""

    ahead: Scores  # (N_COLUMNS + 1, N_COLUMNS): from label, last row from the start
    back: Scores  # (N_COLUMNS, N_COLUMNS): to label, from label
    goes_in: Scores  # (N_SPANNED,): from an element's first character to its second
    goes_on: Scores  # (N_SPANNED,): from there to the next
    slack: Scores  # (N_COLUMNS, N_COLUMNS): what a move can make up for against the best label
    stays: Scores  # (1, N_COLUMNS): nothing, for the end


class Tables(NamedTuple):
    """A model as the compiled reader takes it."""

    rows: Rows
    moves: Moves
    scale: np.float32  # of a lead, to logarithms of odds
    names: Hashes
    name_kinds: Bytes
    openings: Bytes


def lay_moves(moves: Scores) -> Moves:
    """Lay moves out by their end too, and say which labels another one always beats."""
    starts = moves[:N_LABELS, :N_STARTS]
    slack = np.zeros((N_COLUMNS, N_COLUMNS), dtype=np.int32)
    slack[:N_LABELS, :N_LABELS] = (starts[None] - starts[:, None]).max(axis=2)
    spanned = np.arange(N_SPANNED)
    goes_on = N_STARTS + spanned
    return Moves(
        ahead=moves,
        back=np.ascontiguousarray(moves[:N_COLUMNS].T),
        goes_in=moves[1 + spanned, goes_on],
        goes_on=moves[goes_on, goes_on],
        slack=slack,
        stays=np.zeros((1, N_COLUMNS), dtype=np.int32),
    )


@compiled
def tag_layout(
    codes: Codes,
    classes: Bytes,
    starts: Places,
    sizes: Places,
    styles: NDArray[np.int8],
    order: Places,
    tables: Tables,
) -> Found:
    """Find the elements of each text, reading text after text in an order."""
    most = 1
    for size in sizes:
        most = max(most, size)
    n_characters = sizes.sum()
    found = Found(
        np.empty(0, np.int64),
        np.empty(n_characters, np.uint16),
        np.empty(n_characters, np.uint16),
        np.empty(n_characters, np.uint8),
        np.empty(n_characters, np.float32),
    )
    names = np.zeros(len(codes), np.uint8)
    seen = np.zeros((most, N_SEEN), np.int32)
    keys, n_held = np.zeros(N_SHARED, np.uint64), np.zeros(most, np.int64)
    held = np.zeros((most, N_SHARED + 1), np.uint32)
    checks = np.zeros((most, N_SHARED + 1), np.uint16)
    sums = np.empty((most, N_COLUMNS), np.uint16)
    ahead = np.full((most, N_COLUMNS), LOWEST, np.int32)
    labels, leads = np.empty(most, np.int64), np.empty(most, np.int32)
    counts, n_found = np.zeros(len(starts), np.int64), 0
    # Taken out of their tuple once: to take an array out is to count one more who uses it.
    shifts, to_slot, slots, weights = tables.rows
    table, kinds, openings = tables.names, tables.name_kinds, tables.openings
    moves_ahead, back, goes_in, goes_on, slack, stays = tables.moves
    for text in order:
        start, size = starts[text], sizes[text]
        if size == 0:
            continue
        style = max(0, styles[text])
        name_places(codes, start, size, table, kinds, openings, names)
        look_about(codes, classes, names, start, size, seen)
        for k in range(size):
            hash_place(codes, classes, names, start + k, seen, k, keys)
            n_held[k] = find_rows(keys, slots, style, shifts, to_slot, weights, held, checks, k)
        for k in range(size):
            sum_rows(weights, held, checks, k, n_held[k], sums)
        for y in range(N_LABELS):
            ahead[0, y] = np.int32(sums[0, y]) + moves_ahead[N_COLUMNS, y]
        for k in range(1, size):
            go_ahead(ahead, sums, k, moves_ahead, goes_in, goes_on, slack)
        _follow(ahead, back, goes_in, goes_on, stays, size, labels, leads)
        before = n_found
        n_found = _gather(
            classes[start : start + size], codes[start : start + size], labels, leads,
            tables.scale, found, n_found,
        )  # fmt: skip
        counts[text] = n_found - before
    return _put_in_order(found, counts, order)


@within
def _put_in_order(found: Found, counts: Places, order: Places) -> Found:
    n = counts.sum()
    out = Found(
        np.empty(n, np.int64),
        np.empty(n, np.uint16),
        np.empty(n, np.uint16),
        np.empty(n, np.uint8),
        np.empty(n, np.float32),
    )
    begins, source = np.cumsum(counts) - counts, 0
    for text in order:
        for at in range(begins[text], begins[text] + counts[text]):
            out.rows[at], out.starts[at], out.ends[at] = (
                text,
                found.starts[source],
                found.ends[source],
            )
            out.kinds[at], out.sure[at] = found.kinds[source], found.sure[source]
            source += 1
    return out


@within_lean
def _follow(
    ahead: Scores,
    back: Scores,
    goes_in: Scores,
    goes_on: Scores,
    stays: Scores,
    size: int,
    labels: Places,
    leads: Scores,
) -> None:
    """Follow the best path from its end; the lowest label wins a tie.

    The lead of a place is that over the best path which gives it another label and then goes on
    like the best one. Source: Hagenauer and Hoeher 1989, GLOBECOM (without its updates).
    """
    found = find_best(ahead, size - 1, stays, 0)
    label, lead = found & _LABEL, found >> _LEAD
    labels[size - 1], leads[size - 1] = label, lead
    for k in range(size - 1, 0, -1):
        if label < N_STARTS:
            found = find_best(ahead, k - 1, back, label)
            label, lead = found & _LABEL, found >> _LEAD
        else:
            kind = label - N_STARTS
            begun = np.int64(ahead[k - 1, 1 + kind]) + goes_in[kind]
            gone_on = np.int64(ahead[k - 1, label]) + goes_on[kind]
            label = 1 + kind if begun >= gone_on else label
            lead = abs(begun - gone_on)
        labels[k - 1], leads[k - 1] = label, lead


@within_lean
def _gather(
    classes: Bytes,
    codes: Codes,
    labels: Places,
    leads: Scores,
    scale: np.float32,
    found: Found,
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
            lead = leads[first]
            for k in range(first + 1, last):
                lead = min(lead, leads[k])
            found.sure[n_found] = 1.0 / (1.0 + np.exp(-np.float32(lead) * scale))
            found.starts[n_found], found.ends[n_found] = first, last
            found.kinds[n_found] = _KINDS[_REDUNDANT if label == NOTHING else label - 1]
            n_found += 1
        at = end
    return n_found


@within_lean
def _parts(kind: int, code: int) -> bool:
    return bool(kind == MARK or code == _HYPHEN)
