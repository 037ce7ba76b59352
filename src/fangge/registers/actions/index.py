"""Compile the address register into an index, publish it, and match texts by it."""

from pathlib import Path

import polars as pl

from fangge.kernel.bulk import read_frame
from fangge.registers.adapters import addresses


def compile_index(*, run_id: int) -> Path:
    """Compile the addresses as this transaction sees them; nobody opens them until published."""
    rows = read_frame(
        "SELECT address.code, parent.code, address.level, address.name, address.full_name, "
        "alias.names FROM registers_address address "
        "LEFT JOIN registers_address parent ON parent.id = address.parent_id "
        "LEFT JOIN (SELECT address_id, string_agg(name, ';' ORDER BY name) AS names "
        "FROM registers_addressalias WHERE ends_on IS NULL GROUP BY address_id) alias "
        "ON alias.address_id = address.id WHERE address.ends_on IS NULL ORDER BY address.id",
        schema={
            "code": pl.String,
            "parent_code": pl.String,
            "level": pl.String,
            "name": pl.String,
            "full_name": pl.String,
            "aliases": pl.String,
        },
    )
    return addresses.build_index(rows.with_columns(pl.col("aliases").str.split(";")), run_id=run_id)


def publish_index(folder: Path) -> None:
    addresses.publish_index(folder)


def match_texts(texts: pl.Series, *, folder: Path) -> pl.DataFrame:
    """Find the standard address each text means: code, level, score, asserted, reasons."""
    return addresses.match_texts(texts, folder=folder)
