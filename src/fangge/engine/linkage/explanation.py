"""Why one pair scored what it did."""

import polars as pl

from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.parameters import Field, Kind, Parameters
from fangge.engine.linkage.schema import EXPLAINED, MISSING
from fangge.engine.linkage.scoring import weigh_fields
from fangge.engine.linkage.standardise.records import standardise_records

WORDS: dict[Kind, tuple[str, ...]] = {
    Kind.NAME: ("different", "one character apart", "same sound", "the same"),
    Kind.DATE: ("different", "parts agree or are turned round", "the same"),
    Kind.ADDRESS: ("different", "same site", "the same"),
    Kind.EXACT: ("different", "the same"),
    Kind.CODE: ("different", "at most one character apart"),
}
"""Each level in words, from disagreement upwards."""
ONE_SIDED = "not said by both"


def explain_pair(
    records: pl.DataFrame, left: int, right: int, parameters: Parameters
) -> pl.DataFrame:
    """Say what each field of two records adds to the weight of the pair.

    Parameters
    ----------
    records : polars.DataFrame
        As their sources sent them: the two, and all others among which a value of theirs is
        common or rare.
    left, right : int
        record_id of the two.
    parameters : Parameters
        The odds of each level.

    Returns
    -------
    polars.DataFrame
        EXPLAINED, ready for a waterfall: first the row `prior`, then the fields in the order of
        the parameters, last the row `sum`, which is the match weight.
    """
    ready = standardise_records(records)
    pair = pl.DataFrame({"left": [left], "right": [right]})
    weighed = weigh_fields(compare_pairs(ready, pair, parameters), parameters)
    sides = [ready.row(by_predicate=pl.col("record_id") == at, named=True) for at in (left, right)]
    rows = [("prior", None, None, None, parameters.prior_bits)]
    for field in parameters.fields:
        written = [None if side[field.name] is None else str(side[field.name]) for side in sides]
        words = _level_in_words(field, weighed[field.name][0])
        rows.append((field.name, *written, words, weighed[f"{field.name}_bits"][0]))
    rows.append(("sum", None, None, None, sum(row[-1] for row in rows)))
    return pl.DataFrame(rows, schema=dict(EXPLAINED), orient="row")


def _level_in_words(field: Field, level: int) -> str:
    return ONE_SIDED if level == MISSING else WORDS[field.kind][level]


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
