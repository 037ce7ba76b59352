"""Text to standard addresses, with score and reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.characters import lay_out_texts
from fangge.engine.address.findings import (
    DIFFERS,
    MOST_CANDIDATES,
    OUTSIDE,
    REASONS,
    SOUNDS,
)
from fangge.engine.address.names import LONGEST_NAME
from fangge.engine.address.normalise import as_texts
from fangge.engine.address.ranking import (
    ASSERTED_FROM,
    TIED,
    Ranked,
    make_ranked,
    rank_batch,
)
from fangge.engine.address.register import Register
from fangge.engine.address.sites import make_scratch

BATCH = 50_000
NAME_CONTAINS_SCORE = 0.5
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "code": pl.String,
    "level": pl.String,
    "score": pl.Float32,
    "asserted": pl.Boolean,
    "reasons": pl.List(pl.String),
}
CANDIDATES: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.UInt32,
    "code": pl.String,
    "name": pl.String,
    "level": pl.String,
    "score": pl.Float32,
    "asserted": pl.Boolean,
    "reasons": pl.List(pl.String),
}
# Reasons whose argument is the text itself.
_WITH_TEXT = frozenset(range(OUTSIDE, len(REASONS)))


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
    Time grows with the number of texts, each read up to its 400th character; the size of the
    register makes next to no difference.
    """
    frames = [_match_batch(texts.slice(at, BATCH), register) for at in range(0, texts.len(), BATCH)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def list_candidates(texts: pl.Series, register: Register, n_most: int = 5) -> pl.DataFrame:
    """List the standard addresses that each text may mean, best first.

    Returns
    -------
    polars.DataFrame
        row (the text's place), code, name (in full), level, score, asserted (only ever the first of
        a text), reasons. Texts that nothing fits have no row.
    """
    frames = []
    for at in range(0, texts.len(), BATCH):
        batch = texts.slice(at, BATCH).cast(pl.String)
        ranked = _rank(batch, register)
        frames.append(_list_batch(batch, ranked, register, n_most, at))
    return pl.concat(frames) if frames else pl.DataFrame(schema=CANDIDATES)


def rank_addresses(text: str, register: Register, n_most: int = 10) -> list[Candidate]:
    """Rank the standard addresses that a text may mean, best first, for search as people type."""
    return rank_texts([text], register, n_most)[0]


def rank_texts(texts: Sequence[str], register: Register, n_most: int = 10) -> list[list[Candidate]]:
    """Rank the standard addresses that each text may mean, best first.

    The matches come first, then names that contain the text.
    """
    column = as_texts(list(texts))
    ranked: list[list[Candidate]] = [[] for _ in texts]
    for row, code, name, level, score, _sure, reasons in list_candidates(
        column, register, n_most
    ).iter_rows():
        ranked[row].append(Candidate(code, name, level, score, tuple(reasons)))
    for text, candidates in zip(column, ranked, strict=True):
        typed = text.strip()
        # What is longer than any name stands in none: most texts are not sought.
        if len(candidates) < n_most and 0 < len(typed) <= LONGEST_NAME:
            candidates.extend(_find_containing(typed, register, n_most, candidates))
    return [candidates[:n_most] for candidates in ranked]


def _find_containing(
    typed: str, register: Register, n_most: int, ranked: list[Candidate]
) -> list[Candidate]:
    """Find the places whose names contain a text, the shortest names first."""
    held = {candidate.code for candidate in ranked}
    near = register.names.filter(pl.col("name").str.contains(typed, literal=True))
    near = near.sort(pl.col("name").str.len_chars(), "name", "node").head(2 * n_most)
    nodes = near["node"].unique(maintain_order=True).to_numpy()
    reasons = (f"name_contains:{typed}",)
    return [
        Candidate(code, name, level, NAME_CONTAINS_SCORE, reasons)
        for code, name, level in zip(
            register.write_codes(nodes),
            register.write_full_names(nodes),
            register.write_levels(nodes),
            strict=True,
        )
        if code not in held
    ]


def _rank(
    texts: pl.Series, register: Register
) -> tuple[Ranked, NDArray[np.uint16], NDArray[np.int64]]:
    codes, origins, starts = lay_out_texts(texts)
    out = make_ranked(texts.len())
    rank_batch(codes, starts, register.knowledge, make_scratch(), out)
    return out, origins, starts


def _match_batch(texts: pl.Series, register: Register) -> pl.DataFrame:
    texts = texts.cast(pl.String)
    ranked = _rank(texts, register)
    out = ranked[0]
    n_candidates = out.n_candidates
    has_any = n_candidates > 0
    nodes, scores, whole = out.nodes[:, 0].copy(), out.scores[:, 0], out.whole[:, 0]
    tied = out.n_tied > 1
    if tied.any():
        nodes[tied] = _first_by_code(out, np.flatnonzero(tied), register)
    scores = np.where(has_any, np.maximum(scores - np.where(tied, TIED, 0), 0), 0)
    asserted = has_any & ~tied & whole & (scores >= ASSERTED_FROM - 1e-6)
    found = pl.Series(has_any)
    picked = nodes[has_any]
    blank = pl.repeat(None, texts.len(), dtype=pl.String, eager=True)
    places = pl.Series(np.where(has_any, np.cumsum(has_any) - 1, 0)).cast(pl.UInt32)

    def spread(values: pl.Series) -> pl.Series:
        return values.gather(places).zip_with(found, blank) if values.len() else blank

    return pl.DataFrame(
        {
            "code": spread(register.write_codes(picked)),
            "level": spread(register.write_levels(picked)),
            "score": scores.astype(np.float32),
            "asserted": asserted,
            "reasons": _write_reasons(texts, ranked, register, np.zeros(texts.len(), np.int8)),
        }
    )


def _first_by_code(out: Ranked, rows: NDArray[np.int64], register: Register) -> NDArray[np.uint32]:
    """Give the first by code of the places that tie: how a register grew makes no difference."""
    n_tied = np.minimum(out.n_tied[rows], out.n_candidates[rows]).astype(np.int64)
    row = np.repeat(np.arange(len(rows)), n_tied)
    place = np.arange(len(row)) - np.repeat(np.cumsum(n_tied) - n_tied, n_tied)
    nodes = out.nodes[rows[row], place]
    frame = pl.DataFrame({"row": row, "node": nodes, "code": register.write_codes(nodes)})
    return frame.sort("row", "code").group_by("row", maintain_order=True).first()["node"].to_numpy()


def _list_batch(
    texts: pl.Series,
    ranked: tuple[Ranked, NDArray[np.uint16], NDArray[np.int64]],
    register: Register,
    n_most: int,
    offset: int,
) -> pl.DataFrame:
    out = ranked[0]
    n_listed = np.minimum(out.n_candidates, min(n_most, MOST_CANDIDATES)).astype(np.int64)
    row = np.repeat(np.arange(texts.len()), n_listed)
    place = np.arange(len(row)) - np.repeat(np.cumsum(n_listed) - n_listed, n_listed)
    nodes = out.nodes[row, place]
    is_tied = (out.n_tied[row] > 1) & (place < out.n_tied[row])
    score = np.maximum(out.scores[row, place] - np.where(is_tied, TIED, 0), 0)
    asserted = (place == 0) & ~is_tied & out.whole[row, place] & (score >= ASSERTED_FROM - 1e-6)
    frames = [
        _write_reasons(texts, ranked, register, np.full(texts.len(), k, np.int8))
        for k in range(min(n_most, MOST_CANDIDATES))
    ]
    reasons = pl.concat(frames) if frames else pl.Series([], dtype=pl.List(pl.String))
    return (
        pl.DataFrame(
            {
                "row": (row + offset).astype(np.uint32),
                "code": register.write_codes(nodes),
                "name": register.write_full_names(nodes),
                "level": register.write_levels(nodes),
                "score": score.astype(np.float32),
                "asserted": asserted,
                "reasons": reasons.gather((place * texts.len() + row).astype(np.uint32)),
                "tied": is_tied,
            }
        )
        .sort("row", pl.col("score"), "code", descending=[False, True, False])
        .drop("tied")
    )


def _write_reasons(
    texts: pl.Series,
    ranked: tuple[Ranked, NDArray[np.uint16], NDArray[np.int64]],
    register: Register,
    owners: NDArray[np.int8],
) -> pl.Series:
    """Write out the reasons of a text and of one of its candidates."""
    out, origins, _starts = ranked
    told = (out.kinds > 0) & ((out.owners < 0) | (out.owners == owners[:, None]))
    row, place = np.nonzero(told)
    kinds, begins, ends = out.kinds[row, place], out.starts[row, place], out.ends[row, place]
    names = out.names[row, place]
    has_text = ends > begins
    last = np.maximum(ends - 1, 0)
    first = origins[np.minimum(begins, len(origins) - 1)] if len(origins) else begins
    stop = origins[np.minimum(last, len(origins) - 1)] + 1 if len(origins) else ends
    is_likeness = (kinds >= SOUNDS) & (kinds <= DIFFERS)
    frame = pl.DataFrame(
        {
            "row": row.astype(np.uint32),
            "reason": pl.Series(REASONS, dtype=pl.String).gather(kinds.astype(np.uint32)),
            "text": texts.gather(row.astype(np.uint32)),
            "first": first.astype(np.int64),
            "size": (stop.astype(np.int64) - first.astype(np.int64)),
            "has_text": has_text,
            "is_likeness": is_likeness,
            "name": _name_rows(register, np.where(is_likeness, names, -1)),
            "part": np.where(is_likeness, -1, names).astype(np.int64),
        }
    )
    said = pl.col("text").str.slice(pl.col("first"), pl.col("size"))
    part = said.str.split("-").list.get(pl.col("part"), null_on_oob=True)
    argument = (
        pl.when("is_likeness")
        .then(pl.format("{}={}", said, "name"))
        .when(pl.col("part") >= 0)
        .then(pl.coalesce(part, said))
        .otherwise(said)
    )
    written = frame.select(
        "row",
        reason=pl.when("has_text").then(pl.format("{}:{}", "reason", argument)).otherwise("reason"),
    )
    n_tied = pl.DataFrame({"row": np.arange(texts.len(), dtype=np.uint32), "n": out.n_tied}).filter(
        pl.col("n") > 1
    )
    ties = n_tied.select("row", reason=pl.format("tied:{}", "n"))
    grouped = pl.concat([written, ties]).group_by("row", maintain_order=True).agg("reason")
    whole = pl.DataFrame({"row": np.arange(texts.len(), dtype=np.uint32)}).join(
        grouped, on="row", how="left", maintain_order="left"
    )
    empty = pl.lit([], dtype=pl.List(pl.String))
    return whole.select(pl.col("reason").fill_null(empty)).to_series()


def _name_rows(register: Register, rows: NDArray[np.int32]) -> pl.Series:
    """Write out registered names by their rows; missing for -1."""
    held = register.knowledge.names
    texts: list[str | None] = []
    for row in rows:
        codes = held.codes[held.begins[row] : held.begins[row + 1]] if row >= 0 else ()
        texts.append("".join(map(chr, codes)) if row >= 0 else None)
    return pl.Series(texts, dtype=pl.String)
