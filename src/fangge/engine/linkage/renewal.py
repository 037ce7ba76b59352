"""Which pairs must be compared anew when some records changed, and which edges that changes."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import polars as pl

from fangge.engine.linkage.blocking import block_keys, pair_groups
from fangge.engine.linkage.codes import Flags, Ints
from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.layers import Block, Stack, want_keys
from fangge.engine.linkage.lookup import are_among, distinct
from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.schema import PLACES, REVIEWED
from fangge.engine.linkage.scoring import score_pairs

PLACE_BITS = 32
N_THREADS = 2
CountValues = Callable[[pl.DataFrame], pl.DataFrame]


class Said(NamedTuple):
    """What changed records said before, and what they say now; both prepared."""

    before: pl.DataFrame
    now: pl.DataFrame
    places: Ints
    """Where the former stood, in order."""


class Renewed(NamedTuple):
    """Edges that are no more or weigh otherwise, and those that are new or weigh otherwise."""

    dropped: pl.DataFrame
    added: pl.DataFrame


def renew_edges(
    before: Stack,
    now: Stack,
    said: Said,
    rarer: Mapping[str, Ints],
    count: CountValues,
    parameters: Parameters,
) -> Renewed:
    """Compare pairs anew where what changed can make a difference.

    Parameters
    ----------
    before, now : Stack
        The records as they were and as they are; of `now` the highest layer is what changed.
    said : Said
        What the changed records said and say.
    rarer : mapping of field to values
        Those that weigh otherwise than before.
    count : callable
        Gives VALUE_COUNTS of at least the values that some prepared records have.
    parameters : Parameters
        Fitted to the number of records.

    Notes
    -----
    A changed record is compared with those that share a block with it. In a block that became too
    large, or no longer is, all pairs are looked at again, and so are those of records with a value
    that weighs otherwise. All others keep their weight.
    """
    first_new = int(now.starts[-2])
    with ThreadPoolExecutor(N_THREADS) as pool:
        met = list(pool.map(lambda block: _meet(now, block, said, parameters), parameters.blocks))
    pairs = [found for found, _ in met]
    seekers = [_bear(now, rarer), *(moved for _, moved in met)]
    seeking = distinct(np.concatenate(seekers))
    seeking = seeking[: np.searchsorted(seeking, first_new)]
    again = now.take(seeking)
    if seeking.size:
        pairs += [
            _meet_again(now, block, again, seeking, parameters) for block in parameters.blocks
        ]
    new = _score(now, distinct(np.concatenate(pairs)), count, parameters)
    old = before.edges_at(distinct(np.concatenate([seeking, said.places])))
    columns = list(REVIEWED)
    return Renewed(
        dropped=old.join(new, on=columns, how="anti"), added=new.join(old, on=columns, how="anti")
    )


def _bear(now: Stack, rarer: Mapping[str, Ints]) -> Ints:
    """Give the places without identifier of records that have one of the values."""
    found = [np.zeros(0, dtype=np.int64)]
    for field, values in rarer.items():
        found.append(now.seek_unnamed((field,), values))
    return np.concatenate(found)


def _meet(now: Stack, block: Block, said: Said, parameters: Parameters) -> tuple[Ints, Ints]:
    """Pair what changed in a block; give its other records if it became too large, or small enough.

    Only a record without an identifier is ever compared, so blocks without one are passed over.
    """
    largest, sides = parameters.largest_block, (said.before, said.now)
    keys = [block_keys(each, block) for each in sides]
    met = [now.meets_unnamed(block, each) for each in keys]
    wanted = want_keys(block, pl.concat(sides), parameters, np.concatenate(met))
    which, places = now.seek(block, wanted)
    size = np.bincount(which, minlength=len(wanted.keys))
    was, is_now = (
        _count_keys(wanted.keys, each[of_any]) for each, of_any in zip(keys, met, strict=True)
    )
    moved = (size <= largest) != (size + was - is_now <= largest)
    named = _tell_named(now, places, parameters)
    pairs = _pair(which, places, places >= now.starts[-2], named, largest)
    return pairs, places[moved[which] & ~named]


def _meet_again(
    now: Stack, block: Block, again: pl.DataFrame, seeking: Ints, parameters: Parameters
) -> Ints:
    which, places = now.seek(block, want_keys(block, again, parameters))
    named = _tell_named(now, places, parameters)
    return _pair(which, places, are_among(places, seeking), named, parameters.largest_block)


def _pair(which: Ints, places: Ints, wanted: Flags, named: Flags, largest: int) -> Ints:
    """Pair the places of each key of which one is wanted and not both have an identifier."""
    firsts = np.flatnonzero(np.diff(which, prepend=-1, append=-1))
    members = np.arange(len(places))
    found = pair_groups(firsts, members, wanted, named, largest)
    ends = places[found >> PLACE_BITS], places[found & (2**PLACE_BITS - 1)]
    return np.asarray(np.minimum(*ends) << PLACE_BITS | np.maximum(*ends))


def _count_keys(keys: Ints, said: Ints) -> Ints:
    """Count how often each of some sorted keys is said."""
    if not keys.size:
        return keys
    at = np.minimum(np.searchsorted(keys, said), len(keys) - 1)
    return np.bincount(at[keys[at] == said], minlength=len(keys))


def _tell_named(now: Stack, places: Ints, parameters: Parameters) -> Flags:
    if parameters.identifier is None:
        return np.zeros(len(places), dtype=np.bool_)
    return np.asarray(now.column(parameters.identifier, places) != 0)


def _score(now: Stack, packed: Ints, count: CountValues, parameters: Parameters) -> pl.DataFrame:
    """Compare pairs of places and weigh them; give those that link or may link, by record_id."""
    ends = packed >> PLACE_BITS, packed & (2**PLACE_BITS - 1)
    places = distinct(np.concatenate(ends))
    records = now.take(places)
    ids = records["record_id"].to_numpy()
    rows = [np.searchsorted(places, end) for end in ends]
    ahead = ids[rows[0]] < ids[rows[1]]
    left, right = np.where(ahead, *rows), np.where(ahead, *rows[::-1])
    pairs = pl.DataFrame({"left": left, "right": right}, schema=dict(PLACES))
    levels = compare_pairs(records, pairs, parameters)
    scored = score_pairs(records, levels, count(records), parameters)
    kept = scored.filter(pl.col("weight") >= parameters.review_from_bits)
    return kept.with_columns(
        records["record_id"].gather(kept[side]).alias(side) for side in ("left", "right")
    )
