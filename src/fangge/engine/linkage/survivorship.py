"""Cluster to one best record, with provenance."""

from collections.abc import Mapping

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.linkage.codes import (
    FULL_WIDTH,
    Bytes,
    Flags,
    Ints,
    encode_names,
    encode_numbers,
    encode_texts,
    text_buffers,
)
from fangge.engine.linkage.grouping import gather_rows
from fangge.engine.linkage.identity import DAY_BASE, read_identifiers
from fangge.engine.linkage.lookup import seek_sorted

Rates = NDArray[np.uint8]

UNKNOWN_RANK = 1_000
FIRST_ROW = "first_row"
"""In prepared records that a run gave: the row of the first record of each one's cluster."""
NOT_VALUES = ("record_id", "source", "updated_on")
NAMES, NUMBERS = ("name", "representative"), ("phone",)
N_PLANE = 65_536
FIRST_BYTE, LAST_BYTE = 0xE4, 0xE9
MOST_VOTES, MOST_COMMON, AS_TOLD = 255, 254, 255


def choose_values(
    records: pl.DataFrame,
    clusters: pl.DataFrame,
    precedence: Mapping[str, int],
    *,
    prepared: pl.DataFrame | None = None,
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
    prepared : polars.DataFrame, optional
        The same records as numbers, as a run gave them; it spares reading them again.
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
    ranked, labels = _align(records, clusters, prepared)
    known = prepared if prepared is not None and _are_same(ranked, prepared) else None
    told, is_valid = _tell_by_identifier(ranked, known)
    firsts, members = gather_rows(labels)
    turn = _order_speakers(ranked, precedence)[members]
    ids = ranked["record_id"]
    chosen = {"cluster": ids.gather(labels[members[firsts[:-1]]])}
    for field in records.columns:
        if field in NOT_VALUES:
            continue
        values = told.get(field, ranked[field])
        codes = _encode(values, field, known)
        common = _rate_values(codes, field, commonness, is_valid if field in told else None)
        winners = members[_choose_rows(firsts, codes[members], common[members], turn)]
        spoken = codes[winners] != 0
        rows = pl.Series(winners).set(pl.Series(~spoken), None)
        taken = values.gather(rows)
        chosen[field] = (tidy_names(taken) if field in NAMES else taken).alias(field)
        chosen[f"{field}_record"] = ids.gather(rows)
    return pl.DataFrame(chosen)


def _align(
    records: pl.DataFrame, clusters: pl.DataFrame, prepared: pl.DataFrame | None
) -> tuple[pl.DataFrame, Ints]:
    """Give the clustered records in order, and for each the row that names its cluster."""
    if not clusters["record_id"].is_sorted():
        clusters = clusters.sort("record_id")
    if not records["record_id"].is_sorted():
        records = records.sort("record_id")
    if prepared is not None and FIRST_ROW in prepared.columns and _are_same(records, prepared):
        return records, prepared[FIRST_ROW].to_numpy()
    if not _are_same(records, clusters):
        records = records.join(clusters.select("record_id"), on="record_id", how="semi")
        records = records.sort("record_id")
        clusters = clusters.join(records.select("record_id"), on="record_id", how="semi")
        clusters = clusters.sort("record_id")
    held = records["record_id"].to_numpy()
    return records, seek_sorted(held, clusters["cluster"].to_numpy())


def _are_same(records: pl.DataFrame, others: pl.DataFrame) -> bool:
    return np.array_equal(records["record_id"].to_numpy(), others["record_id"].to_numpy())


def tidy_names(names: pl.Series) -> pl.Series:
    """Write names as a register does: usual width and dot, no gaps but between Latin words."""
    rows = pl.Series(np.flatnonzero(_mark_odd(*text_buffers(names))))
    odd = names.gather(rows)
    plain = odd.str.replace_many({**FULL_WIDTH, "　": " ", "•": "·", "・": "·", "‧": "·"})
    tidy = plain.str.strip_chars().str.replace_all(r"([^A-Za-z0-9.,&])\s+", "$1")
    return names.clone().scatter(rows, tidy) if rows.len() else names


@numba.njit(cache=True, nogil=True)
def _mark_odd(data: Bytes, starts: Ints) -> Flags:
    """Mark the texts that hold anything but common Chinese characters."""
    odd = np.zeros(len(starts) - 1, dtype=np.bool_)
    for i in range(len(odd)):
        for at in range(starts[i], starts[i + 1], 3):
            if not FIRST_BYTE <= data[at] <= LAST_BYTE:
                odd[i] = True
                break
    return odd


def _tell_by_identifier(
    records: pl.DataFrame, prepared: pl.DataFrame | None
) -> tuple[dict[str, pl.Series], Flags]:
    """Give birth dates and sexes as valid identifiers tell them, or else as they are said."""
    if "identifier" not in records.columns:
        return {}, np.zeros(0, dtype=np.bool_)
    if prepared is None:
        read = read_identifiers(records["identifier"])
        valid, birth = read.valid, read.birth
    else:
        valid, birth = prepared["identifier"].to_numpy(), prepared["birth_on"].to_numpy()
    is_valid = valid != 0
    told = {}
    if "birth_on" in records.columns:
        days = pl.Series((birth - DAY_BASE).astype(np.int32)).cast(pl.Date)
        told["birth_on"] = days.zip_with(pl.Series(is_valid), records["birth_on"])
    if "sex" in records.columns:
        sexes = pl.Series(["2", "1"]).gather(valid % 2)
        told["sex"] = sexes.zip_with(pl.Series(is_valid), records["sex"])
    return told, np.asarray(is_valid)


def _encode(values: pl.Series, field: str, prepared: pl.DataFrame | None) -> Ints:
    """Give each value a number; 0 is missing, and values that differ in style only are one."""
    if prepared is not None and field in prepared.columns:
        return prepared[field].to_numpy()
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


def find_rerated(names: pl.Series, before: Ints, now: Ints) -> Flags:
    """Tell the names that are rated otherwise since their characters are more or less common."""
    codes = encode_names(names)[0]
    return np.asarray(_rate_names(codes, before) != _rate_names(codes, now))


def _rate_names(codes: Ints, commonness: Ints | None) -> Rates:
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
def _rate_characters(codes: Ints, steps: Ints) -> Rates:
    rated = np.zeros(len(codes), dtype=np.uint8)
    for i in range(len(codes)):
        rest = max(codes[i], 0)
        least = np.int64(MOST_COMMON)
        while rest > 0:
            least = min(least, steps[rest & 0x7FFF])
            rest >>= 15
        rated[i] = least if codes[i] > 0 else 0
    return rated


def _rate_values(codes: Ints, field: str, commonness: Ints | None, is_told: Flags | None) -> Rates:
    """Rate values of equally many votes: names by their characters; what is told is above votes."""
    if field in NAMES:
        return _rate_names(codes, commonness)
    if is_told is not None:
        return np.where(is_told, AS_TOLD, 0).astype(np.uint8)
    return np.zeros(len(codes), dtype=np.uint8)


@numba.njit(cache=True, nogil=True)
def _choose_rows(firsts: Ints, codes: Ints, common: Rates, turn: Ints) -> Ints:
    """Give the place whose value stands for each group; the first where nobody says anything."""
    winners = firsts[:-1].copy()
    for group in range(len(firsts) - 1):
        best = np.int64(-1)
        for at in range(firsts[group], firsts[group + 1]):
            if codes[at] == 0:
                continue
            votes = np.int64(common[at] == AS_TOLD) << 8
            for other in range(firsts[group], min(firsts[group + 1], firsts[group] + MOST_VOTES)):
                votes += codes[other] == codes[at]
            score = (((votes << 8) | common[at]) << 40) | turn[at]
            if score > best:
                best, winners[group] = score, at
    return winners
