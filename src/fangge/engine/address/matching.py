"""Text to standard addresses, with score and reasons."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.grammar import read_parts
from fangge.engine.address.register import ESTATE, ROAD, Register, pack_keys

DEPTHS = ("room", "unit", "building", "number")
ASSERTED_FROM = 0.8
FUZZY_PENALTY, INFERRED_PENALTY, SHALLOW_PENALTY = 0.1, 0.08, 0.05
SHORTEST_FUZZY = 3


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
        asserted (whether it may be taken without a person), reasons.

    Notes
    -----
    Distinct texts are matched once. Cost grows with the texts and the logarithm of the register.
    """
    distinct = texts.unique(maintain_order=True)
    found = _match_distinct(distinct, register).with_columns(distinct.alias("text"))
    return (
        texts.alias("text")
        .to_frame()
        .join(found, on="text", how="left", nulls_equal=True, maintain_order="left")
        .drop("text")
    )


def rank_addresses(text: str, register: Register, n_most: int = 10) -> list[Candidate]:
    """Rank the standard addresses that a text may mean, best first.

    The match comes first; names that contain what was typed follow.
    """
    exact = match_addresses(pl.Series([text]), register).row(0, named=True)
    ranked: list[Candidate] = []
    if exact["code"] is not None:
        held = register.addresses.filter(pl.col("code") == exact["code"]).row(0, named=True)
        ranked.append(
            Candidate(
                held["code"],
                held["full_name"],
                held["level"],
                exact["score"],
                tuple(exact["reasons"]),
            )
        )
    parts = read_parts(pl.Series([text])).row(0, named=True)
    for name in (parts["site"], parts["estate"]):
        if name and len(ranked) < n_most:
            ranked += _named_like(name, register, n_most - len(ranked))
    kept: dict[str, Candidate] = {}
    for candidate in ranked:
        kept.setdefault(candidate.code, candidate)
    return list(kept.values())[:n_most]


def _named_like(name: str, register: Register, n_most: int) -> list[Candidate]:
    near = register.names.filter(pl.col("name").str.contains(name, literal=True)).head(n_most)
    return [
        Candidate(row["code"], row["full_name"], row["level"], 0.5, (f"name contains {name}",))
        for row in register.addresses[near["site"].to_numpy()].iter_rows(named=True)
    ]


def _match_distinct(texts: pl.Series, register: Register) -> pl.DataFrame:
    parts = read_parts(texts)
    sites = _find_sites(parts, register)
    n_texts = texts.len()
    best = np.full(n_texts, -1, dtype=np.int64)
    level = np.full(n_texts, -1, dtype=np.int8)
    tied = np.zeros(n_texts, dtype=bool)
    for depth in range(len(DEPTHS)):
        # By road and number first: an estate's name may stand twice, a number on a road once.
        for kind in (ROAD, ESTATE):
            row, is_tied = _probe(parts, sites, register, kind=kind, depth=depth)
            takes = (best < 0) & (row >= 0)
            best[takes], level[takes] = row[takes], depth
            tied |= is_tied & (best < 0)
    return _explain(parts, sites, register, best, level, tied)


def _find_sites(parts: pl.DataFrame, register: Register) -> pl.DataFrame:
    """Find the road and the estate a text names: exactly, then with one character mistaken."""
    found = {}
    for kind, label in ((ROAD, "road"), (ESTATE, "estate")):
        names = (
            register.names.filter(pl.col("kind") == kind)
            .group_by("name")
            .agg(pl.col("site").first(), pl.len().alias("n"))
        )
        # An estate may be written without its road, so that it stands where the road would.
        wanted = (
            parts["site"]
            if kind == ROAD
            else pl.select(pl.coalesce(parts["estate"], parts["site"])).to_series()
        )
        site, fuzzy = _look_up(wanted, names)
        found[label], found[f"{label}_fuzzy"] = site, fuzzy
    return pl.DataFrame(found)


def _look_up(wanted: pl.Series, names: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    single = names.filter(pl.col("n") == 1)
    sites = dict(zip(single["name"], single["site"], strict=True))
    distinct = wanted.drop_nulls().unique()
    unknown = distinct.filter(~distinct.is_in(names["name"].implode()))
    near = _find_near(unknown, single["name"])
    fuzzy = {name: sites[other] for name, other in near.items()}
    everything = {**sites, **fuzzy}
    site = (
        wanted.replace_strict(
            list(everything), list(everything.values()), default=None, return_dtype=pl.Int32
        )
        if everything
        else pl.repeat(None, wanted.len(), dtype=pl.Int32, eager=True)
    )
    return site, wanted.is_in(list(fuzzy)).fill_null(value=False)


def _find_near(unknown: pl.Series, names: pl.Series) -> dict[str, str]:
    """Find the one name that differs in one character, is longer or shorter by one, or is in it."""
    masks: dict[str, str | None] = {}
    for name in names:
        for mask in _masks(name):
            masks[mask] = None if mask in masks and masks[mask] != name else name
    found = {}
    for text in unknown:
        hits = {masks[mask] for mask in _masks(text) if masks.get(mask)}
        if len(hits) == 1 and (name := hits.pop()) is not None:
            found[text] = name
    return found


def _masks(name: str) -> list[str]:
    if len(name) < SHORTEST_FUZZY:
        return []
    return [f"{name[:i]}?{name[i + 1 :]}" for i in range(len(name))]


def _probe(
    parts: pl.DataFrame, sites: pl.DataFrame, register: Register, *, kind: int, depth: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Look up the keys of one depth; -1 where there is none or the text does not reach so deep."""
    kept = set(DEPTHS[depth:])
    missing = pl.lit(None, pl.Int32)
    probed = parts.select(
        kind=pl.lit(kind),
        site=sites["road" if kind == ROAD else "estate"],
        number=pl.col("number") if kind == ROAD else missing,
        building=pl.col("building") if "building" in kept else missing,
        unit=pl.col("unit") if "unit" in kept and depth <= 1 else missing,
        room=pl.col("room") if "room" in kept else missing,
    )
    said = probed["site"].is_not_null()
    if kind == ROAD:
        said &= probed["number"].is_not_null()
    deepest = DEPTHS[depth]
    if deepest != "number":
        said &= probed[deepest].is_not_null()
    keys = pack_keys(probed)
    at = np.searchsorted(register.keys, keys)
    at[at == len(register.keys)] = 0
    hit = (register.keys[at] == keys) & said.to_numpy()
    rows = np.where(hit, register.rows[at], -1).astype(np.int64)
    return rows, hit & (rows < 0)


def _explain(
    parts: pl.DataFrame,
    sites: pl.DataFrame,
    register: Register,
    best: NDArray[np.int64],
    level: NDArray[np.int8],
    tied: NDArray[np.bool_],
) -> pl.DataFrame:
    held = register.addresses[np.where(best >= 0, best, 0)] if register.addresses.height else None
    matched = pl.Series(best >= 0)
    depth = pl.Series(level)
    said = pl.select(
        pl.when(parts["room"].is_not_null())
        .then(0)
        .when(parts["unit"].is_not_null())
        .then(1)
        .when(parts["building"].is_not_null())
        .then(2)
        .otherwise(3)
    ).to_series()
    fuzzy = sites["road_fuzzy"] | sites["estate_fuzzy"]
    shallow = depth > said
    in_unit = (
        (held["full_name"].str.contains("单元") if held is not None else matched)
        & parts["unit"].is_null()
        & (depth == 0)
    )
    score = (
        1.0
        - FUZZY_PENALTY * fuzzy.cast(pl.Float32)
        - INFERRED_PENALTY * in_unit.cast(pl.Float32)
        - SHALLOW_PENALTY * (depth - said).clip(0).cast(pl.Float32)
        - 0.3 * pl.Series(tied).cast(pl.Float32)
    )
    reasons = (
        pl.DataFrame(
            {
                "match": pl.select(
                    pl.when(matched)
                    .then(pl.lit("found by site and numbers"))
                    .otherwise(pl.lit("no such site or number"))
                ).to_series(),
                "fuzzy": pl.select(
                    pl.when(fuzzy & matched).then(pl.lit("name differs in one character"))
                ).to_series(),
                "unit": pl.select(
                    pl.when(in_unit & matched).then(pl.lit("unit inferred: only one has this room"))
                ).to_series(),
                "shallow": pl.select(
                    pl.when(shallow & matched).then(pl.lit("deeper part not in the register"))
                ).to_series(),
                "tied": pl.select(
                    pl.when(pl.Series(tied)).then(pl.lit("several addresses fit the deeper part"))
                ).to_series(),
            }
        )
        .select(pl.concat_list(pl.all()).list.drop_nulls())
        .to_series()
    )
    codes = (
        held["code"]
        if held is not None
        else pl.repeat(None, len(best), dtype=pl.String, eager=True)
    )
    levels = held["level"] if held is not None else codes
    return pl.DataFrame(
        {"matched": matched, "held": codes, "held_level": levels, "raw": score, "reasons": reasons}
    ).select(
        code=pl.when("matched").then("held"),
        level=pl.when("matched").then("held_level"),
        score=pl.when("matched").then(pl.col("raw").clip(0, 1)).otherwise(0.0).cast(pl.Float32),
        asserted=pl.col("matched") & (pl.col("raw") >= ASSERTED_FROM),
        reasons="reasons",
    )
