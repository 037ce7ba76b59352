"""A model's weights laid out for reading: a feature is found without a branch, in one look-up."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import compiled, within_lean
from fangge.engine.address.features import style_key
from fangge.engine.address.labels import N_COLUMNS, N_LABELS
from fangge.engine.address.layout import Bytes, Places
from fangge.engine.address.lexicon import Hashes, find_key, make_table
from fangge.engine.address.vectors import fetch_row

BUCKET_BITS, PLACE_BITS = 15, 18
MOST_ROWS = 1 << PLACE_BITS
_FULLEST = 0.85
_FEWEST_SLOT_BITS = 10
_N_SHIFTS = 1 << 16
_TO_BUCKET = np.uint64(64 - BUCKET_BITS)
_SPREAD, _SCATTER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_PLACE = np.uint32(MOST_ROWS - 1)
_TAG = np.uint64((1 << 32 - PLACE_BITS) - 1)
_TAG_SHIFT = np.uint32(PLACE_BITS)
_BIAS = 128
# The two bytes of a row that belong to no label repeat those of the feature.
_TO_CHECK, _BYTE, _LOWER = np.uint64(48), np.uint64(8), np.uint64(0xFF)

Slots = NDArray[np.uint32]
Sums = NDArray[np.uint16]
Places32 = NDArray[np.uint32]


class Rows(NamedTuple):
    """Weights of features, as sums want them.

    A row is 32 weights of one byte, half a cache line, in four words. With every other byte of a
    word masked, sums of sixteen bits lie in the order of the labels.
    """

    shifts: NDArray[np.uint16]  # by bucket: what keeps its features apart from all others
    to_slot: np.uint64  # how far a scattered key is shifted to be a slot
    slots: Slots  # (n_styles, n_slots): fourteen bits of a key, and the place of its row
    weights: Bytes  # (n_rows, N_COLUMNS), each 128 too large; the last two are a check


def pack_rows(keys: Hashes, weights: NDArray[np.int8], n_styles: int) -> Rows:
    """Make a table of features for each style, whose own weights are in its rows already.

    Parameters
    ----------
    keys : uint64 array
        Hashes of features, styles' own versions among them.
    weights : int8 array, shape (n_features, N_COLUMNS)
        Sums of a feature's weights and those of a style are held at the limits of a byte.
    n_styles : int
        How many styles there are.

    Raises
    ------
    ValueError
        If there are more rows than places can count.

    Notes
    -----
    A perfect hash. Source: Belazzougui et al. 2009, ESA (hash, displace and compress).
    """
    children = _find_styled(keys, make_table(keys), max(1, n_styles))
    is_styled = np.zeros(len(keys), np.bool_)
    is_styled[children[children >= 0]] = True
    shared = np.flatnonzero(~is_styled)
    n_bits = max(_FEWEST_SLOT_BITS, int(len(shared) / _FULLEST).bit_length())
    to_slot = np.uint64(64 - n_bits)
    shifts = _keep_apart(keys[shared], to_slot)
    rows, owners = [weights[shared].astype(np.int16)], [keys[shared]]
    slots, n_rows = [], len(shared)
    for style in range(max(1, n_styles)):
        child = children[shared, style]
        has = np.flatnonzero(child >= 0)
        rows.append(rows[0][has] + weights[child[has]])
        owners.append(keys[shared[has]])
        places = np.arange(len(shared))
        places[has] = n_rows + np.arange(len(has))
        slots.append(_fill_slots(keys[shared], places, shifts, to_slot))
        n_rows += len(has)
    if n_rows > MOST_ROWS:
        raise ValueError("too many rows")
    return Rows(
        shifts, to_slot, np.stack(slots), _pack(np.concatenate(rows), np.concatenate(owners))
    )


def _pack(rows: NDArray[np.int16], keys: Hashes) -> Bytes:
    limits = np.iinfo(np.int8)
    held = (np.clip(rows, limits.min, limits.max) + _BIAS).astype(np.uint8)
    check = keys >> _TO_CHECK
    held[:, -2], held[:, -1] = check & _LOWER, check >> _BYTE
    return held


assert N_LABELS <= N_COLUMNS - 2  # noqa: S101 - the check stands where no label is


@compiled
def _find_styled(keys: Hashes, table: Hashes, n_styles: int) -> NDArray[np.int64]:
    found = np.empty((len(keys), n_styles), np.int64)
    for place in range(len(keys)):
        for style in range(n_styles):
            found[place, style] = find_key(table, style_key(keys[place], style))
    return found


@within_lean
def _slot_of(key: np.uint64, shift: np.uint16, to_slot: np.uint64) -> np.uint64:
    return ((key ^ (np.uint64(shift) * _SPREAD)) * _SCATTER) >> to_slot


@compiled
def _keep_apart(keys: Hashes, to_slot: np.uint64) -> NDArray[np.uint16]:
    """Find a shift for each bucket of keys, the fullest first, such that all have a slot."""
    n_buckets = 1 << BUCKET_BITS
    buckets = (keys >> _TO_BUCKET).astype(np.int64)
    by_bucket = np.argsort(buckets, kind="mergesort")
    sizes = np.bincount(buckets, minlength=n_buckets)
    begins = np.cumsum(sizes) - sizes
    shifts = np.zeros(n_buckets, np.uint16)
    taken = np.zeros(np.int64(1) << (64 - np.int64(to_slot)), np.bool_)
    for bucket in np.argsort(-sizes, kind="mergesort"):
        members = by_bucket[begins[bucket] : begins[bucket] + sizes[bucket]]
        for shift in range(_N_SHIFTS):
            n_placed = 0
            for member in members:
                slot = _slot_of(keys[member], np.uint16(shift), to_slot)
                if taken[slot]:
                    break
                taken[slot] = True
                n_placed += 1
            if n_placed == len(members):
                shifts[bucket] = shift
                break
            for member in members[:n_placed]:
                taken[_slot_of(keys[member], np.uint16(shift), to_slot)] = False
        else:
            raise ValueError("no shift keeps these features apart")
    return shifts


@compiled
def _fill_slots(
    keys: Hashes, places: Places, shifts: NDArray[np.uint16], to_slot: np.uint64
) -> Slots:
    slots = np.zeros(np.int64(1) << (64 - np.int64(to_slot)), np.uint32)
    for i in range(len(keys)):
        slot = _slot_of(keys[i], shifts[keys[i] >> _TO_BUCKET], to_slot)
        slots[slot] = (np.uint32(keys[i] & _TAG) << _TAG_SHIFT) | np.uint32(places[i])
    return slots


@within_lean
def find_rows(  # noqa: PLR0913, PLR0917 - a tuple of arrays costs compiled code a count of each
    keys: Hashes,
    slots: Slots,
    style: int,
    shifts: NDArray[np.uint16],
    to_slot: np.uint64,
    weights: Bytes,
    found: Places32,
    checks: Sums,
    k: int,
) -> int:
    """List in row `k` the rows that features probably have, and a check; returns how many.

    There is no branch, so that a processor looks many up at once.
    """
    n = 0
    for t in range(len(keys)):
        key = keys[t]
        held = slots[style, _slot_of(key, shifts[key >> _TO_BUCKET], to_slot)]
        is_it = np.uint64(held >> _TAG_SHIFT == np.uint32(key & _TAG))
        place = np.uint64(held & _PLACE) * is_it
        fetch_row(weights, place)
        found[k, n], checks[k, n] = place, key >> _TO_CHECK
        n += np.int64(is_it)
    return n
