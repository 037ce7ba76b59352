"""Make an index from a register's rows, or the next version of one from what changed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from fangge.engine.address.areas import make_areas
from fangge.engine.address.columns import (
    IN_BASE,
    IN_CHANGES,
    REMOVED,
    Columns,
    no_columns,
)
from fangge.engine.address.compiling import compiled_lean
from fangge.engine.address.folder import Held
from fangge.engine.address.names import make_names
from fangge.engine.address.normalise import fold_texts
from fangge.engine.address.planning import (
    ORPHANS,
    Batch,
    Flags,
    Nodes,
    add_codes,
    find_codes,
    plan_batch,
)
from fangge.engine.address.postings import (
    U32,
    U64,
    Postings,
    merge_postings,
    sort_postings,
)
from fangge.engine.address.spelling import cached_sounds, know_letters
from fangge.engine.address.strings import (
    Strings,
    hash_texts,
    join_texts,
    no_texts,
    to_texts,
)
from fangge.engine.address.tree import (
    BUILDING,
    BY_NUMBER,
    COMMUNITY,
    DEEPEST,
    ESTATE,
    NUMBER,
    ROAD,
    Tree,
    climb,
    cut_aliases,
    have_numbers,
    make_keys,
    make_tokens,
    tree_key,
)
from fangge.engine.address.wording import Fresh, render_names, write_nodes

ROAD_NUMBER = (
    r"^(.*?[路街巷弄里道村区])"
    r"((?:[0-9零〇一二三四五六七八九十百两甲乙丙丁]|[-之弄])+[A-Za-z]?(?:号|#)?[甲乙丙丁]?)$"
)
ALIASES = {"node": pl.UInt32, "alias": pl.String}
NAMES = {"name": pl.String, "node": pl.UInt32}
AREAS = {"prefix": pl.String}


def compile_index(addresses: pl.DataFrame) -> Held:
    """Compile a register's rows; their order makes no difference."""
    sounds = cached_sounds()
    nothing = Postings(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(3, np.uint32))
    letters = know_letters(sounds)
    areas = pl.DataFrame({"prefix": [None]}, schema=AREAS)
    empty = Held(
        levels=[],
        columns=no_columns(),
        strings=Strings(no_texts(), no_texts()),
        base=nothing,
        changes=nothing,
        base_codes=nothing,
        changed_codes=nothing,
        aliases=pl.DataFrame(schema=ALIASES),
        orphans=pl.DataFrame(schema=ORPHANS),
        names=pl.DataFrame(schema=NAMES),
        areas=areas,
        name_index=make_names(pl.Series([], dtype=pl.String), np.zeros(0, np.int32), letters),
        area_index=make_areas(areas["prefix"], letters),
        sounds=sounds,
    )
    held = change_index(empty, addresses, [])
    return settle_index(held)


def settle_index(held: Held) -> Held:
    """Bring what changed into the base, without numbering nodes anew."""
    gone = held.columns.states[held.base.rows] != IN_BASE
    base = Postings(held.base.keys[~gone], held.base.rows[~gone], held.base.leads)
    nothing = Postings(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(3, np.uint32))
    return replace(
        held,
        columns=held.columns.settle(),
        base=merge_postings(base, held.changes),
        changes=nothing,
        base_codes=merge_postings(held.base_codes, held.changed_codes),
        changed_codes=nothing,
        strings=Strings(join_texts(*held.strings), no_texts()),
    )


def change_index(held: Held, changed: pl.DataFrame, removed: Sequence[str]) -> Held:
    """Make the next version of an index; see `update_register`."""
    gone_codes = pl.Series(list(removed), dtype=pl.String)
    rows = changed[_pick_rows(changed["code"], gone_codes)]
    found = find_codes(held, rows["code"])
    n_held = len(held.columns.parents)
    is_new = found < 0
    nodes = np.where(is_new, n_held + np.cumsum(is_new) - 1, found).astype(np.uint32)
    columns = held.columns.grow(n_held + int(is_new.sum()))
    held = add_codes(held, rows["code"].filter(pl.Series(is_new)), nodes[is_new])
    gone = np.unique(find_codes(held, gone_codes))
    gone = gone[gone >= 0]
    gone = gone[columns.states[gone] != REMOVED]
    no_levels = np.zeros(0, dtype=np.uint8)
    held, batch, columns = plan_batch(held, columns, Batch(nodes, rows, no_levels), gone, ~is_new)
    return _write_batch(held, columns, batch, gone)


def _pick_rows(codes: pl.Series, gone: pl.Series) -> pl.Series:
    """Pick the last row of each code that is not removed, in the order of the codes."""
    hashes, dropped = (hash_texts(to_texts(column)) for column in (codes, gone))
    by_hash = np.argsort(hashes, kind="stable")
    ordered = hashes[by_hash]
    is_last = np.append(ordered[1:] != ordered[:-1], np.ones(min(1, len(ordered)), dtype=np.bool_))
    kept = by_hash[is_last & ~np.isin(ordered, dropped)]
    kept = kept[codes.is_not_null().to_numpy()[kept]]
    places = pl.Series(kept, dtype=pl.UInt32)
    return places.gather(codes.gather(places).arg_sort())


def _write_batch(held: Held, columns: Columns, batch: Batch, gone: Nodes) -> Held:
    """Write the rows of a batch, drop what is gone, and index names anew."""
    names, fulls = (batch.rows[name].fill_null("") for name in ("name", "full_name"))
    columns.states[batch.nodes] = IN_CHANGES
    columns.states[gone] = REMOVED
    held = _write_nodes(held, columns, batch, fulls)
    columns = held.columns
    touched = np.zeros(len(columns.parents), dtype=np.bool_)
    touched[batch.nodes] = True
    touched[gone] = True
    aliases = _list_aliases(batch)
    listed = _list_names(batch.nodes, names, columns, aliases)
    held = _write_areas(held, batch.nodes, fulls, touched)
    held = _write_names(held, listed, touched)
    held = replace(held, aliases=_replace_rows(held.aliases, aliases, touched))
    keys, rows = _make_all_keys(held, batch.nodes, names, aliases)
    stays = (columns.states[held.changes.rows] == IN_CHANGES) & ~touched[held.changes.rows]
    kept = Postings(held.changes.keys[stays], held.changes.rows[stays], held.changes.leads)
    return replace(held, changes=merge_postings(kept, sort_postings(keys, rows)))


def _replace_rows(held: pl.DataFrame, fresh: pl.DataFrame, touched: Flags) -> pl.DataFrame:
    """Put fresh rows in the place of those of the nodes that are touched."""
    stale = touched[held["node"].to_numpy()]
    if not stale.any() and fresh.is_empty():
        return held
    return pl.concat([held.filter(pl.Series(~stale)), fresh])


def _write_names(held: Held, listed: pl.DataFrame, touched: Flags) -> Held:
    """List names anew, where some of them changed."""
    names = _replace_rows(held.names, listed, touched)
    if names is held.names:
        return held
    names = names.sort("name", "node")
    nodes = names["node"].to_numpy().astype(np.int32)
    index = make_names(names["name"], nodes, know_letters(held.sounds))
    return replace(held, names=names, name_index=index)


def _write_nodes(held: Held, columns: Columns, batch: Batch, fulls: pl.Series) -> Held:
    places = np.zeros(len(columns.parents), dtype=np.int32)
    places[batch.nodes] = np.arange(1, len(batch.nodes) + 1)
    codes, names = (to_texts(batch.rows[name]) for name in ("code", "name"))
    fresh = Fresh(batch.nodes, places, batch.levels, codes, names, to_texts(fulls))
    columns, strings = write_nodes(columns, held.strings, fresh)
    return replace(held, columns=columns, strings=strings)


def _list_aliases(batch: Batch) -> pl.DataFrame:
    if not batch.rows["aliases"].list.len().sum():
        return pl.DataFrame(schema=ALIASES)
    return (
        pl.DataFrame(
            {"node": pl.Series(batch.nodes, dtype=pl.UInt32), "alias": batch.rows["aliases"]}
        )
        .explode("alias")
        .drop_nulls("alias")
        .filter(pl.col("alias").str.strip_chars() != "")
        .unique()
        .sort("node", "alias")
    )


def _list_names(
    nodes: U32,
    names: pl.Series,
    columns: Columns,
    aliases: pl.DataFrame,
) -> pl.DataFrame:
    """List what is found by name: roads, estates, villages, and buildings without a number."""
    classes = columns.classes[nodes]
    is_site = np.isin(classes, (COMMUNITY, ROAD, ESTATE))
    is_building = np.flatnonzero(classes == BUILDING)
    is_site[is_building] = ~have_numbers(names.gather(is_building))
    if aliases.is_empty() and not is_site.any():
        return pl.DataFrame(schema=NAMES)
    own = pl.DataFrame({"name": names, "node": pl.Series(nodes, dtype=pl.UInt32)}).filter(
        pl.Series(is_site)
    )
    at = aliases["node"].to_numpy()
    others = aliases.filter(pl.Series(np.isin(columns.classes[at], (COMMUNITY, ROAD, ESTATE))))
    return (
        pl.concat([own, others.select(name="alias", node="node")])
        .filter(pl.col("name").str.len_chars() > 1)
        .unique()
    )


def _write_areas(held: Held, nodes: U32, fulls: pl.Series, touched: Flags) -> Held:
    """Give areas numbers, by what stands before the names of sites; forget those without a site."""
    columns = held.columns
    tree = Tree(columns.parents, columns.classes)
    sites = np.flatnonzero(
        (columns.classes[nodes] >= COMMUNITY) & (columns.classes[nodes] < BUILDING)
    )
    if not len(sites) and not columns.areas[touched].any():
        return held
    tops = np.zeros(len(sites), dtype=np.int64)
    _find_tops(tree, nodes[sites].astype(np.int64), tops)
    texts = pl.DataFrame(
        {
            "full": fulls.gather(sites),
            "top": render_names(columns, held.strings, tops.astype(np.uint32)),
        }
    ).select(
        prefix=pl.when(
            pl.col("full").str.contains(pl.col("top"), literal=True) & (pl.col("top") != "")
        )
        .then(pl.col("full").str.split(pl.col("top")).list.first())
        .otherwise(pl.lit(""))
    )
    listed = held.areas["prefix"].drop_nulls()
    fresh = texts["prefix"].unique().sort()
    fresh = fresh.filter(~fresh.is_in(listed.implode()) & (fresh != ""))
    whole = pl.concat([held.areas["prefix"], fresh])
    numbers = pl.DataFrame({"prefix": whole}).with_row_index("area").drop_nulls()
    joined = texts.join(numbers, on="prefix", how="left", maintain_order="left")
    columns.areas[nodes] = 0
    columns.areas[nodes[sites]] = joined["area"].fill_null(0).to_numpy()
    used = np.bincount(columns.areas[columns.states != REMOVED], minlength=whole.len()) > 0
    used[0] = False
    areas = pl.DataFrame({"prefix": whole}).with_columns(
        prefix=pl.when(pl.Series(used)).then("prefix")
    )
    if areas.equals(held.areas):
        return held
    index = make_areas(areas["prefix"], know_letters(held.sounds))
    return replace(held, areas=areas, area_index=index)


@compiled_lean
def _find_tops(tree: Tree, nodes: Nodes, tops: Nodes) -> None:
    """Find the highest road, number or estate at or above each site."""
    for i in range(len(nodes)):
        top = nodes[i]
        above = climb(tree, top, ROAD, ESTATE)
        # Rows in a circle end too.
        for _ in range(DEEPEST):
            if above < 0 or above == nodes[i]:
                break
            top = above
            above = climb(tree, top, ROAD, ESTATE)
        tops[i] = top


def _make_all_keys(
    held: Held, nodes: U32, names: pl.Series, aliases: pl.DataFrame
) -> tuple[U64, U32]:
    tree = Tree(held.columns.parents, held.columns.classes)
    keys = [make_keys(tree, nodes, make_tokens(names))]
    if aliases.is_empty():
        return keys[0]
    others = aliases["node"].to_numpy()
    is_number = held.columns.classes[others] == NUMBER
    inner = aliases.filter(pl.Series(~is_number))
    keys.append(
        make_keys(
            tree, inner["node"].to_numpy(), make_tokens(cut_aliases(fold_texts(inner["alias"])))
        )
    )
    keys.append(_key_numbers(held, tree, aliases.filter(pl.Series(is_number))))
    return np.concatenate([k for k, _ in keys]), np.concatenate([r for _, r in keys])


def _key_numbers(held: Held, tree: Tree, aliases: pl.DataFrame) -> tuple[U64, U32]:
    """Key the aliases of house numbers: 临顿路86号 leads from the old number to today's."""
    parts = aliases.select(
        "node",
        road=pl.col("alias").str.extract(ROAD_NUMBER, 1).fill_null(""),
        number=pl.coalesce(pl.col("alias").str.extract(ROAD_NUMBER, 2), "alias"),
    )
    at = parts["node"].to_numpy().astype(np.int64)
    own = np.array([climb(tree, node, COMMUNITY, ROAD) for node in at], dtype=np.int64)
    parts = parts.with_columns(
        own=pl.Series(own, dtype=pl.Int64), token=make_tokens(parts["number"])
    )
    roads = held.names.filter(
        pl.Series(np.isin(held.columns.classes[held.names["node"].to_numpy()], (COMMUNITY, ROAD)))
    ).select(road="name", at=pl.col("node").cast(pl.Int64))
    joined = (
        parts.join(roads, on="road", how="left")
        .with_columns(at=pl.coalesce("at", "own"))
        .filter(pl.col("at") >= 0)
    )
    keys = np.array(
        [
            tree_key(BY_NUMBER, place, np.uint64(token))
            for place, token in joined.select("at", "token").iter_rows()
        ],
        dtype=np.uint64,
    )
    return keys, joined["node"].to_numpy()
