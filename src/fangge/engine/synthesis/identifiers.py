"""Numbers of the generated district: valid by their check digits, and nobody's."""

import numpy as np
import polars as pl

# Jiangsu has no prefecture 99, and never had: no identifier or credit code begins with it.
REGION_BASE, N_REGIONS = 329990, 10
AUTHORITY = 329999
# Mobile numbers begin with 13 to 19; 12 was never given out to telephones of eleven digits.
PHONE_BASE = 12 * 10**9
ORDERS_A_DAY = 499
IDENTIFIER_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CHECKS = "0123456789X"
CREDIT_VALUES = np.array([CREDIT_ALPHABET.index(check) for check in CHECKS])
CREDIT_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])


def make_identifiers(birth_on: pl.Series, is_male: np.ndarray) -> pl.Series:
    """Give each person an 18-digit identifier of a region that does not exist.

    The order number is the person's rank among those born that day, odd for men; the check digit
    follows ISO 7064 MOD 11-2. Up to 4,990 people of one sex may be born on one day.
    Source: GB 11643-1999.
    """
    frame = pl.DataFrame({"birth": birth_on, "male": is_male}).select(
        pl.int_range(pl.len()).over("birth", "male").alias("rank"),
        (
            pl.col("birth").dt.year().cast(pl.Int64) * 10_000
            + pl.col("birth").dt.month().cast(pl.Int64) * 100
            + pl.col("birth").dt.day()
        ).alias("day"),
    )
    rank = frame["rank"].to_numpy()
    region = REGION_BASE + (rank // ORDERS_A_DAY) % N_REGIONS
    order = (rank % ORDERS_A_DAY) * 2 + np.where(is_male, 1, 2)
    body = region * 10**11 + frame["day"].to_numpy() * 1000 + order
    check = pl.Series(list("10X98765432")).gather(_weigh(body, IDENTIFIER_WEIGHTS) % 11)
    return pl.Series(body).cast(pl.String) + check


def make_phones(n_phones: int, rng: np.random.Generator) -> pl.Series:
    """Give out different telephone numbers of eleven digits that no network has."""
    numbers = rng.choice(10**8, n_phones, replace=False) * 10 + rng.integers(0, 10, n_phones)
    return pl.Series(PHONE_BASE + numbers).cast(pl.String)


def make_credit_codes(is_trader: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """Give each organisation a unified social credit code of an authority that does not exist.

    Sole traders (`is_trader`) begin with 92, companies with 91; both check characters hold.
    Source: GB 32100-2015 and GB 11714-1997.
    """
    body = rng.choice(10**8, is_trader.size, replace=False)
    own_check = (11 - _weigh(body, BODY_WEIGHTS) % 11) % 11
    head = np.where(is_trader, 92, 91) * 10**6 + AUTHORITY
    weighed = (
        _weigh(head, CREDIT_WEIGHTS[:8])
        + _weigh(body, CREDIT_WEIGHTS[8:16])
        + CREDIT_VALUES[own_check] * CREDIT_WEIGHTS[16]
    )
    last = pl.Series(list(CREDIT_ALPHABET)).gather((31 - weighed % 31) % 31)
    start = pl.Series(head * 10**8 + body).cast(pl.String)
    return start + pl.Series(list(CHECKS)).gather(own_check) + last


def _weigh(numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Add up the weighted digits of numbers that have as many digits as there are weights."""
    total, rest = np.zeros(numbers.size, dtype=np.int64), numbers.copy()
    for weight in weights[::-1]:
        rest, digit = np.divmod(rest, 10)
        total += digit * weight
    return total
