"""Whole records as numbers: a column for whatever a stage joins or compares on.

What a record becomes depends on that record alone, so that records may be prepared in parts.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from fangge.engine.linkage.codes import (
    Ints,
    encode_addresses,
    encode_names,
    encode_numbers,
    encode_texts,
)
from fangge.engine.linkage.identity import (
    DAY_BASE,
    WrittenCodes,
    read_credit_codes,
    read_identifiers,
)
from fangge.engine.linkage.parameters import Kind, Parameters
from fangge.engine.linkage.standardise.identifiers import SHORTEST_PHONE
from fangge.engine.linkage.standardise.names import (
    standardise_organisation_names,
    standardise_person_names,
)

Columns = dict[str, Ints | pl.Series]
N_THREADS = 2
SPEAKING_LITTLE = (Kind.NAME, Kind.FIRM, Kind.ADDRESS)
ROOM = r"-F\d+-[^-]+$"


def prepare_records(records: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Write each record as numbers.

    Parameters
    ----------
    records : polars.DataFrame
        RESIDENT_RECORD, ORGANISATION_RECORD or any other with the fields of the parameters.
    parameters : Parameters
        Its fields and their kinds.

    Returns
    -------
    polars.DataFrame
        In the order of record_id: record_id; for each field {field} and what its kind adds, 0
        where nothing was said; is_bare, 1 where a record says no more than a name, an address
        and an identifier. All are Int64 but {field}_text, the text of what no number holds.
    """
    if not records["record_id"].is_sorted():
        records = records.sort("record_id")
    names = [field.name for field in parameters.fields]
    with ThreadPoolExecutor(N_THREADS) as pool:
        writers = [WRITTEN[field.kind] for field in parameters.fields]
        written = list(pool.map(lambda write, name: write(records[name], name), writers, names))
    columns: Columns = {"record_id": records["record_id"].cast(pl.Int64)}
    bare = np.ones(records.height, dtype=np.bool_)
    for field, found in zip(parameters.fields, written, strict=True):
        columns |= found
        if field.name != parameters.identifier and field.kind not in SPEAKING_LITTLE:
            bare &= np.asarray(found[field.name]) == 0
    _tell_by_identifier(columns, parameters)
    columns["is_bare"] = bare.astype(np.int64)
    return pl.DataFrame(columns)


def _tell_by_identifier(columns: Columns, parameters: Parameters) -> None:
    """Take birth date and sex from an identifier that passes its check: they are in it."""
    for field in parameters.fields:
        for told in ("birth", "sex"):
            values = columns.pop(f"{field.name}_{told}", None)
            name = {"birth": "birth_on", "sex": "sex"}[told]
            if values is not None and name in columns:
                own = np.asarray(columns[name])
                columns[name] = np.where(np.asarray(values) != 0, np.asarray(values), own)


def _write_names(texts: pl.Series, name: str) -> Columns:
    codes, sounds = encode_names(texts)
    long = pl.Series(codes < 0)
    held = pl.repeat(None, texts.len(), dtype=pl.String, eager=True)
    if long.any():
        rows = long.arg_true()
        held = held.scatter(rows, standardise_person_names(texts.gather(rows)))
    return {name: codes, f"{name}_sound": sounds, f"{name}_text": held}


def _write_firms(texts: pl.Series, name: str) -> Columns:
    return _write_names(standardise_organisation_names(texts), name)


def _write_texts(texts: pl.Series, name: str) -> Columns:
    plain = standardise_person_names(texts)
    return {name: encode_texts(plain), f"{name}_text": plain}


def _write_dates(dates: pl.Series, name: str) -> Columns:
    days = dates.cast(pl.Date).cast(pl.Int32).cast(pl.Int64) + DAY_BASE
    return {name: days.fill_null(0).to_numpy()}


def _write_values(values: pl.Series, name: str) -> Columns:
    return {name: encode_texts(values.cast(pl.String))}


def _write_numbers(texts: pl.Series, name: str) -> Columns:
    return {name: encode_numbers(texts, shortest=SHORTEST_PHONE)}


def _write_addresses(texts: pl.Series, name: str) -> Columns:
    whole, unit, site = encode_addresses(texts)
    return {name: whole, f"{name}_unit": unit, f"{name}_site": site}


def _write_rooms(texts: pl.Series, name: str) -> Columns:
    """Write an address of which only one that names a room, after its floor, is decisive."""
    whole, unit, site = encode_addresses(texts)
    is_room = texts.str.contains(ROOM).fill_null(value=False).to_numpy()
    decisive = np.where(is_room, whole, 0)
    return {name: decisive, f"{name}_whole": whole, f"{name}_unit": unit, f"{name}_site": site}


def _write_identifiers(texts: pl.Series, name: str) -> Columns:
    read = read_identifiers(texts)
    sexes = np.concatenate([[0], encode_texts(pl.Series(["1", "2"]))])
    return _name_codes(read, name) | {f"{name}_birth": read.birth, f"{name}_sex": sexes[read.sex]}


def _write_credit_codes(texts: pl.Series, name: str) -> Columns:
    return _name_codes(read_credit_codes(texts), name)


def _name_codes(read: WrittenCodes, name: str) -> Columns:
    return {name: read.valid, f"{name}_front": read.front, f"{name}_back": read.back}


WRITTEN: Mapping[Kind, Callable[[pl.Series, str], Columns]] = {
    Kind.NAME: _write_names,
    Kind.FIRM: _write_firms,
    Kind.TEXT: _write_texts,
    Kind.DATE: _write_dates,
    Kind.EXACT: _write_values,
    Kind.NUMBER: _write_numbers,
    Kind.ADDRESS: _write_addresses,
    Kind.ROOM: _write_rooms,
    Kind.CODE: _write_identifiers,
    Kind.CREDIT_CODE: _write_credit_codes,
}
