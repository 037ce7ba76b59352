"""Cluster to one best record, with provenance."""

from collections.abc import Mapping

import numba
import numpy as np
import polars as pl

from fangge.engine.linkage.codes import (
    FULL_WIDTH,
    Flags,
    Ints,
    encode_names,
    encode_numbers,
    encode_texts,
    group_members,
)
from fangge.engine.linkage.identity import DAY_BASE, read_identifiers

UNKNOWN_RANK = 1_000
NOT_VALUES = ("record_id", "source", "updated_on")
NAMES, NUMBERS = ("name", "representative"), ("phone",)
N_PLANE = 65_536
MOST_VOTES, MOST_COMMON = 255, 255


def choose_values(
    records: pl.DataFrame,
    clusters: pl.DataFrame,
    precedence: Mapping[str, int],
    *,
    commonness: Ints | None = None,
) -> pl.DataFrame:
    """Choose the value of each field of each subject, and say which record it came from.

    Parameters
    ----------
    records : polars.DataFrame
        record_id, source, updated_on and the fields.
    clusters : polars.DataFrame
        record_id and cluster.
    precedence : mapping of source to rank
        Lower speaks first; a source that is not named speaks last.
    commonness : int64 array, optional
        What `measure_commonness` gave for these records or an earlier state of them.

    Returns
    -------
    polars.DataFrame
        In the order of cluster: cluster, and for each field its value and {field}_record. A
        record with a valid identifier says the birth date and sex that are in it, before what any
        record says elsewhere. The value that most records of the subject share wins; then, of
        names, the one of more common characters, for clerks seldom mistake a rare one for a common
        one; then the source that speaks first; then the newer record; then the one with the
        smaller record_id, so that the order of rows never matters.

    Notes
    -----
    The winner is the greatest of a packed number per record, and so is itself the lineage. Time
    O(n * size of a cluster).
    """
    ranked = records.join(clusters.select("record_id", "cluster"), on="record_id")
    if not ranked["record_id"].is_sorted():
        ranked = ranked.sort("record_id")
    fields = [name for name in records.columns if name not in NOT_VALUES]
    labels = ranked["cluster"].cast(pl.Int64)
    # Shifted by one, for a key of 0 is none.
    firsts, members = group_members((labels + 1).to_numpy(), np.ones(ranked.height, dtype=np.bool_))
    order = np.argsort(labels.gather(members[firsts[:-1]]).to_numpy(), kind="stable")
    chosen = {"cluster": labels.gather(members[firsts[:-1][order]])}
    told, is_valid = _tell_by_identifier(ranked)
    turn = _order_speakers(ranked, precedence)
    for field in fields:
        values = told.get(field, ranked[field])
        codes = _encode(values, field)
        common = _rate_names(codes, commonness) if field in NAMES else np.zeros(0, dtype=np.int64)
        first = is_valid if field in told else np.zeros(0, dtype=np.bool_)
        winners = _choose_rows(firsts, members, codes, first, common, turn)[order]
        rows = pl.Series(winners).replace(-1, None)
        taken = values.gather(rows)
        chosen[field] = (tidy_names(taken) if field in NAMES else taken).alias(field)
        chosen[f"{field}_record"] = ranked["record_id"].gather(rows)
    return pl.DataFrame(chosen)


def tidy_names(names: pl.Series) -> pl.Series:
    """Write names as a register does: usual width and dot, no gaps but between Latin words."""
    plain = names.str.replace_many({**FULL_WIDTH, "　": " ", "•": "·", "・": "·", "‧": "·"})
    return plain.str.strip_chars().str.replace_all(r"([^A-Za-z0-9.,&])\s+", "$1")


def _tell_by_identifier(records: pl.DataFrame) -> tuple[dict[str, pl.Series], Flags]:
    """Give birth dates and sexes as valid identifiers tell them, or else as they are said."""
    if "identifier" not in records.columns:
        return {}, np.zeros(0, dtype=np.bool_)
    read = read_identifiers(records["identifier"])
    is_valid = read.valid != 0
    told = {}
    if "birth_on" in records.columns:
        days = pl.Series((read.birth - DAY_BASE).astype(np.int32)).cast(pl.Date)
        told["birth_on"] = days.zip_with(pl.Series(is_valid), records["birth_on"])
    if "sex" in records.columns:
        sexes = pl.Series([None, "1", "2"], dtype=pl.String).gather(read.sex)
        told["sex"] = sexes.zip_with(pl.Series(is_valid), records["sex"])
    return told, np.asarray(is_valid)


def _encode(values: pl.Series, field: str) -> Ints:
    """Give each value a number; 0 is missing, and values that differ in style only are one."""
    if field in NAMES:
        return encode_names(values)[0]
    if values.dtype == pl.String:
        is_number = field in NUMBERS
        return encode_numbers(values, shortest=1) if is_number else encode_texts(values)
    whole = values.to_physical().cast(pl.Int64, strict=False)
    return (whole + (whole >= 0).cast(pl.Int64)).fill_null(0).to_numpy()


def _order_speakers(records: pl.DataFrame, precedence: Mapping[str, int]) -> Ints:
    """Give each record its turn to speak: a greater number is heard first."""
    rank = records["source"].replace_strict(
        dict(precedence), default=UNKNOWN_RANK, return_dtype=pl.Int64
    )
    day = records["updated_on"].cast(pl.Int32).cast(pl.Int64).fill_null(-DAY_BASE)
    return np.asarray((UNKNOWN_RANK - rank).clip(0).to_numpy() << 22 | (day + DAY_BASE).to_numpy())


def measure_commonness(names: pl.Series) -> Ints:
    """Count how often each character of the basic plane stands in names of four or fewer."""
    return np.asarray(_count_characters(encode_names(names)[0]))


def _rate_names(codes: Ints, commonness: Ints | None) -> Ints:
    """Rate names by their least common character, in half bits."""
    counts = _count_characters(codes) if commonness is None else commonness
    steps = np.rint(2 * np.log2(np.maximum(counts, 1))).astype(np.int64)
    return np.asarray(_rate_characters(codes, np.minimum(steps, MOST_COMMON)))


@numba.njit(cache=True, nogil=True)
def _count_characters(codes: Ints) -> Ints:
    counts = np.zeros(N_PLANE, dtype=np.int64)
    for code in codes:
        rest = max(code, 0)
        while rest > 0:
            counts[rest & 0x7FFF] += 1
            rest >>= 15
    return counts


@numba.njit(cache=True, nogil=True)
def _rate_characters(codes: Ints, steps: Ints) -> Ints:
    rated = np.zeros(len(codes), dtype=np.int64)
    for i in range(len(codes)):
        rest = max(codes[i], 0)
        least = np.int64(MOST_COMMON)
        while rest > 0:
            least = min(least, steps[rest & 0x7FFF])
            rest >>= 15
        rated[i] = least if codes[i] > 0 else 0
    return rated


@numba.njit(cache=True, nogil=True)
def _choose_rows(
    firsts: Ints, members: Ints, codes: Ints, first: Flags, common: Ints, turn: Ints
) -> Ints:
    """Give the row whose value stands for each group; -1 where nobody says anything."""
    winners = np.full(len(firsts) - 1, -1, dtype=np.int64)
    for group in range(len(firsts) - 1):
        rows = members[firsts[group] : firsts[group + 1]]
        best = np.int64(-1)
        for row in rows:
            if codes[row] == 0:
                continue
            score = min(_count_votes(rows, codes, row), MOST_VOTES)
            if len(first):
                score += (MOST_VOTES + 1) * first[row]
            score = (score << 8) | (common[row] if len(common) else 0)
            score = (score << 40) | turn[row]
            if score > best:
                best, winners[group] = score, row
    return winners


@numba.njit(cache=True, nogil=True)
def _count_votes(rows: Ints, codes: Ints, row: int) -> int:
    n_votes = 0
    for other in rows:
        n_votes += codes[other] == codes[row]
    return n_votes
