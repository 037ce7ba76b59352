"""Positions to map codes, by the engine."""

import polars as pl

from fangge.engine.place.tiles import encode_morton


def morton_codes(lon: pl.Series, lat: pl.Series) -> pl.Series:
    """Give each position its 62-bit map code; what has no position has none."""
    held = lon.is_not_null() & lat.is_not_null()
    codes = encode_morton(lon.fill_null(0.0).to_numpy(), lat.fill_null(0.0).to_numpy())
    return pl.select(pl.when(held).then(pl.Series(codes))).to_series()
