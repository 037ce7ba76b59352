"""Identity and credit codes: writing and check digits, whole columns at a time."""

import numpy as np
import polars as pl

from fangge.engine.linkage.identity import WrittenCodes, read_credit_codes, read_identifiers

SHORTEST_PHONE = 7


def standardise_identifiers(codes: pl.Series) -> pl.Series:
    """Keep resident identifiers that have the form, a date and the check digit; others are missing.

    The region is not looked up: lists of regions leave out those that were merged.
    Source: GB 11643-1999, ISO 7064 MOD 11-2.
    """
    return _keep_valid(codes, read_identifiers(codes))


def standardise_credit_codes(codes: pl.Series) -> pl.Series:
    """Keep unified social credit codes whose check character is right; others are missing.

    Source: GB 32100-2015.
    """
    return _keep_valid(codes, read_credit_codes(codes))


def _keep_valid(codes: pl.Series, read: WrittenCodes) -> pl.Series:
    """Leave out what fails its check, and write the rest without gaps and in capitals."""
    nothing = pl.Series([None], dtype=pl.String)
    kept = codes.cast(pl.String).zip_with(pl.Series(read.valid != 0), nothing)
    rows = pl.Series(np.flatnonzero(read.is_styled & (read.valid != 0)))
    if not rows.len():
        return kept
    plain = kept.gather(rows).str.replace_all(r"[\s\-]", "").str.to_uppercase()
    return kept.clone().scatter(rows, plain)
