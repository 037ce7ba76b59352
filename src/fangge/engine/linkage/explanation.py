"""Why one pair scored what it did, and why a cluster is one."""

from collections.abc import Mapping

import polars as pl

from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.identity import DAY_BASE
from fangge.engine.linkage.parameters import Field, Kind, Parameters, rescale_prior
from fangge.engine.linkage.schema import EXPLAINED, MISSING
from fangge.engine.linkage.scoring import count_values, weigh_fields
from fangge.engine.linkage.standardise.records import prepare_records

NAMES = ("different", "one character apart or one within the other", "same sound", "the same")
CODES = ("different", "one character apart", "the same")
SAME = ("different", "the same")
PLACES = ("different", "same building", "one within the other", "the same")
WORDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.NAME: NAMES,
    Kind.FIRM: NAMES,
    Kind.TEXT: ("different", "alike", "very alike", "the same"),
    Kind.DATE: ("different", "parts agree or are turned round", "the same"),
    Kind.ADDRESS: PLACES,
    Kind.ROOM: PLACES,
    Kind.EXACT: SAME,
    Kind.NUMBER: SAME,
    Kind.CODE: CODES,
    Kind.CREDIT_CODE: CODES,
}
"""Each level in words, from disagreement upwards."""
ONE_SIDED = "not said by both"


def explain_pair(
    records: pl.DataFrame,
    left: int,
    right: int,
    parameters: Parameters,
    *,
    counts: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Say what each field of two records adds to the weight of the pair.

    Parameters
    ----------
    records : polars.DataFrame
        As their sources sent them: the two, and without `counts` all others among which a value
        of theirs is common or rare.
    left, right : int
        record_id of the two.
    parameters : Parameters
        The odds of each level; as a run kept them where `counts` are given.
    counts : polars.DataFrame, optional
        VALUE_COUNTS that a run kept.

    Returns
    -------
    polars.DataFrame
        EXPLAINED, ready for a waterfall: first the row `prior`, then the fields in the order of
        the parameters, last the row `sum`, which is the match weight.
    """
    if counts is None:
        prepared = prepare_records(records, parameters)
        parameters = rescale_prior(parameters, prepared.height)
        counts = count_values(prepared, parameters)
    two = records.filter(pl.col("record_id").is_in([left, right])).sort("record_id")
    prepared = prepare_records(two, parameters)
    levels = compare_pairs(prepared, pl.DataFrame({"left": [0], "right": [1]}), parameters)
    bits = weigh_fields(prepared, levels, counts, parameters)
    rows: list[tuple[object, ...]] = [("prior", None, None, None, parameters.prior_bits)]
    sides = (0, 1) if left < right else (1, 0)
    for field in parameters.fields:
        written = [_write_value(two, prepared, field, side) for side in sides]
        words = _level_in_words(field, levels[field.name][0])
        rows.append((field.name, *written, words, float(bits[field.name][0])))
    told = pl.DataFrame(rows, schema=dict(EXPLAINED), orient="row")
    total = {"field": "sum", "left": None, "right": None, "level": None, "bits": told["bits"].sum()}
    return pl.concat([told, pl.DataFrame([total], schema=dict(EXPLAINED))])


def _level_in_words(field: Field, level: int) -> str:
    return ONE_SIDED if level == MISSING else WORDS[field.kind][level]


def _write_value(
    records: pl.DataFrame, prepared: pl.DataFrame, field: Field, at: int
) -> str | None:
    """Write a value as its source did, or the date that an identifier tells."""
    if field.kind is Kind.DATE:
        days = prepared[field.name][at]
        return str(pl.Series([days - DAY_BASE]).cast(pl.Date)[0]) if days else None
    value = records[field.name][at]
    return None if value is None else str(value)


def explain_cluster(members: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Say why the records of a cluster are together: the strongest evidence that spans it.

    Parameters
    ----------
    members : polars.DataFrame
        record_id of the cluster's records.
    edges : polars.DataFrame
        left, right and weight of pairs that link; a pair that one identifier joins has the
        weight of infinity.

    Returns
    -------
    polars.DataFrame
        left, right and weight: one link fewer than records, the strongest first; of equally
        strong ones those with the smaller numbers.
    """
    leader = {record: record for record in members["record_id"].to_list()}

    def lead(record: int) -> int:
        while leader[record] != record:
            leader[record] = leader[leader[record]]
            record = leader[record]
        return record

    ranked = edges.sort(["weight", "left", "right"], descending=[True, False, False])
    kept = []
    for row in ranked.select("left", "right", "weight").iter_rows():
        if row[0] in leader and row[1] in leader and lead(row[0]) != lead(row[1]):
            leader[lead(row[1])] = lead(row[0])
            kept.append(row)
    return pl.DataFrame(kept, schema=edges.select("left", "right", "weight").schema, orient="row")
