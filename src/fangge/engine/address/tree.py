"""From rows of a register to its tree, names, numbers and keys."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import BUILDING_WORDS, LEVELS, ROOM_WORDS, UNIT_WORDS
from fangge.engine.address.grammar import cut_token, read_head, read_inner, split_inner
from fangge.engine.address.normalise import HOUSE, fold_texts

# Bits of the 64-bit key. A floor is told from a room by the name of its token (`5层`).
SITE_BITS, BUILDING_BITS, UNIT_BITS, ROOM_BITS = 22, 14, 10, 18
PARTS = ("building", "unit", "room")
_BITS = dict(zip(PARTS, (BUILDING_BITS, UNIT_BITS, ROOM_BITS), strict=True))
_ENDINGS = {
    "number": ("号", HOUSE, "#"),
    "building": (*BUILDING_WORDS, "#"),
    "unit": UNIT_WORDS,
    "floor": ("层", "楼", "F"),
    "room": ROOM_WORDS,
}
SITE_LEVELS = ("road", "number", "estate")


class RegisterTooLarge(Exception):
    """More sites or numberings than a key holds: split the register."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What an index holds; see `Register`."""

    nodes: pl.DataFrame
    names: pl.DataFrame
    numbers: pl.DataFrame
    tokens: pl.DataFrame
    sites: pl.DataFrame
    below: pl.DataFrame
    keys: NDArray[np.uint64]
    rows: NDArray[np.uint32]


def compile_tables(addresses: pl.DataFrame) -> Tables:
    """Compile a register's rows; see `build_register`."""
    rows = addresses.sort("code")
    aliases = _list_aliases(rows)
    nodes = _number_nodes(rows)
    paths = _trace_paths(nodes)
    tokens = _list_tokens(nodes, aliases)
    sites = _list_sites(nodes, paths)
    keys, held = _make_keys(nodes, paths, tokens, sites, aliases)
    return Tables(
        nodes=nodes.with_columns(own=_number_own(nodes, tokens)).drop("token"),
        names=_list_names(nodes, aliases),
        numbers=_list_numbers(nodes, paths, aliases),
        tokens=tokens,
        sites=sites,
        below=nodes.with_row_index("estate")
        .filter(pl.col("level") == "estate")
        .join(
            nodes.with_row_index("number")
            .filter(pl.col("level") == "number")
            .select("number", pl.col("number").cast(pl.Int32).alias("parent")),
            on="parent",
        )
        .select("number", "estate"),
        keys=keys,
        rows=held,
    )


def cut_tokens(names: pl.Series, level: str) -> pl.Series:
    """Write the numbers of a level one way, each distinct name once; a floor keeps its 层."""
    distinct = names.drop_nulls().unique()
    ending = "层" if level == "floor" else ""
    cut = [cut_token(name, _ENDINGS[level]) + ending for name in distinct]
    return names.replace_strict(
        distinct, pl.Series(cut, dtype=pl.String), default=None, return_dtype=pl.String
    )


def _number_nodes(rows: pl.DataFrame) -> pl.DataFrame:
    numbered = rows.select("code", parent=pl.int_range(pl.len(), dtype=pl.Int32))
    nodes = rows.join(
        numbered, left_on="parent_code", right_on="code", how="left", maintain_order="left"
    )
    folded = fold_texts(nodes["name"])
    cut = pl.repeat(None, nodes.height, dtype=pl.String, eager=True)
    for level in _ENDINGS:
        cut = cut.zip_with(nodes["level"] != level, cut_tokens(folded, level))
    return nodes.select(
        "code",
        "level",
        name=folded,
        full_name="full_name",
        parent=pl.col("parent").fill_null(-1),
        token=cut,
    )


def _trace_paths(nodes: pl.DataFrame) -> dict[str, NDArray[np.int32]]:
    """Give each node its ancestor (or itself) on every level; -1 where it has none."""
    parent = nodes["parent"].to_numpy()
    level = (
        nodes["level"]
        .replace_strict(list(LEVELS), list(range(len(LEVELS))), default=-1, return_dtype=pl.Int8)
        .to_numpy()
    )
    own = np.arange(nodes.height, dtype=np.int32)
    paths = {name: np.full(nodes.height, -1, dtype=np.int32) for name in LEVELS}
    at = own.copy()
    # A tree is as deep as it has levels; rows in a circle end there too.
    for _ in LEVELS:
        alive = at >= 0
        for i, name in enumerate(LEVELS):
            takes = alive & (paths[name] < 0)
            takes[takes] = level[at[takes]] == i
            paths[name][takes] = at[takes]
        at = np.where(alive, parent[np.where(alive, at, 0)], -1).astype(np.int32) if len(at) else at
    return paths


def _list_aliases(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.select("aliases", "level", node=pl.int_range(pl.len(), dtype=pl.UInt32))
        .explode("aliases")
        .drop_nulls("aliases")
        .filter(pl.col("aliases") != "")
        .select("node", "level", alias=fold_alias(pl.col("aliases")))
    )


def fold_alias(column: pl.Expr) -> pl.Expr:
    """Fold a column of aliases like the texts that are matched with them."""
    return column.map_batches(fold_texts, return_dtype=pl.String)


def _list_tokens(nodes: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """Give each distinct numbering of a building, unit or room an id; 0 is not said."""
    frames = []
    for part in PARTS:
        levels = ("floor", "room") if part == "room" else (part,)
        own = nodes.filter(pl.col("level").is_in(levels))["token"]
        other = pl.concat(
            [
                _alias_tokens(aliases.filter(pl.col("level") == level), level)["token"]
                for level in levels
            ]
        )
        distinct = pl.concat([own, other]).drop_nulls().unique().sort()
        if distinct.len() >= 1 << _BITS[part]:
            raise RegisterTooLarge(f"{distinct.len()} names of a {part} do not fit into a key")
        frames.append(
            pl.DataFrame(
                {
                    "part": pl.repeat(part, distinct.len(), eager=True, dtype=pl.String),
                    "token": distinct,
                    "id": pl.int_range(1, distinct.len() + 1, dtype=pl.UInt32, eager=True),
                }
            )
        )
    return pl.concat(frames)


def _number_own(nodes: pl.DataFrame, tokens: pl.DataFrame) -> pl.Series:
    """Give each building, unit and room the id of its own number, and other nodes 0."""
    own = pl.repeat(0, nodes.height, dtype=pl.UInt32, eager=True)
    for part in PARTS:
        ids = look_up_tokens(nodes["token"], tokens, part)
        own = ids.zip_with(nodes["level"] == part, own)
    return own


def _alias_tokens(aliases: pl.DataFrame, level: str) -> pl.DataFrame:
    """Cut an alias down to the number of its own level: of 观前花园甲幢 the 甲."""
    kinds = {"building", "unit", "floor", "room"} & {level}
    inner = split_inner(aliases["alias"])["inner"]
    cut = []
    for alias, text in zip(aliases["alias"], inner, strict=True):
        said = [text[s:e] for s, e, kind in read_inner(text) if kind.value in kinds]
        cut.append(said[-1] if said else alias)
    return aliases.select("node", token=cut_tokens(pl.Series(cut, dtype=pl.String), level))


def _list_sites(nodes: pl.DataFrame, paths: dict[str, NDArray[np.int32]]) -> pl.DataFrame:
    """List what buildings and rooms may stand at, with the divisions before its name."""
    sizes = nodes["name"].str.len_chars().to_numpy().astype(np.int64)
    said = np.zeros(nodes.height, dtype=np.int64)
    for level in SITE_LEVELS:
        said += np.where(paths[level] >= 0, sizes[paths[level]], 0) if nodes.height else 0
    listed = nodes.select(
        node=pl.int_range(pl.len(), dtype=pl.UInt32),
        level="level",
        prefix=pl.col("full_name").str.head(
            (pl.col("full_name").str.len_chars().cast(pl.Int64) - pl.Series(said)).clip(0)
        ),
    ).filter(pl.col("level").is_in(SITE_LEVELS))
    if listed.height >= 1 << SITE_BITS:
        raise RegisterTooLarge(f"{listed.height} sites do not fit into a key")
    return listed.drop("level")


def _list_names(nodes: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """List what is found by name: roads, estates, and buildings without a number."""
    named = nodes.with_row_index("node").filter(
        pl.col("level").is_in(["road", "estate"])
        | ((pl.col("level") == "building") & ~pl.col("token").str.contains("[0-9A-Z甲-癸]"))
    )
    others = aliases.filter(pl.col("level").is_in(["road", "estate"])).select(
        name="alias", node="node", level="level"
    )
    return (
        pl.concat([named.select("name", "node", "level"), others])
        .filter(pl.col("name").str.len_chars() > 1)
        .unique()
        .sort("name", "node")
    )


def _list_numbers(
    nodes: pl.DataFrame, paths: dict[str, NDArray[np.int32]], aliases: pl.DataFrame
) -> pl.DataFrame:
    """List house numbers by road; an alias like 临顿路86号 leads from the old number to today's."""
    road = pl.Series(paths["road"])
    own = nodes.select("token", "level", road=road).with_row_index("node")
    own = own.filter(pl.col("level") == "number").select("road", "token", "node")
    roads = {
        name: node
        for node, name in nodes.with_row_index("node")
        .filter(pl.col("level") == "road")
        .select("node", "name")
        .iter_rows()
    }
    others = []
    for node, alias in (
        aliases.filter(pl.col("level") == "number").select("node", "alias").iter_rows()
    ):
        pieces = {kind.value: alias[s:e] for s, e, kind in read_head(alias)}
        number = pieces.get("number", alias)
        at = roads.get(pieces.get("road", ""), int(paths["road"][node]))
        others.append((at, cut_token(number, _ENDINGS["number"]), node))
    added = pl.DataFrame(others, schema=own.schema, orient="row")
    return pl.concat([own, added]).unique().sort("road", "token", "node")


def _make_keys(
    nodes: pl.DataFrame,
    paths: dict[str, NDArray[np.int32]],
    tokens: pl.DataFrame,
    sites: pl.DataFrame,
    aliases: pl.DataFrame,
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Key every building, unit, floor and room by its site and numbers."""
    ids = {part: look_up_tokens(nodes["token"], tokens, part).to_numpy() for part in PARTS}
    place = np.full(nodes.height + 1, -1, dtype=np.int64)
    place[sites["node"].to_numpy()] = np.arange(sites.height)
    number, estate, road = paths["number"], paths["estate"], paths["road"]
    site_node = np.where(estate >= 0, estate, np.where(number >= 0, number, road))
    room = np.where(paths["room"] >= 0, paths["room"], paths["floor"])
    level = nodes["level"].is_in(["building", "unit", "floor", "room"]).to_numpy()
    at = np.flatnonzero(level & (site_node >= 0))
    picked = {
        "building": paths["building"][at],
        "unit": paths["unit"][at],
        "room": room[at],
    }
    parts = {name: np.where(rows >= 0, ids[name][rows], 0) for name, rows in picked.items()}
    site = place[site_node[at]]
    keys = [pack_keys(site, parts["building"], parts["unit"], parts["room"])]
    rows = [at.astype(np.uint32)]
    for name in ("building", "unit", "floor", "room"):
        renamed = _alias_tokens(aliases.filter(pl.col("level") == name), name)
        part = "room" if name == "floor" else name
        where = np.searchsorted(at, renamed["node"].to_numpy())
        other = {key: value[where].copy() for key, value in parts.items()} if len(where) else None
        if other is None:
            continue
        other[part] = look_up_tokens(renamed["token"], tokens, part).to_numpy()
        keys.append(pack_keys(site[where], other["building"], other["unit"], other["room"]))
        rows.append(renamed["node"].to_numpy())
    key, row = np.concatenate(keys), np.concatenate(rows)
    order = np.lexsort((row, key))
    return key[order], row[order]


def look_up_tokens(said: pl.Series, tokens: pl.DataFrame, part: str) -> pl.Series:
    """Give the number of each token; 0 where it is missing, the highest where it is unknown."""
    held = tokens.filter(pl.col("part") == part)
    unknown = (1 << _BITS[part]) - 1
    return said.replace_strict(
        held["token"], held["id"], default=unknown, return_dtype=pl.UInt32
    ).zip_with(said.is_not_null(), pl.repeat(0, said.len(), dtype=pl.UInt32, eager=True))


def pack_keys(
    site: NDArray[np.int64],
    building: NDArray[np.uint32],
    unit: NDArray[np.uint32],
    room: NDArray[np.uint32],
) -> NDArray[np.uint64]:
    """Pack site, building, unit and room into one integer each."""
    key = site.astype(np.uint64)
    for value, n_bits in ((building, BUILDING_BITS), (unit, UNIT_BITS), (room, ROOM_BITS)):
        key = (key << np.uint64(n_bits)) | value.astype(np.uint64)
    return key
