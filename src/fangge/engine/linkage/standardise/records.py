"""Whole records: every column that a stage compares, brought to one writing."""

import polars as pl

from fangge.engine.linkage.similarity import sound_names
from fangge.engine.linkage.standardise.identifiers import (
    split_codes,
    standardise_credit_codes,
    standardise_identifiers,
    standardise_phones,
)
from fangge.engine.linkage.standardise.names import (
    standardise_organisation_names,
    standardise_person_names,
)


def standardise_records(records: pl.DataFrame) -> pl.DataFrame:
    """Bring every column that a stage compares to one writing."""
    is_organisation = "credit_code" in records.columns
    names = standardise_organisation_names if is_organisation else standardise_person_names
    ready = records.with_columns(
        names(records["name"]).alias("name"), standardise_phones(records["phone"]).alias("phone")
    )
    if is_organisation:
        return ready.with_columns(
            standardise_credit_codes(records["credit_code"]).alias("credit_code"),
            standardise_person_names(records["representative"]).alias("representative"),
        )
    return ready.with_columns(
        standardise_identifiers(records["identifier"]).alias("identifier"),
        sound_names(ready["name"]).alias("name_sound"),
        **split_codes(records["identifier"], "identifier"),
    )
