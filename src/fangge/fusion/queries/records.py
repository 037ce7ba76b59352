"""Records as the link run reads them."""

from collections.abc import Sequence

import polars as pl

from fangge.fusion.models.source import Source
from fangge.fusion.rules.contracts import Contract, ContractField, FieldType, read_contract
from fangge.fusion.rules.rows import read_dates, read_sexes
from fangge.kernel.bulk import read_frame, read_ids
from fangge.kernel.fields import open_vault

SEALED_RECORD = "fusion_sourcerecord.sealed"
# A batch that is still being read neither speaks nor silences what it will replace.
SPEAKING = (
    "FROM fusion_sourcerecord record JOIN fusion_batch batch ON batch.id = record.batch_id "
    "LEFT JOIN fusion_batch later ON later.id = record.replaced_by_batch_id "
    "WHERE record.source_id = %s AND batch.state IN ('staged', 'linked') "
    "AND (record.replaced_by_batch_id IS NULL OR later.state = 'staging')"
)


def speaking_ids(source_code: str) -> pl.Series:
    """Give the records of a source that speak now, by identifier, without opening them."""
    source_id = Source.objects.filter(code=source_code).values_list("pk", flat=True).first()
    return read_ids(f"SELECT record.id {SPEAKING}", (source_id or 0,)).alias("record_id")


def contract_mark(source_code: str) -> str:
    """Mark under which version of its contract a source's records are read."""
    source = Source.objects.filter(code=source_code).first()
    return f"{source.pk}.{source.version}" if source else ""


def current_records(source_code: str, *, record_ids: Sequence[int] | None = None) -> pl.DataFrame:
    """Give the records of a source that speak now: record_id, row_no and each field, typed.

    With `record_ids` only those of them. An identifier that fails its check is left to the
    engine, which takes it as missing.
    """
    source = Source.objects.filter(code=source_code).first()
    if source is None:
        return pl.DataFrame(schema={"record_id": pl.Int64, "row_no": pl.Int64})
    contract = read_contract(source.contract)
    chosen = None if record_ids is None else list(record_ids)
    rows = read_frame(
        "SELECT record.id, record.row_no, record.payload, record.sealed, record.batch_id "
        f"{SPEAKING} AND (%s::bigint[] IS NULL OR record.id = ANY(%s::bigint[])) "
        "ORDER BY record.id",
        (source.pk, chosen, chosen),
        schema={
            "record_id": pl.Int64,
            "row_no": pl.Int64,
            "payload": pl.String,
            "sealed": pl.Binary,
            "batch_id": pl.Int64,
        },
    )
    return _type_fields(_open_rows(rows, contract), contract)


def _open_rows(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    sealed = list(contract.sealed)
    opened = [field.name for field in contract.fields if field.name not in sealed]
    payload = rows["payload"].str.json_decode(pl.Struct(dict.fromkeys(opened, pl.String)))
    frame = rows.select("record_id", "row_no").with_columns(payload.struct.unnest().get_columns())
    if not sealed:
        return frame
    vault = open_vault()
    texts = [
        None if box is None else vault.open(box, column=SEALED_RECORD, row=f"{batch_id}:{row_no}")
        for box, batch_id, row_no in rows.select("sealed", "batch_id", "row_no").iter_rows()
    ]
    found = pl.Series(texts, dtype=pl.String).str.json_decode(
        pl.Struct(dict.fromkeys(sealed, pl.String))
    )
    return frame.with_columns(found.struct.unnest().get_columns())


def _type_fields(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    return rows.with_columns(_type_field(field) for field in contract.fields)


def _type_field(field: ContractField) -> pl.Expr:
    value = pl.col(field.name)
    if field.type is FieldType.DATE:
        return read_dates(value).alias(field.name)
    if field.type is FieldType.SEX:
        return read_sexes(value).alias(field.name)
    if field.type in {FieldType.NUMBER, FieldType.LONGITUDE, FieldType.LATITUDE}:
        return value.cast(pl.Float64, strict=False)
    return value


def address_readings(record_ids: Sequence[int]) -> pl.DataFrame:
    """Give what address each place column of these records was read as: record_id, part, entry."""
    return read_frame(
        "SELECT record_id, part, entry_id FROM fusion_linkdecision WHERE kind = 'address' "
        "AND is_current AND entry_id IS NOT NULL AND record_id = ANY(%s::bigint[])",
        (list(record_ids),),
        schema={"record_id": pl.Int64, "part": pl.String, "address_id": pl.Int64},
    )


def decided_records() -> pl.DataFrame:
    """Give what every current record part was taken for: source, row_no, kind, part and entry."""
    return read_frame(
        "SELECT source.code, record.row_no, decision.kind, decision.part, decision.entry_id, "
        "address.code FROM fusion_linkdecision decision "
        "JOIN fusion_sourcerecord record ON record.id = decision.record_id "
        "JOIN fusion_source source ON source.id = record.source_id "
        "LEFT JOIN registers_address address "
        "ON decision.kind = 'address' AND address.id = decision.entry_id "
        "WHERE decision.is_current AND record.replaced_by_batch_id IS NULL",
        schema={
            "source": pl.String,
            "row_no": pl.Int64,
            "kind": pl.String,
            "part": pl.String,
            "entry_id": pl.Int64,
            "entry_code": pl.String,
        },
    )
