"""What an update of an index must write anew, and where it stands."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.columns import MOST_LEVELS, REMOVED, Columns, Marks
from fangge.engine.address.compiling import compiled_lean
from fangge.engine.address.folder import Held
from fangge.engine.address.postings import (
    U32,
    U64,
    Postings,
    find_rows,
    merge_postings,
    sort_postings,
)
from fangge.engine.address.strings import hash_texts, to_texts
from fangge.engine.address.tree import NUMBER, ROAD, class_levels, find_below
from fangge.engine.address.wording import (
    find_renamed,
    look_written,
    render_codes,
    render_fulls,
    render_names,
)

ORPHANS = {"node": pl.UInt32, "parent_code": pl.String}

Nodes = NDArray[np.int64]
Flags = NDArray[np.bool_]


class RegisterTooLarge(Exception):
    """More levels than an index tells apart."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to be written, with the node of each."""

    nodes: U32
    rows: pl.DataFrame  # code, level, name, full_name, aliases, in the order of `nodes`
    levels: Marks  # number in the list of levels


def find_codes(held: Held, codes: pl.Series) -> Nodes:
    """Give the node of each code, also of one that was removed; -1 where there never was one."""
    hashes = hash_texts(to_texts(codes))
    nodes = np.full(codes.len(), -1, dtype=np.int64)
    for postings in (held.base_codes, held.changed_codes):
        _find_codes(postings, hashes, nodes)
    return nodes


@compiled_lean
def _find_codes(postings: Postings, hashes: U64, nodes: Nodes) -> None:
    for i in range(len(hashes)):
        low, high = find_rows(postings, hashes[i])
        if low < high:
            nodes[i] = postings.rows[low]


def add_codes(held: Held, codes: pl.Series, nodes: U32) -> Held:
    """Note which nodes bear codes that are new."""
    if not len(nodes):
        return held
    fresh = sort_postings(hash_texts(to_texts(codes)), nodes)
    return replace(held, changed_codes=merge_postings(held.changed_codes, fresh))


def plan_batch(
    held: Held, columns: Columns, batch: Batch, gone: Nodes, existed: Flags
) -> tuple[Held, Batch, Columns]:
    """Find what must be written anew besides the changed rows, and set parents and levels.

    That is what stands below a node that moved, was renamed or removed; what had waited for a
    parent that came; and house numbers with aliases, when roads changed.
    """
    parents = find_codes(held, batch.rows["parent_code"])
    removed = np.append(columns.states == REMOVED, False)
    removed[gone] = True
    removed[batch.nodes] = False
    parents = np.where(removed[parents] | (parents < 0), -1, parents)
    held, levels = _number_levels(held, batch.rows["level"])
    classes = class_levels(held.levels)[levels] if len(levels) else np.zeros(0, np.uint8)
    moved = _find_moved(held, columns, batch, (parents, classes), existed)
    adopted, adopters = _adopt(held, batch, removed)
    more = _find_touched(columns, np.concatenate([moved, gone, adopted]))
    more[adopted] = True
    if (classes == ROAD).any() or (columns.classes[gone] == ROAD).any():
        numbered = held.aliases["node"].to_numpy()
        more[numbered[columns.classes[numbered] == NUMBER]] = True
    more[removed[:-1]] = False
    more[batch.nodes] = False
    below = np.flatnonzero(more).astype(np.uint32)
    orphaned = below[(columns.parents[below] >= 0) & removed[columns.parents[below]]]
    held = _note_orphans(held, columns, batch, orphaned, parents, np.concatenate([adopted, gone]))
    whole = _join_rows(held, columns, replace(batch, levels=levels), below)
    columns.parents[orphaned] = -1
    columns.parents[adopted] = adopters
    columns.parents[batch.nodes] = parents
    columns.classes[batch.nodes] = classes
    return held, whole, columns


def _join_rows(held: Held, columns: Columns, batch: Batch, below: U32) -> Batch:
    """Put the rows that are written anew behind those that changed."""
    if not len(below):
        return batch
    rows = _render_rows(held, columns, below)
    return Batch(
        np.concatenate([batch.nodes, below]),
        pl.concat([batch.rows.select(rows.columns), rows]),
        np.concatenate([batch.levels, columns.find_levels(below)]),
    )


def _note_orphans(
    held: Held, columns: Columns, batch: Batch, orphaned: U32, parents: Nodes, settled: Nodes
) -> Held:
    """Note whose parent is not in the register, and forget those of whom that is no longer so."""
    is_orphan = parents < 0
    if held.orphans.is_empty() and not is_orphan.any() and not len(orphaned):
        return held
    lost = columns.parents[orphaned].astype(np.uint32)
    own = _list_orphans(batch.nodes, batch.rows["parent_code"])
    stale = np.zeros(len(columns.parents), dtype=np.bool_)
    stale[batch.nodes] = True
    stale[settled] = True
    orphans = [
        held.orphans.filter(pl.Series(~stale[held.orphans["node"].to_numpy()], dtype=pl.Boolean)),
        _list_orphans(orphaned, render_codes(columns, held.strings, lost)),
        own.filter(pl.Series(is_orphan, dtype=pl.Boolean)),
    ]
    return replace(held, orphans=pl.concat(orphans).drop_nulls())


def _find_touched(columns: Columns, seeds: NDArray[Any]) -> Flags:
    """Mark what stands below some nodes."""
    flags = np.zeros(len(columns.parents), dtype=np.bool_)
    flags[seeds.astype(np.int64)] = True
    return find_below(columns.parents, flags) if len(seeds) else flags


def _list_orphans(nodes: U32, codes: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"node": nodes, "parent_code": codes}, schema=ORPHANS)


def _number_levels(held: Held, levels: pl.Series) -> tuple[Held, NDArray[np.uint8]]:
    told = levels.fill_null("")
    names = held.levels + sorted(set(told.unique()) - set(held.levels))
    if len(names) > MOST_LEVELS:
        raise RegisterTooLarge(f"{len(names)} levels are more than an index tells apart")
    numbers = told.replace_strict(names, range(len(names)), return_dtype=pl.UInt8)
    return replace(held, levels=names), numbers.to_numpy()


def _find_moved(
    held: Held,
    columns: Columns,
    batch: Batch,
    placed: tuple[Nodes, NDArray[np.uint8]],
    existed: Flags,
) -> U32:
    """Find the nodes whose place, level or name is another than before."""
    parents, classes = placed
    at = np.flatnonzero(existed)
    nodes = batch.nodes[at]
    if not len(nodes):
        return nodes
    rows = batch.rows.select("name", "full_name")
    if len(at) < rows.height:
        rows = rows[at]
    other = np.zeros(len(nodes), dtype=np.bool_)
    written = look_written(columns, held.strings)
    find_renamed(written, nodes, to_texts(rows["name"]), to_texts(rows["full_name"]), other)
    other |= (columns.parents[nodes] != parents[at]) | (columns.classes[nodes] != classes[at])
    moved: U32 = nodes[other | (columns.states[nodes] == REMOVED)]
    return moved


def _adopt(held: Held, batch: Batch, removed: Flags) -> tuple[Nodes, Nodes]:
    """Find nodes whose parent was not in the register and comes now."""
    if held.orphans.is_empty():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    came = pl.DataFrame({"parent_code": batch.rows["code"], "parent": batch.nodes})
    joined = held.orphans.join(came, on="parent_code")
    nodes = joined["node"].to_numpy().astype(np.int64)
    keeps = ~removed[nodes] if len(nodes) else np.zeros(0, np.bool_)
    return nodes[keeps], joined["parent"].to_numpy().astype(np.int64)[keeps]


def _render_rows(held: Held, columns: Columns, nodes: U32) -> pl.DataFrame:
    """Write out rows as the register gave them, without their parents."""
    aliases = (
        held.aliases.filter(pl.col("node").is_in(pl.Series(nodes, dtype=pl.UInt32).implode()))
        .group_by("node", maintain_order=True)
        .agg(aliases="alias")
    )
    return (
        pl.DataFrame(
            {
                "node": pl.Series(nodes, dtype=pl.UInt32),
                "code": render_codes(columns, held.strings, nodes),
                "name": render_names(columns, held.strings, nodes),
                "full_name": render_fulls(columns, held.strings, nodes),
            }
        )
        .join(aliases, on="node", how="left", maintain_order="left")
        .drop("node")
    )
