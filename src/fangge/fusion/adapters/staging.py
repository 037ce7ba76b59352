"""Checked rows into the tables of records and quarantine: COPY, then by set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
    n_accepted = accept_rows(seal_rows(good, contract, vault, batch_id=batch.pk), batch=batch)
    return Staged(n_accepted, good.height - n_accepted, n_quarantined)


def seal_rows(
    rows: pl.DataFrame, contract: Contract, vault: Vault, *, batch_id: int
) -> pl.DataFrame:
    """Give each row its hashes, its open fields as JSON and its sealed ones as ciphertext."""
    names = [field.name for field in contract.fields]
    sealed = list(contract.sealed)
    opened = [name for name in names if name not in sealed]
    joined = rows.select(
        pl.concat_str([pl.col(n).fill_null("") for n in names], separator=SEPARATOR)
    ).to_series()
    frame = rows.select("row_no", payload=pl.struct(opened).struct.json_encode()).with_columns(
        vault.hash_column(joined, column=ROW_HASH).alias("row_hash"),
        hash_keys(rows, contract, vault),
        sealed=pl.lit(None, pl.Binary),
    )
    if sealed:
        texts = rows.select(pl.struct(sealed).struct.json_encode()).to_series()
        empty = rows.select(pl.all_horizontal(pl.col(n).is_null() for n in sealed)).to_series()
        held = texts.zip_with(~empty, pl.Series([None], dtype=pl.String))
        places = name_places(rows, batch_id)
        frame = frame.with_columns(
            vault.seal_column(held, column=SEALED_RECORD, rows=places).alias("sealed")
        )
    return frame


def name_places(rows: pl.DataFrame, batch_id: int) -> pl.Series:
    """Name each row by its batch and its place in the file, which it has before it is written."""
    return rows.select(pl.format("{}:{}", pl.lit(batch_id), pl.col("row_no"))).to_series()


def hash_keys(rows: pl.DataFrame, contract: Contract, vault: Vault) -> pl.Series:
    """Hash each row's key, by which the source names it again in the next extract."""
    keys = rows.select(
        pl.concat_str([pl.col(n).fill_null("") for n in contract.key], separator=SEPARATOR)
    ).to_series()
    return vault.hash_column(keys, column=KEY_HASH).alias("key_hash")


def accept_rows(rows: pl.DataFrame, *, batch: "Batch") -> int:
    """Insert what is new, each row at its place in the order of extracts. Give how many.

    A row takes the place of an older one with its key. Where a later extract spoke already, that
    one still speaks, and the row is kept as what was said before it.
    """
    named = place_of(batch)
    with connection.cursor() as cursor:
        if batch.is_full:
            rows = _drop_known(cursor, rows, named)
        if rows.is_empty():
            return 0
        cursor.execute(
            "CREATE TEMP TABLE stage_row (row_no bigint, payload jsonb, row_hash bytea, "
            "key_hash bytea, sealed bytea) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_row", rows)
        cursor.execute("ANALYZE stage_row")
        for statement in (ONCE, *(() if batch.is_full else (SAID_AGAIN,)), KNOWN, LAST, REPLACE):
            cursor.execute(statement, named)
        cursor.execute(INSERT, named)
        n_accepted = cursor.rowcount
        cursor.execute("DROP TABLE stage_row")
    return int(n_accepted)


def _drop_known(
    cursor: Any, rows: pl.DataFrame, named: Mapping[str, int | datetime | None]
) -> pl.DataFrame:
    """Leave out the rows that are held already: where nothing changed there is nothing to stage."""
    cursor.execute(HELD, {**named, "hashes": rows["row_hash"].to_list()})
    known = pl.Series([bytes(row[0]) for row in cursor.fetchall()], dtype=pl.Binary)
    return rows.filter(~pl.col("row_hash").is_in(known.implode()))


def place_of(batch: "Batch") -> dict[str, int | datetime | None]:
    """Name a batch's place in the order of its source's extracts, for the statements below."""
    return {
        "batch": batch.pk,
        "source": batch.source_id,
        "said_at": batch.extracted_at,
        "next": next_full_batch(batch),
    }


def next_full_batch(batch: "Batch") -> int | None:
    """Give the first full extract after this batch: what it does not repeat, it has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM fusion_batch WHERE source_id = %s AND is_full "
            "AND state IN ('staged', 'linked') AND extracted_at > %s "
            "ORDER BY extracted_at, id LIMIT 1",
            [batch.source_id, batch.extracted_at],
        )
        found = cursor.fetchone()
    return found[0] if found else None


ONCE = (
    "DELETE FROM stage_row staged USING stage_row other "
    "WHERE staged.row_hash = other.row_hash AND staged.row_no > other.row_no"
)
# An extract of changes that repeats a row says it anew; a full one repeats every row.
SAID_AGAIN = (
    "UPDATE fusion_sourcerecord held SET said_at = %(said_at)s FROM stage_row staged "
    "WHERE held.source_id = %(source)s AND held.row_hash = staged.row_hash "
    "AND held.replaced_by_batch_id IS NOT DISTINCT FROM %(next)s AND held.said_at < %(said_at)s"
)
STANDS = (
    "(held.replaced_by_batch_id IS NOT DISTINCT FROM %(next)s "
    "OR held.replaced_by_batch_id IS NULL AND held.said_at <= %(said_at)s)"
)
KNOWN = (
    "DELETE FROM stage_row staged USING fusion_sourcerecord held "
    "WHERE held.source_id = %(source)s AND held.row_hash = staged.row_hash AND STANDS"
).replace("STANDS", STANDS)
HELD = (
    "SELECT held.row_hash FROM fusion_sourcerecord held WHERE held.source_id = %(source)s "
    "AND held.row_hash = ANY(%(hashes)s::bytea[]) AND STANDS"
).replace("STANDS", STANDS)
# Of rows with one key the last in the file speaks.
LAST = (
    "DELETE FROM stage_row staged USING stage_row other "
    "WHERE staged.key_hash = other.key_hash AND staged.row_no < other.row_no"
)
REPLACE = (
    "UPDATE fusion_sourcerecord held SET replaced_by_batch_id = %(batch)s, missing_from_id = NULL "
    "FROM stage_row staged WHERE held.source_id = %(source)s AND held.key_hash = staged.key_hash "
    "AND held.replaced_by_batch_id IS NOT DISTINCT FROM %(next)s AND held.said_at <= %(said_at)s"
)
INSERT = (
    "INSERT INTO fusion_sourcerecord (source_id, batch_id, row_no, row_hash, key_hash, payload, "
    "sealed, said_at, replaced_by_batch_id) "
    "SELECT %(source)s, %(batch)s, staged.row_no, staged.row_hash, staged.key_hash, "
    "staged.payload, staged.sealed, %(said_at)s, COALESCE(later.batch_id, %(next)s) "
    "FROM stage_row staged LEFT JOIN fusion_sourcerecord later "
    "ON later.source_id = %(source)s AND later.key_hash = staged.key_hash "
    "AND later.replaced_by_batch_id IS NOT DISTINCT FROM %(next)s "
    "AND later.said_at > %(said_at)s ORDER BY staged.row_no"
)


def free_replaced(batch: "Batch") -> None:
    """Let those speak again whose place this batch took, each unless a later extract spoke."""
    named = place_of(batch)
    with connection.cursor() as cursor:
        for statement in (SET_ASIDE, GIVE_WAY, FREE):
            cursor.execute(statement, named)


# What the batch replaced, the latest of each key first; of batches that still stand.
FREED = (
    "SELECT held.id, held.source_id, held.key_hash, held.batch_id, held.said_at, "
    "row_number() OVER by_key AS rank, first_value(held.batch_id) OVER by_key AS first_batch_id "
    "FROM fusion_sourcerecord held WHERE held.replaced_by_batch_id = %(batch)s "
    "AND held.batch_id <> %(batch)s "
    "WINDOW by_key AS (PARTITION BY held.key_hash ORDER BY held.said_at DESC, held.id DESC)"
)
# Records of batches that were taken back themselves are replaced by nothing but that.
SET_ASIDE = (
    "UPDATE fusion_sourcerecord held SET replaced_by_batch_id = held.batch_id "
    "FROM fusion_batch own WHERE held.replaced_by_batch_id = %(batch)s "
    "AND own.id = held.batch_id AND own.id <> %(batch)s AND own.state NOT IN ('staged', 'linked')"
)
# What the batch stood before speaks no more, where it is older than what is freed.
GIVE_WAY = (
    "UPDATE fusion_sourcerecord held SET replaced_by_batch_id = freed.batch_id "
    "FROM (FREED) freed WHERE %(next)s IS NULL AND held.source_id = freed.source_id "
    "AND held.key_hash = freed.key_hash AND held.replaced_by_batch_id IS NULL "
    "AND held.batch_id <> %(batch)s AND held.said_at < freed.said_at AND freed.rank = 1"
).replace("FREED", FREED)
# A later extract that still stands repeated what this batch said: it keeps what was replaced aside.
REPEATED = (
    "SELECT heir.id AS batch_id FROM fusion_sourcerecord own JOIN fusion_batch heir "
    "ON heir.source_id = own.source_id AND heir.extracted_at = own.said_at "
    "AND heir.state IN ('staged', 'linked') WHERE own.batch_id = %(batch)s "
    "AND own.source_id = freed.source_id AND own.key_hash = freed.key_hash "
    "AND own.said_at > %(said_at)s ORDER BY heir.id LIMIT 1"
)
FREE = (
    (
        "UPDATE fusion_sourcerecord held SET replaced_by_batch_id = CASE "
        "WHEN freed.rank > 1 THEN freed.first_batch_id "
        "ELSE COALESCE(%(next)s, repeated.batch_id, speaks.batch_id) END "
        "FROM (FREED) freed LEFT JOIN LATERAL (REPEATED) repeated ON true "
        "LEFT JOIN fusion_sourcerecord speaks "
        "ON speaks.source_id = freed.source_id AND speaks.key_hash = freed.key_hash "
        "AND speaks.replaced_by_batch_id IS NULL AND speaks.batch_id <> %(batch)s "
        "WHERE held.id = freed.id"
    )
    .replace("FREED", FREED)
    .replace("REPEATED", REPEATED)
)


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
            "row_sealed": vault.seal_column(
                texts, column=SEALED_ROW, rows=name_places(bad, batch.pk)
            ),
            "faults": bad["row_no"].replace_strict(faults, return_dtype=pl.String),
            "state": pl.repeat("open", bad.height, eager=True),
            "decided_by": pl.repeat("", bad.height, eager=True),
            "reason": pl.repeat("", bad.height, eager=True),
        }
    )
    with connection.cursor() as cursor:
        copy_frame(cursor, "fusion_quarantinedrow", frame)
    return bad.height
