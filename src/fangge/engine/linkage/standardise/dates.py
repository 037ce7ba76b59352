"""Dates in the forms that offices write."""

import polars as pl

FORMS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d")


def standardise_dates(texts: pl.Series) -> pl.Series:
    """Read dates; what no form fits, such as 30 February, is missing."""
    plain = texts.str.strip_chars().str.replace(r"[ T]\d{1,2}:\d{2}(:\d{2})?.*$", "")
    return pl.select(
        pl.coalesce(*(plain.str.to_date(form, strict=False) for form in FORMS))
    ).to_series()
