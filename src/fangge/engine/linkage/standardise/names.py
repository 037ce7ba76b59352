"""Names of persons and organisations, brought to one writing."""

import polars as pl

from fangge.engine.linkage.codes import FULL_WIDTH

DOTS = {"•": "·", "・": "·", ".": "·", "‧": "·", "．": "·"}
LEGAL_FORMS = r"(股份有限公司|有限责任公司|有限公司|分公司|（.*?）|\(.*?\))$"
PLACES = r"^(江苏省?)?(苏州市?)?(姑苏区|平江区|沧浪区|金阊区)?"


def standardise_person_names(names: pl.Series) -> pl.Series:
    """Drop white space, fold width and dots, and capitals in Latin script; blank is missing."""
    return (
        names.str.replace_many({**FULL_WIDTH, **DOTS})
        .str.replace_all(r"\s+", "")
        .str.to_lowercase()
        .replace("", None)
    )


def standardise_organisation_names(names: pl.Series) -> pl.Series:
    """Leave place and legal form out, so that the name's own part is compared."""
    plain = names.str.replace_many(FULL_WIDTH).str.replace_all(r"\s+", "")
    short = plain.str.replace(LEGAL_FORMS, "").str.replace(PLACES, "")
    return short.zip_with(short.str.len_chars() > 1, plain).replace("", None)
