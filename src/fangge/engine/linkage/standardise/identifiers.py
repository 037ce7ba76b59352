"""Identity and credit codes: writing and check digits, whole columns at a time."""

import numpy as np
import polars as pl

from fangge.engine.linkage.identity import (
    CHECKS,
    CREDIT_ALPHABET,
    CREDIT_WEIGHTS,
    N_CHARACTERS,
    WEIGHTS,
)

SHORTEST_PHONE = 7


def standardise_identifiers(codes: pl.Series) -> pl.Series:
    """Keep resident identifiers that have the form, a date and the check digit; others are missing.

    The region is not looked up: lists of regions leave out those that were merged.
    Source: GB 11643-1999, ISO 7064 MOD 11-2.
    """
    plain = _plain(codes)
    shaped = plain.str.contains(r"^[1-9][0-9]{16}[0-9X]$").fill_null(value=False)
    dated = plain.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null()
    right = np.zeros(codes.len(), dtype=bool)
    rows = np.flatnonzero((shaped & dated).to_numpy())
    if rows.size:
        table = _characters(plain.gather(rows))
        sums = ((table[:, :17].astype(np.int64) - ord("0")) * WEIGHTS).sum(axis=1)
        right[rows] = CHECKS[sums % 11] == table[:, 17]
    return pl.select(pl.when(pl.Series(right)).then(plain)).to_series().alias(codes.name)


def standardise_credit_codes(codes: pl.Series) -> pl.Series:
    """Keep unified social credit codes whose check character is right; others are missing.

    Source: GB 32100-2015.
    """
    plain = _plain(codes)
    shaped = plain.str.contains(r"^[0-9A-HJ-NP-RTUWXY]{18}$").fill_null(value=False)
    right = np.zeros(codes.len(), dtype=bool)
    rows = np.flatnonzero(shaped.to_numpy())
    if rows.size:
        values = np.zeros(256, dtype=np.int64)
        values[np.frombuffer(CREDIT_ALPHABET, dtype=np.uint8)] = np.arange(31)
        table = values[_characters(plain.gather(rows))]
        check = (31 - (table[:, :17] * CREDIT_WEIGHTS).sum(axis=1) % 31) % 31
        right[rows] = check == table[:, 17]
    return pl.select(pl.when(pl.Series(right)).then(plain)).to_series().alias(codes.name)


def standardise_phones(phones: pl.Series) -> pl.Series:
    """Keep the digits of a phone number without the country's code; too short is missing."""
    digits = phones.str.replace_all(r"[^0-9]", "").str.replace(r"^(?:0086|86)(1[0-9]{10})$", "$1")
    return digits.zip_with(
        digits.str.len_chars() >= SHORTEST_PHONE, pl.Series([None], dtype=pl.String)
    )


def _plain(codes: pl.Series) -> pl.Series:
    return codes.str.replace_all(r"[\s\-]", "").str.to_uppercase()


def _characters(codes: pl.Series) -> np.ndarray:
    joined = "".join(codes).encode("ascii")
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, N_CHARACTERS)
