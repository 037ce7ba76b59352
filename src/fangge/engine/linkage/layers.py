"""What a run keeps of its records, in layers: all of them, and over these what changed since.

A record stands in the highest layer that has it; where it stands no more, its row is gone. All that
hangs together by a cluster, an edge or a doubt stands in one layer, so that whatever changes is
looked up with all it touches, without a look at the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

import numpy as np
import polars as pl

from fangge.engine.linkage.blocking import block_keys, named_rows
from fangge.engine.linkage.codes import Flags, Ints, combine_codes
from fangge.engine.linkage.lookup import (
    NOBODY,
    Chains,
    Ends,
    FewChains,
    Places,
    chain_few,
    chain_keys,
    close_rows,
    distinct,
    gather_ends,
    link_rings,
    list_candidates,
    list_ends,
    list_few,
    mark_known,
    put_rows,
    seek_sorted,
)
from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.pipeline import Grouping
from fangge.engine.linkage.schema import REVIEWED, Schema

N_THREADS = 2
Block = tuple[str, ...]

GROUPED: Schema = {
    "cluster": pl.Int64,
    "method": pl.UInt8,
    "strongest": pl.Float32,
    "is_lone": pl.UInt8,
    "is_borne": pl.UInt8,
    "holds": pl.UInt8,
    "counted": pl.UInt8,
}
"""How the evidence groups each prepared record.

holds tells of clusters with an identifier; counted is 1 for what `count_known` counts, and 2 for
what is known of that.
"""


@dataclass(frozen=True, slots=True)
class Layer:
    """Records as numbers, how they are grouped, and what finds them."""

    prepared: pl.DataFrame
    grouped: pl.DataFrame
    edges: pl.DataFrame
    """REVIEWED: pairs that link or may link."""
    pairs: pl.DataFrame
    """REVIEWED: what the evidence leaves in doubt."""
    gone: Flags
    """Rows that are no more, or stand in a higher layer."""
    ring: Places
    """Of each row the next of its cluster, round."""
    ends: Ends
    """Edges, and after them doubts, by their rows."""
    chains: Mapping[Block, Chains]
    """All rows, by what `sought_by` gives for each block."""
    unnamed: Mapping[Block, FewChains]
    """Rows without a valid identifier, by each block."""
    lone: FewChains
    """Rows that say a name and no more, by the name."""

    @property
    def ids(self) -> Ints:
        return np.asarray(self.prepared["record_id"].to_numpy())

    def without(self, rows: Ints) -> "Layer":
        """Let some rows be gone."""
        gone = self.gone.copy()
        gone[rows] = True
        return replace(self, gone=gone)

    def close(self, rows: Ints) -> Ints:
        """Give these rows with all that hangs together with them by clusters, edges and doubts."""
        return close_rows(self.ring, self.ends, rows)

    def ties_at(self, rows: Ints) -> Ints:
        """Give the numbers of the edges and doubts that end at these rows, in order."""
        return distinct(gather_ends(self.ends.firsts, self.ends.numbers, rows))


def find_rows(held: Ints, wanted: Ints, *, missing: int | None = None) -> Ints:
    """Find the rows of record ids in a sorted column; what is absent is left out, or `missing`."""
    at = seek_sorted(held, wanted)
    return at[at != NOBODY] if missing is None else np.where(at == NOBODY, missing, at)


def sought_by(block: Block, parameters: Parameters) -> Block:
    """Give the columns by which a block's rows are found: one that is a block itself, or all."""
    single = [one for one in parameters.blocks if len(one) == 1 and one[0] in block]
    return single[0] if single else block


def identifier_block(parameters: Parameters) -> Block:
    """Give the block that finds all records with one identifier."""
    return (parameters.identifier or "",)


def build_layer(
    prepared: pl.DataFrame,
    grouped: pl.DataFrame,
    edges: pl.DataFrame,
    pairs: pl.DataFrame,
    parameters: Parameters,
) -> Layer:
    """Make what finds these records, of which nothing hangs together with any other layer.

    Parameters
    ----------
    prepared : polars.DataFrame
        What `prepare_records` gives.
    grouped : polars.DataFrame
        GROUPED of each of them.
    edges, pairs : polars.DataFrame
        REVIEWED, in order.

    Notes
    -----
    Time O(n): a pass over each of the columns that blocks are made of.
    """
    prepared = prepared.rechunk()
    named = named_rows(prepared, parameters)
    some = np.flatnonzero(~named).astype(np.int32)
    rarities = [(field.name,) for field in parameters.fields if field.counts_rarity]
    few = prepared.select(_columns([*parameters.blocks, *rarities]))[some]
    blocks = dict.fromkeys(sought_by(block, parameters) for block in parameters.blocks)
    blocks |= dict.fromkeys([identifier_block(parameters)] if parameters.identifier else [])
    blocks |= dict.fromkeys([(parameters.lone_field,)] if parameters.lone_field else [])
    with ThreadPoolExecutor(N_THREADS) as pool:
        chains = pool.map(lambda block: chain_keys(block_keys(prepared, block)), blocks)
        unnamed = {
            block: chain_few(block_keys(few, block), some)
            for block in dict.fromkeys([*parameters.blocks, *rarities])
        }
        ids = prepared["record_id"].to_numpy()
        ring = link_rings(seek_sorted(ids, grouped["cluster"].to_numpy()))
        found = dict(zip(blocks, chains, strict=True))
    return Layer(
        prepared=prepared,
        grouped=grouped,
        edges=edges,
        pairs=pairs,
        gone=np.zeros(prepared.height, dtype=np.bool_),
        ring=ring,
        ends=_list_ends(pl.concat([edges, pairs]), ids),
        chains=found,
        unnamed=unnamed,
        lone=_chain_lone(prepared, grouped, parameters),
    )


def _columns(blocks: Iterable[Block]) -> list[str]:
    return sorted({column for block in blocks for column in block})


def _list_ends(ties: pl.DataFrame, ids: Ints) -> Ends:
    left, right = (seek_sorted(ids, ties[side].to_numpy()) for side in ("left", "right"))
    return list_ends(left, right, len(ids))


def _chain_lone(prepared: pl.DataFrame, grouped: pl.DataFrame, parameters: Parameters) -> FewChains:
    rows = np.flatnonzero(grouped["is_lone"].to_numpy()).astype(np.int32)
    if parameters.lone_field is None or not rows.size:
        return chain_few(np.zeros(0, dtype=np.int64), rows[:0])
    return chain_few(prepared[parameters.lone_field].to_numpy()[rows], rows)


def describe_groups(prepared: pl.DataFrame, found: Grouping) -> pl.DataFrame:
    """Write GROUPED of what a grouping of prepared records found."""
    labels, coded = found.grouped.labels, found.codes != 0
    is_bare = prepared["is_bare"].to_numpy() != 0
    holds, says_more = np.zeros((2, len(labels)), dtype=np.bool_)
    holds[labels[coded]] = True
    says_more[labels[~is_bare]] = True
    columns = (
        prepared["record_id"].to_numpy()[labels],
        found.methods,
        found.grouped.strongest,
        found.lone.astype(np.uint8),
        found.borne.astype(np.uint8),
        holds[labels].astype(np.uint8),
        np.where(is_bare & coded, 1 + says_more[labels], 0).astype(np.uint8),
    )
    return pl.DataFrame(dict(zip(GROUPED, columns, strict=True)))


def empty_layer(like: Layer, parameters: Parameters) -> Layer:
    nobody = pl.DataFrame(schema=dict(REVIEWED))
    return build_layer(like.prepared.clear(), like.grouped.clear(), nobody, nobody, parameters)


def loose_layer(prepared: pl.DataFrame, parameters: Parameters) -> Layer:
    """Put records that were not grouped yet into a layer, each on its own."""
    n = prepared.height
    alone = {name: np.zeros(n, dtype=np.uint8) for name in GROUPED}
    grouped = pl.DataFrame(alone | {"cluster": prepared["record_id"]}).cast(pl.Schema(GROUPED))
    nobody = pl.DataFrame(schema=dict(REVIEWED))
    return build_layer(prepared, grouped, nobody, nobody, parameters)


class Stack:
    """Layers as one: a place is a row of one of them, counted through."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers
        self.starts = np.cumsum([0, *(len(layer.gone) for layer in layers)])

    def find(self, ids: Ints) -> Ints:
        """Give the places where records stand, in order; those that are not there are left out."""
        found = []
        for layer, start in zip(self.layers, self.starts, strict=False):
            rows = find_rows(layer.ids, ids)
            found.append(np.sort(rows[~layer.gone[rows]], kind="stable") + start)
        return np.concatenate(found)

    def split(self, places: Ints) -> list[Ints]:
        """Give the rows of each layer of places that are in order."""
        cuts = np.searchsorted(places, self.starts)
        return [
            places[cut:end] - start
            for cut, end, start in zip(cuts, cuts[1:], self.starts, strict=False)
        ]

    def take(self, places: Ints, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Give the prepared records at places that are in order."""
        return pl.concat(
            (layer.prepared if columns is None else layer.prepared.select(columns))[rows]
            for layer, rows in zip(self.layers, self.split(places), strict=True)
        ).rechunk()

    def line_up(
        self, places: Ints, order: Ints, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Give the prepared records at places that are in order, put in an order of their own."""
        held = [layer.prepared for layer in self.layers]
        rows = self.split(places)
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order))
        ends = np.split(ranks, np.cumsum([len(each) for each in rows])[:-1])
        found = []
        for name in held[0].columns if columns is None else columns:
            if held[0][name].dtype == pl.Int64:
                values = np.empty(len(order), dtype=np.int64)
                for frame, own, to in zip(held, rows, ends, strict=True):
                    put_rows(frame[name].to_numpy(), own, values, to)
                found.append(pl.Series(name, values))
            else:
                parts = (frame[name].gather(own) for frame, own in zip(held, rows, strict=True))
                found.append(pl.concat(parts).gather(order))
        return pl.DataFrame(found)

    def groups(self, places: Ints, columns: Sequence[str] = tuple(GROUPED)) -> pl.DataFrame:
        """Give GROUPED at places that are in order."""
        return pl.concat(
            layer.grouped.select(columns)[rows]
            for layer, rows in zip(self.layers, self.split(places), strict=True)
        ).rechunk()

    def gone(self, places: Ints) -> Flags:
        """Tell which places, in order, are in use no more."""
        parts = zip(self.layers, self.split(places), strict=True)
        return np.concatenate([layer.gone[rows] for layer, rows in parts])

    def column(self, name: str, places: Ints) -> Ints:
        """Give a column of the prepared records at places in any order."""
        values = np.zeros(len(places), dtype=np.int64)
        for layer, start, end in zip(self.layers, self.starts, self.starts[1:], strict=False):
            here = (places >= start) & (places < end)
            values[here] = layer.prepared[name].to_numpy()[places[here] - start]
        return values

    def close(self, places: Ints) -> Ints:
        """Give these places with all that hangs together with them."""
        parts = zip(self.layers, self.split(places), self.starts, strict=False)
        return np.concatenate([layer.close(rows) + start for layer, rows, start in parts])

    def edges_at(self, places: Ints) -> pl.DataFrame:
        """Give the edges that end at places that are in order, and in use."""
        found = []
        for layer, rows in zip(self.layers, self.split(places), strict=True):
            numbers = layer.ties_at(rows)
            found.append(layer.edges[numbers[numbers < layer.edges.height]])
        return pl.concat(found)

    def seek(self, block: Block, wanted: "Wanted") -> tuple[Ints, Ints]:
        """Find where records stand whose key in a block is one of the wanted.

        Returns
        -------
        which, places : two int64 arrays
            In order: the number of the wanted key, and the place.
        """
        found = []
        for layer, start in zip(self.layers, self.starts, strict=False):
            which, rows = list_candidates(layer.chains[wanted.block], wanted.by)
            same = ~layer.gone[rows]
            same[same] = keys_at(layer.prepared, block, rows[same]) == wanted.keys[which[same]]
            found.append((which[same], rows[same] + start))
        which, places = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(which, kind="stable")
        return which[order], places[order]

    def seek_unnamed(self, block: Block, keys: Ints) -> Ints:
        """Find where records without a valid identifier stand that have one of the keys."""
        found = []
        for layer, start in zip(self.layers, self.starts, strict=False):
            rows = list_few(layer.unnamed[block], keys)[1]
            found.append(rows[~layer.gone[rows]] + start)
        return np.concatenate(found)

    def meets_unnamed(self, block: Block, keys: Ints) -> Flags:
        """Tell which keys a record without a valid identifier has, or had."""
        known = [mark_known(layer.unnamed[block], keys) for layer in self.layers]
        return np.asarray(np.logical_or.reduce(known))


class Wanted(NamedTuple):
    """Keys of a block in order, each once, with those by which their rows are found."""

    keys: Ints
    block: Block
    by: Ints


def want_keys(
    block: Block, records: pl.DataFrame, parameters: Parameters, which: Flags | None = None
) -> Wanted:
    """Give the keys that some prepared records have in a block; `which` of them, if not all."""
    by = sought_by(block, parameters)
    keys = block_keys(records, block)
    rows = np.flatnonzero((keys != 0) if which is None else (keys != 0) & which)
    rows = rows[np.argsort(keys[rows])]
    rows = rows[np.diff(keys[rows], prepend=0) != 0]
    return Wanted(keys[rows], by, block_keys(records, by)[rows])


def keys_at(prepared: pl.DataFrame, block: Block, rows: Ints) -> Ints:
    """Give the keys that some rows have in a block."""
    return reduce(combine_codes, (prepared[column].to_numpy()[rows] for column in block))
