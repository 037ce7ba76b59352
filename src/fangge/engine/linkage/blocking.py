"""Records to candidate pairs."""

import polars as pl

from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.schema import PAIRS


def pair_records(records: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Pair the records that share a block's fields.

    Parameters
    ----------
    records : polars.DataFrame
        Standardised records.
    parameters : Parameters
        Its blocks and the largest block that is still worth comparing.

    Returns
    -------
    polars.DataFrame
        PAIRS, each once; two records with different valid identifiers are not paired, and two
        with the same one are left to the identifier.

    Notes
    -----
    Cost grows with the pairs: a block of n records gives n(n-1)/2.
    """
    found = [pl.DataFrame(schema=dict(PAIRS))]
    found += [_pair_block(records, list(block), parameters) for block in parameters.blocks]
    return pl.concat(found).unique().sort("left", "right")


def _pair_block(records: pl.DataFrame, block: list[str], parameters: Parameters) -> pl.DataFrame:
    keyed = (
        records.select("record_id", *block, id_=parameters.identifier)
        .drop_nulls(block)
        .filter(pl.len().over(block).is_between(2, parameters.largest_block))
    )
    joined = keyed.join(keyed, on=block, suffix="_right")
    return joined.filter(
        (pl.col("record_id") < pl.col("record_id_right"))
        & (pl.col("id_").is_null() | pl.col("id__right").is_null())
    ).select(left="record_id", right="record_id_right")
