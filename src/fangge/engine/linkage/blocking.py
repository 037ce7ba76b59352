"""Records to candidate pairs."""

from concurrent.futures import ThreadPoolExecutor
from functools import reduce

import numba
import numpy as np
import polars as pl

from fangge.engine.linkage.codes import Flags, Ints, combine_codes
from fangge.engine.linkage.grouping import group_members
from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.schema import PLACES

PLACE_BITS = 32
N_THREADS = 2


def pair_records(prepared: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Pair the records that share a block's values.

    Parameters
    ----------
    prepared : polars.DataFrame
        What `prepare_records` gives.
    parameters : Parameters
        Its blocks and the largest block that is still worth comparing.

    Returns
    -------
    polars.DataFrame
        PLACES, each pair once, in order; at least one side has no valid identifier. Two records
        with different valid identifiers are never paired, and two with the same one are left to
        the identifier.

    Notes
    -----
    Time grows with the records and the pairs: a block of n records without one gives n(n-1)/2.
    """
    named = named_rows(prepared, parameters)
    wanted = ~named
    with ThreadPoolExecutor(N_THREADS) as pool:
        found = pool.map(
            lambda block: _pair_block(
                block_keys(prepared, block), wanted, named, parameters.largest_block
            ),
            parameters.blocks,
        )
    packed = np.sort(np.concatenate([*found, np.zeros(0, dtype=np.int64)]))
    packed = packed[np.diff(packed, prepend=-1) != 0]
    return pl.DataFrame(
        {"left": packed >> PLACE_BITS, "right": packed & (2**PLACE_BITS - 1)}, schema=dict(PLACES)
    )


def named_rows(prepared: pl.DataFrame, parameters: Parameters) -> Flags:
    """Tell the records that have a valid identifier."""
    if parameters.identifier is None:
        return np.zeros(prepared.height, dtype=np.bool_)
    return np.asarray(prepared[parameters.identifier].to_numpy() != 0)


def block_keys(prepared: pl.DataFrame, block: tuple[str, ...]) -> Ints:
    """Give each record the key of a block; 0 where one of its values is missing."""
    return reduce(combine_codes, (prepared[column].to_numpy() for column in block))


@numba.njit(cache=True, nogil=True)
def _pair_block(keys: Ints, wanted: Flags, named: Flags, largest: int) -> Ints:
    firsts, members = group_members(keys, wanted)
    return pair_groups(firsts, members, wanted, named, largest)


@numba.njit(cache=True, nogil=True)
def pair_groups(firsts: Ints, members: Ints, wanted: Flags, named: Flags, largest: int) -> Ints:
    """Pair the members of each group that is not too large, packed: the first shifted up.

    One of a pair is wanted, and not both are named. Groups are as of `group_members`.
    """
    n_pairs = 0
    for group in range(len(firsts) - 1):
        size = firsts[group + 1] - firsts[group]
        n_pairs += size * (size - 1) // 2 if size <= largest else 0
    pairs = np.zeros(n_pairs, dtype=np.int64)
    n_kept = 0
    for group in range(len(firsts) - 1):
        block = members[firsts[group] : firsts[group + 1]]
        if len(block) <= largest:
            n_kept = _list_pairs(block, wanted, named, pairs, n_kept)
    return pairs[:n_kept]


@numba.njit(cache=True, nogil=True)
def _list_pairs(block: Ints, wanted: Flags, named: Flags, pairs: Ints, n_kept: int) -> int:
    for i in range(len(block)):
        for j in range(i + 1, len(block)):
            a, b = block[i], block[j]
            if (wanted[a] or wanted[b]) and not (named[a] and named[b]):
                pairs[n_kept] = (a << PLACE_BITS) | b
                n_kept += 1
    return n_kept
