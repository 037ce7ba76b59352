"""Pairs to agreement levels."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from fangge.engine.linkage.codes import Ints, text_buffers
from fangge.engine.linkage.parameters import Kind, Parameters
from fangge.engine.linkage.similarity import (
    Levels,
    compare_addresses,
    compare_codes,
    compare_dates,
    compare_exactly,
    compare_names,
    compare_texts,
)


def compare_pairs(
    prepared: pl.DataFrame, pairs: pl.DataFrame, parameters: Parameters
) -> pl.DataFrame:
    """Compare both records of each pair, field by field.

    Parameters
    ----------
    prepared : polars.DataFrame
        What `prepare_records` gives.
    pairs : polars.DataFrame
        PLACES: rows of `prepared`.
    parameters : Parameters
        The fields.

    Returns
    -------
    polars.DataFrame
        `pairs` with for each field its agreement level as UInt8: 0 is disagreement, MISSING where
        a side is blank.
    """
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    return pairs.with_columns(
        pl.Series(field.name, COMPARED[field.kind](prepared, field.name, left, right))
        for field in parameters.fields
    )


def _column(prepared: pl.DataFrame, name: str) -> Ints:
    return prepared[name].to_numpy()


def _compare_names(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    codes, sounds = _column(prepared, name), _column(prepared, f"{name}_sound")
    texts = text_buffers(prepared[f"{name}_text"])
    return np.asarray(compare_names(codes, sounds, *texts, left, right))


def _compare_texts(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    texts = text_buffers(prepared[f"{name}_text"])
    return np.asarray(compare_texts(_column(prepared, name), *texts, left, right))


def _compare_dates(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    return np.asarray(compare_dates(_column(prepared, name), left, right))


def _compare_exactly(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    return np.asarray(compare_exactly(_column(prepared, name), left, right))


def _compare_addresses(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    whole, unit, site = (_column(prepared, f"{name}{part}") for part in ("", "_unit", "_site"))
    return np.asarray(compare_addresses(whole, unit, site, left, right))


def _compare_rooms(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    whole, unit, site = (_column(prepared, f"{name}_{part}") for part in ("whole", "unit", "site"))
    return np.asarray(compare_addresses(whole, unit, site, left, right))


def _compare_codes(prepared: pl.DataFrame, name: str, left: Ints, right: Ints) -> Levels:
    front, back = _column(prepared, f"{name}_front"), _column(prepared, f"{name}_back")
    return np.asarray(compare_codes(front, back, left, right))


COMPARED: Mapping[Kind, Callable[[pl.DataFrame, str, Ints, Ints], Levels]] = {
    Kind.NAME: _compare_names,
    Kind.FIRM: _compare_names,
    Kind.TEXT: _compare_texts,
    Kind.DATE: _compare_dates,
    Kind.ADDRESS: _compare_addresses,
    Kind.ROOM: _compare_rooms,
    Kind.EXACT: _compare_exactly,
    Kind.NUMBER: _compare_exactly,
    Kind.CODE: _compare_codes,
    Kind.CREDIT_CODE: _compare_codes,
}
