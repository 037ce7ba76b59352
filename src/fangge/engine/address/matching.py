"""Text to standard addresses, with score and reasons."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import Kind
from fangge.engine.address.grammar import read_inner, split_inner
from fangge.engine.address.normalise import as_texts, fold_texts, mask_digits
from fangge.engine.address.register import Register
from fangge.engine.address.sites import Site, SiteFinder
from fangge.engine.address.tree import cut_tokens, look_up_tokens, pack_keys

ASSERTED_FROM = 0.8
# What is opposite or next door is another place than the one named.
BESIDE = r"^[ ,;(]*(斜?对面|隔壁)"
NOT_IN_REGISTER, TIED, UNSAID_UNIT, INFERRED_UNIT = 0.3, 0.4, 0.1, 0.02
SITE, BUILDING, UNIT, ROOM = range(4)
INNER_KINDS = (Kind.BUILDING.value, Kind.UNIT.value, Kind.FLOOR.value, Kind.ROOM.value)
_UNSAID = (None, None)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "code": pl.String,
    "level": pl.String,
    "score": pl.Float32,
    "asserted": pl.Boolean,
    "reasons": pl.List(pl.String),
}

Ids = dict[str, NDArray[np.uint32]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A standard address that a text may mean."""

    code: str
    full_name: str
    level: str
    score: float
    reasons: tuple[str, ...]


def match_addresses(texts: pl.Series, register: Register) -> pl.DataFrame:
    """Find the standard address that each text means.

    Parameters
    ----------
    texts : polars.Series of String
        Addresses as people wrote them.
    register : Register
        The register to find them in.

    Returns
    -------
    polars.DataFrame
        Same height and order: code and level (missing where nothing fits), score (0 to 1),
        asserted (whether it may be taken without a person), reasons (codes with arguments, such as
        `room_unknown:501`).

    Notes
    -----
    Time grows with the number of distinct texts, and with the logarithm of the register; the names
    of sites are read once for each distinct way of writing them.
    """
    distinct = texts.cast(pl.String).unique()
    found = _match_distinct(distinct, register).with_columns(text=distinct)
    return (
        pl.DataFrame({"text": texts.cast(pl.String)})
        .join(found, on="text", how="left", nulls_equal=True, maintain_order="left")
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


def rank_addresses(text: str, register: Register, n_most: int = 10) -> list[Candidate]:
    """Rank the standard addresses that a text may mean, best first, for search as people type.

    The match comes first, then other places of the same name, then names that contain the text.
    """
    texts = as_texts([text])
    ranked: dict[int, tuple[float, tuple[str, ...]]] = {}
    split = split_inner(fold_texts(texts))
    head = split["head"][0]
    site = SiteFinder(register).find(head)
    pairs = _probe(split, [site], register)
    for node, depth, score, reasons in zip(
        pairs["node"], pairs["depth"], pairs["score"], pairs["reasons"], strict=True
    ):
        if depth >= 0:
            ranked.setdefault(node, (max(0.0, score), tuple(site.reasons) + tuple(reasons)))
    typed = head.strip()
    if len(ranked) < n_most and typed:
        near = register.names.filter(pl.col("name").str.contains(typed, literal=True))
        for node in near.sort(pl.col("name").str.len_chars(), "name")["node"].head(n_most):
            ranked.setdefault(node, (0.5, (f"name_contains:{typed}",)))
    best = sorted(ranked.items(), key=lambda held: -held[1][0])[:n_most]
    rows = register.nodes[[node for node, _ in best]]
    return [
        Candidate(row["code"], row["full_name"], row["level"], score, reasons)
        for row, (_, (score, reasons)) in zip(rows.iter_rows(named=True), best, strict=True)
    ]


def _match_distinct(texts: pl.Series, register: Register) -> pl.DataFrame:
    split = split_inner(fold_texts(texts))
    heads = split["head"].unique()
    finder = SiteFinder(register)
    held = {head: finder.find(head) for head in heads}
    sites = [held[head] for head in split["head"]]
    pairs = _probe(split, sites, register)
    found = _decide(pairs, sites, register)
    beside = split["rest"].str.extract(BESIDE, 1)
    return found.with_columns(
        asserted=pl.col("asserted") & beside.is_null(),
        reasons=pl.concat_list(
            "reasons", pl.select(pl.format("beside:{}", beside)).to_series()
        ).list.drop_nulls(),
    )


def _probe(split: pl.DataFrame, sites: list[Site], register: Register) -> pl.DataFrame:
    """Probe every site of every text; one row a pair: row, node, depth, score, reasons."""
    counts = np.array([len(site.nodes) for site in sites], dtype=np.int64)
    row = np.repeat(np.arange(len(sites)), counts)
    node = np.fromiter((n for site in sites for n in site.nodes), dtype=np.int64, count=len(row))
    said = read_parts(split["inner"])
    ids = {
        part: look_up_tokens(said[part], register.tokens, part).to_numpy()[row]
        for part in ("building", "unit", "room")
    }
    floor = look_up_tokens(said["floor"], register.tokens, "room").to_numpy()[row]
    place = np.fromiter(
        (register.site_numbers.get(int(n), -1) for n in node), dtype=np.int64, count=len(row)
    )
    reached, depth, inferred = _descend(register, place, ids, floor)
    stated = said.select(
        depth=pl.when(pl.col("room").is_not_null())
        .then(3)
        .when(pl.col("floor").is_not_null() | pl.col("unit").is_not_null())
        .then(2)
        .when(pl.col("building").is_not_null())
        .then(1)
        .otherwise(0)
    )["depth"].to_numpy()[row]
    doubt = np.array([site.doubt for site in sites])[row]
    short = depth < stated
    unsaid = short & (ids["unit"] == 0) & (ids["room"] > 0) & (depth == 1) & inferred
    score = 1.0 - doubt - np.where(short & ~unsaid, NOT_IN_REGISTER, 0.0)
    score -= np.where(unsaid, UNSAID_UNIT, 0.0) + np.where(inferred & ~unsaid, INFERRED_UNIT, 0.0)
    pairs = pl.DataFrame(
        {
            "row": row.astype(np.uint32),
            "node": np.where(depth > 0, reached, node).astype(np.uint32),
            "depth": depth.astype(np.int8),
            "score": score,
            "short": short,
            "unsaid": unsaid,
            "inferred": inferred & ~unsaid,
        }
    )
    return _give_reasons(pairs, said)


def read_parts(inner: pl.Series) -> pl.DataFrame:
    """Read inner parts into the tokens of building, unit, floor and room; missing where unsaid."""
    templates = mask_digits(inner)
    distinct = templates.unique()
    rows = []
    for template in distinct:
        held = {kind.value: (start, end - start) for start, end, kind in read_inner(template)}
        rows.append((template, *(at for kind in INNER_KINDS for at in held.get(kind, _UNSAID))))
    schema = {"template": pl.String} | dict.fromkeys(
        (f"{kind}_{at}" for kind in INNER_KINDS for at in ("start", "length")), pl.Int64
    )
    table = pl.DataFrame(rows, schema=schema, orient="row")
    read = pl.DataFrame({"inner": inner, "template": templates}).join(
        table, on="template", how="left", maintain_order="left"
    )
    cut = read.select(
        pl.col("inner").str.slice(pl.col(f"{kind}_start"), pl.col(f"{kind}_length")).alias(kind)
        for kind in INNER_KINDS
    )
    return pl.DataFrame([cut_tokens(cut[kind], kind).alias(kind) for kind in INNER_KINDS])


def _descend(
    register: Register, place: NDArray[np.int64], ids: Ids, floor: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Go down from each site as deep as the register has what the text says.

    Returns the node reached, the depth (0 site, 1 building, 2 unit or floor, 3 room) and whether
    the unit was inferred or left open because the text does not say it.
    """
    zero = np.zeros_like(floor)
    reached = np.full(len(place), -1, dtype=np.int64)
    depth = np.zeros(len(place), dtype=np.int64)
    inferred = np.zeros(len(place), dtype=bool)
    building, unit, room = ids["building"], ids["unit"], ids["room"]

    own = register.nodes["own"].to_numpy()

    def take(level: int, said: Ids, where: NDArray[np.bool_]) -> None:
        keys = pack_keys(place, said["building"], said["unit"], said["room"])
        found, n_found = _look_up(register, keys)
        hit = where & (n_found == 1) & (place >= 0)
        reached[hit], depth[hit] = found[hit], level

    def rename(part: NDArray[np.uint32], level: int) -> NDArray[np.uint32]:
        """Seek below by its own number what was reached by another."""
        renamed = part.copy()
        hit = (depth == level) & (part > 0)
        renamed[hit] = own[reached[hit]]
        return renamed

    says_building, says_unit = building > 0, unit > 0
    take(BUILDING, {"building": building, "unit": zero, "room": zero}, says_building)
    building = rename(building, BUILDING)
    inside = ~says_building | (depth == BUILDING)
    take(UNIT, {"building": building, "unit": unit, "room": zero}, says_unit & inside)
    unit = rename(unit, UNIT)
    in_unit = inside & (~says_unit | (depth == UNIT))
    take(UNIT, {"building": building, "unit": unit, "room": floor}, (floor > 0) & in_unit)
    take(ROOM, {"building": building, "unit": unit, "room": room}, (room > 0) & in_unit)
    # 1单元 is often written where a building has but one, which the register then does not name.
    lone = says_unit & (depth == BUILDING) & (room > 0) & _is_one(register, ids["unit"])
    take(ROOM, {"building": building, "unit": zero, "room": room}, lone)
    # The unit is not said: take the room if only one unit of the building has it.
    open_unit = says_building & ~says_unit & (room > 0) & (depth == BUILDING)
    only, n_only = _look_up_any_unit(register, place, building, room, where=open_unit)
    hit = open_unit & (n_only == 1)
    reached[hit], depth[hit] = only[hit], 3
    inferred[open_unit & (n_only >= 1)] = True
    return reached, depth, inferred


def _is_one(register: Register, unit: NDArray[np.uint32]) -> NDArray[np.bool_]:
    held = register.tokens.filter((pl.col("part") == "unit") & (pl.col("token") == "1"))["id"]
    unknown = look_up_tokens(pl.Series(["1"]), register.tokens, "unit")[0]
    is_one: NDArray[np.bool_] = unit == (held[0] if held.len() else unknown)
    return is_one


def _look_up(
    register: Register, keys: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the first node of each key and how many nodes carry it."""
    left = np.searchsorted(register.keys, keys, side="left")
    right = np.searchsorted(register.keys, keys, side="right")
    if not len(register.rows):
        return np.full(len(keys), -1), np.zeros(len(keys), dtype=np.int64)
    first = register.rows[np.minimum(left, len(register.rows) - 1)].astype(np.int64)
    return first, right - left


def _look_up_any_unit(
    register: Register,
    place: NDArray[np.int64],
    building: NDArray[np.uint32],
    room: NDArray[np.uint32],
    *,
    where: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the units of a building that have a room, and give the last such room."""
    found = np.full(len(place), -1, dtype=np.int64)
    n_found = np.zeros(len(place), dtype=np.int64)
    at = np.flatnonzero(where)
    if not len(at):
        return found, n_found
    for unit in register.tokens.filter(pl.col("part") == "unit")["id"]:
        units = np.full(len(at), unit, dtype=np.uint32)
        node, n_here = _look_up(register, pack_keys(place[at], building[at], units, room[at]))
        hit = n_here > 0
        found[at[hit]] = node[hit]
        n_found[at[hit]] += n_here[hit]
    return found, n_found


def _give_reasons(pairs: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    told = pairs.join(said.with_row_index("row"), on="row", how="left", maintain_order="left")
    depth = pl.col("depth")
    told = told.with_columns(
        lacking=pl.when(~pl.col("short") | pl.col("unsaid"))
        .then(None)
        .when((depth < BUILDING) & pl.col("building").is_not_null())
        .then(pl.format("building_unknown:{}", "building"))
        .when((depth < UNIT) & pl.col("unit").is_not_null())
        .then(pl.format("unit_unknown:{}", "unit"))
        .when(pl.col("room").is_not_null())
        .then(pl.format("room_unknown:{}", "room"))
        .otherwise(pl.format("floor_unknown:{}", "floor")),
        open=pl.when("unsaid").then(pl.lit("unit_unsaid")),
        guessed=pl.when("inferred").then(pl.lit("unit_inferred")),
    )
    return told.select(
        "row", "node", "depth", "score", "short", "unsaid",
        reasons=pl.concat_list("lacking", "open", "guessed").list.drop_nulls(),
    )  # fmt: skip


def _decide(pairs: pl.DataFrame, sites: list[Site], register: Register) -> pl.DataFrame:
    """Take the deepest pair of each text; where several are as deep, say so and assert none."""
    whole = pl.DataFrame(
        {
            "row": pl.int_range(len(sites), dtype=pl.UInt32, eager=True),
            "site_reasons": pl.Series([s.reasons for s in sites], dtype=pl.List(pl.String)),
        }
    )
    best = (
        pairs.with_columns(place=pl.int_range(pl.len()))
        .sort("row", "depth", "place", descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .agg(
            pl.col("node", "depth", "score", "short", "unsaid", "reasons").first(),
            n_best=(pl.col("depth") == pl.col("depth").max()).sum(),
            nodes=pl.col("node"),
        )
    )
    found = whole.join(best, on="row", how="left", maintain_order="left")
    nodes = register.nodes.select("code", "level").with_row_index("node")
    found = found.join(
        nodes.with_columns(pl.col("node").cast(pl.UInt32)), on="node", how="left",
        maintain_order="left",
    )  # fmt: skip
    # A house number stands first among its estates: named alone, it is meant itself.
    at_number = (pl.col("depth") == 0) & (pl.col("level") == "number")
    n_sites = pl.Series([_count_places(s, register) for s in sites], dtype=pl.Int64)
    tied = (pl.col("n_best") > 1) & ~(at_number & (n_sites <= 1)) & pl.col("code").is_not_null()
    found = found.with_columns(tied=tied.fill_null(value=False))
    score = (pl.col("score") - pl.when("tied").then(TIED).otherwise(0.0)).clip(0, 1).fill_null(0)
    is_whole = ~(pl.col("short") & ~pl.col("unsaid")).fill_null(value=True)
    return found.select(
        code="code",
        level="level",
        score=score.cast(pl.Float32),
        asserted=is_whole
        & ~pl.col("tied")
        & (score >= ASSERTED_FROM)
        & pl.col("code").is_not_null(),
        reasons=pl.concat_list(
            pl.col("site_reasons"),
            pl.col("reasons").fill_null([]),
            pl.when("tied").then(pl.format("tied:{}", "n_best")),
        ).list.drop_nulls(),
    )


def _count_places(site: Site, register: Register) -> int:
    """Count the house numbers among a site's nodes; its estates stand at one of them."""
    levels = register.nodes["level"]
    return sum(1 for n in site.nodes if levels[n] == "number")
