"""Checked rows into the tables of records and quarantine: COPY, then by set."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from django.db import connection

from fangge.fusion.queries.records import SEALED_RECORD
from fangge.fusion.rules.contracts import Contract
from fangge.kernel.bulk import copy_frame
from fangge.kernel.fields import Vault, open_vault

if TYPE_CHECKING:
    from fangge.fusion.models.source import Batch


SEALED_ROW = "fusion_quarantinedrow.row"
ROW_HASH, KEY_HASH = "source_row", "source_key"
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Staged:
    n_accepted: int
    n_unchanged: int
    n_quarantined: int


def stage_rows(
    rows: pl.DataFrame, faults: pl.DataFrame, *, batch: "Batch", contract: Contract
) -> Staged:
    """Keep one slice of rows in the caller's transaction."""
    errors = faults.filter(~pl.col("is_warning"))
    bad = rows.filter(pl.col("row_no").is_in(errors["row_no"].implode()))
    good = rows.filter(~pl.col("row_no").is_in(errors["row_no"].implode()))
    vault = open_vault()
    n_quarantined = _quarantine(bad, errors, batch=batch, vault=vault)
    n_accepted = accept_rows(seal_rows(good, contract, vault), batch=batch)
    return Staged(n_accepted, good.height - n_accepted, n_quarantined)


def seal_rows(rows: pl.DataFrame, contract: Contract, vault: Vault) -> pl.DataFrame:
    """Give each row its hashes, its open fields as JSON and its sealed ones as ciphertext."""
    names = [field.name for field in contract.fields]
    sealed = list(contract.sealed)
    opened = [name for name in names if name not in sealed]
    joined = rows.select(
        pl.concat_str([pl.col(n).fill_null("") for n in names], separator=SEPARATOR)
    ).to_series()
    keys = rows.select(
        pl.concat_str([pl.col(n).fill_null("") for n in contract.key], separator=SEPARATOR)
    ).to_series()
    frame = rows.select("row_no", payload=pl.struct(opened).struct.json_encode()).with_columns(
        vault.hash_column(joined, column=ROW_HASH).alias("row_hash"),
        vault.hash_column(keys, column=KEY_HASH).alias("key_hash"),
        sealed=pl.lit(None, pl.Binary),
    )
    if sealed:
        texts = rows.select(pl.struct(sealed).struct.json_encode()).to_series()
        empty = rows.select(pl.all_horizontal(pl.col(n).is_null() for n in sealed)).to_series()
        held = texts.zip_with(~empty, pl.Series([None], dtype=pl.String))
        frame = frame.with_columns(vault.seal_column(held, column=SEALED_RECORD).alias("sealed"))
    return frame


def accept_rows(rows: pl.DataFrame, *, batch: "Batch") -> int:
    """Insert what is new; a newer row takes the place of the one with its key. Give how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_row (row_no bigint, payload jsonb, row_hash bytea, "
            "key_hash bytea, sealed bytea) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_row", rows)
        cursor.execute(
            "DELETE FROM stage_row staged USING stage_row other "
            "WHERE staged.row_hash = other.row_hash AND staged.row_no > other.row_no"
        )
        cursor.execute(
            "DELETE FROM stage_row staged USING fusion_sourcerecord held WHERE held.source_id = %s "
            "AND held.row_hash = staged.row_hash AND held.replaced_by_batch_id IS NULL",
            [batch.source_id],
        )
        # Of rows with one key the last in the file speaks.
        cursor.execute(
            "DELETE FROM stage_row staged USING stage_row other "
            "WHERE staged.key_hash = other.key_hash AND staged.row_no < other.row_no"
        )
        cursor.execute(
            "UPDATE fusion_sourcerecord held SET replaced_by_batch_id = %s FROM stage_row staged "
            "WHERE held.source_id = %s AND held.key_hash = staged.key_hash "
            "AND held.replaced_by_batch_id IS NULL",
            [batch.pk, batch.source_id],
        )
        cursor.execute(
            "INSERT INTO fusion_sourcerecord (source_id, batch_id, row_no, row_hash, key_hash, "
            "payload, sealed) SELECT %s, %s, row_no, row_hash, key_hash, payload, sealed "
            "FROM stage_row ORDER BY row_no",
            [batch.source_id, batch.pk],
        )
        n_accepted = cursor.rowcount
        cursor.execute("DROP TABLE stage_row")
    return int(n_accepted)


def _quarantine(bad: pl.DataFrame, errors: pl.DataFrame, *, batch: "Batch", vault: Vault) -> int:
    if bad.is_empty():
        return 0
    listed = (
        errors.drop("is_warning")
        .group_by("row_no", maintain_order=True)
        .agg(pl.struct("field", "column", "rule", "found").alias("faults"))
    )
    faults = {row_no: json.dumps(found, ensure_ascii=False) for row_no, found in listed.iter_rows()}
    fields = bad.drop("row_no", "n_cells", "n_expected")
    texts = fields.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    frame = pl.DataFrame(
        {
            "batch_id": pl.repeat(batch.pk, bad.height, eager=True),
            "row_no": bad["row_no"],
            "row_sealed": vault.seal_column(texts, column=SEALED_ROW),
            "faults": bad["row_no"].replace_strict(faults, return_dtype=pl.String),
            "state": pl.repeat("open", bad.height, eager=True),
            "decided_by": pl.repeat("", bad.height, eager=True),
            "reason": pl.repeat("", bad.height, eager=True),
        }
    )
    with connection.cursor() as cursor:
        copy_frame(cursor, "fusion_quarantinedrow", frame)
    return bad.height
