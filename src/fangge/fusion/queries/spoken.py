"""What sources say in the open of whom: nothing sealed is read."""

from collections.abc import Mapping

import polars as pl

from fangge.fusion.rules.rows import read_dates, read_sexes
from fangge.kernel.bulk import read_frame

OPEN = {"name": pl.String, "sex": pl.String, "birth_on": pl.Date}


def open_fields(source_code: str, columns: Mapping[str, str]) -> pl.DataFrame:
    """Give record_id and the open fields of a source's current records, read as the link run does.

    `columns` maps name, sex and birth_on to the source's fields; those not named are missing.
    """
    rows = read_frame(
        "SELECT record.id, record.payload FROM fusion_sourcerecord record "
        "JOIN fusion_batch batch ON batch.id = record.batch_id "
        "JOIN fusion_source source ON source.id = record.source_id WHERE source.code = %s "
        "AND record.replaced_by_batch_id IS NULL AND batch.state IN ('staged', 'linked')",
        (source_code,),
        schema={"record_id": pl.Int64, "payload": pl.String},
    )
    wanted = {name: columns[name] for name in OPEN if name in columns}
    told = rows["payload"].str.json_decode(pl.Struct(dict.fromkeys(wanted.values(), pl.String)))
    frame = rows.select("record_id").with_columns(told.struct.unnest().get_columns())
    plain = pl.col(wanted.get("name", "record_id")).cast(pl.String)
    return frame.select(
        "record_id",
        plain.str.replace_all(r"[\s·•]", "").alias("name")
        if "name" in wanted
        else pl.lit(None, pl.String).alias("name"),
        read_sexes(pl.col(wanted["sex"])).alias("sex")
        if "sex" in wanted
        else pl.lit(None, pl.String).alias("sex"),
        read_dates(pl.col(wanted["birth_on"])).alias("birth_on")
        if "birth_on" in wanted
        else pl.lit(None, pl.Date).alias("birth_on"),
    )
