"""Every table's columns, types and row meaning."""

from collections.abc import Mapping

import polars as pl

Schema = Mapping[str, type[pl.DataType]]

RESIDENT_RECORD: Schema = {
    "record_id": pl.Int64,
    "source": pl.String,
    "name": pl.String,
    "sex": pl.String,
    "birth_on": pl.Date,
    "identifier": pl.String,
    "phone": pl.String,
    "address_code": pl.String,
    "updated_on": pl.Date,
}
"""What one source says of one person; everything but record_id and source may be missing."""

ORGANISATION_RECORD: Schema = {
    "record_id": pl.Int64,
    "source": pl.String,
    "name": pl.String,
    "credit_code": pl.String,
    "phone": pl.String,
    "address_code": pl.String,
    "representative": pl.String,
    "founded_on": pl.Date,
    "updated_on": pl.Date,
}
"""What one source says of one organisation."""

DWELLING_RECORD: Schema = {
    "record_id": pl.Int64,
    "source": pl.String,
    "address_code": pl.String,
    "number": pl.String,
    "floor_area_m2": pl.String,
    "use": pl.String,
    "updated_on": pl.Date,
}
"""What one source says of one dwelling; its number is the source's or a certificate's."""

TENANCY_RECORD: Schema = {
    "record_id": pl.Int64,
    "source": pl.String,
    "tenant": pl.Int64,
    "dwelling": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "updated_on": pl.Date,
}
"""What one source says of one tenancy; tenant and dwelling are clusters."""

PLACES: Schema = {"left": pl.Int64, "right": pl.Int64}
"""Rows of prepared records that may be one subject; left is the smaller."""

REVIEWED: Schema = {"left": pl.Int64, "right": pl.Int64, "weight": pl.Float32}
"""Two records (by record_id) that a person should look at, with their match weight in bits."""

VALUE_COUNTS: Schema = {"field": pl.String, "value": pl.Int64, "n": pl.Int64}
"""How many records have a value, written as a number, of a field where rarity counts."""

CLUSTERS: Schema = {
    "record_id": pl.Int64,
    "cluster": pl.Int64,
    "method": pl.String,
    "weight": pl.Float32,
}
"""Each record once; cluster is the smallest record_id of the subject's records."""

EXPLAINED: Schema = {
    "field": pl.String,
    "left": pl.String,
    "right": pl.String,
    "level": pl.String,
    "bits": pl.Float64,
}
"""What a field adds to a pair's weight: both values as compared, the level in words, the bits."""

MISSING = 255
"""The agreement level of a field that a side leaves blank: no evidence either way."""
