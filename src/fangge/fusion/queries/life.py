"""Life events that stand, as a link run lets them act."""

import polars as pl

from fangge.fusion.queries.records import current_records
from fangge.fusion.rules.life import NEWCOMERS, RESIDENTS, SOURCES
from fangge.kernel.bulk import read_frame

ACTS = {
    "record_id": pl.Int64,
    "subject": pl.String,
    "event": pl.String,
    "effective_on": pl.Date,
    "until_on": pl.Date,
    "entry_id": pl.Int64,
    "address_id": pl.Int64,
    "grid_id": pl.Int64,
    "from_address_id": pl.Int64,
}


def standing_acts() -> pl.DataFrame:
    """Give every life event that was not taken back, with whom it is about and where."""
    return read_frame(
        "SELECT record.id, whom.kind, record.payload->>'event', "
        "(record.payload->>'effective_on')::date, (record.payload->>'until_on')::date, "
        "whom.entry_id, place.entry_id, address.grid_id, left_place.entry_id "
        "FROM fusion_sourcerecord record "
        "JOIN fusion_batch batch ON batch.id = record.batch_id "
        "JOIN fusion_source source ON source.id = record.source_id "
        "JOIN fusion_linkdecision whom ON whom.record_id = record.id AND whom.is_current "
        "AND whom.part IN ('holder', 'organisation') AND whom.entry_id IS NOT NULL "
        "LEFT JOIN fusion_linkdecision place ON place.record_id = record.id AND place.is_current "
        "AND place.kind = 'address' AND place.part IN ('resident', 'trades') "
        "LEFT JOIN fusion_linkdecision left_place ON left_place.record_id = record.id "
        "AND left_place.is_current AND left_place.kind = 'address' AND left_place.part = 'from' "
        "LEFT JOIN registers_address address ON address.id = place.entry_id "
        "WHERE source.code IN ('life_events_residents', 'life_events_firms') "
        "AND record.replaced_by_batch_id IS NULL AND batch.state IN ('staged', 'linked') "
        "ORDER BY record.id",
        schema=ACTS,
    )


def speaking_rows(source_code: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Leave only the rows that speak of somebody themselves; other sources pass as they are.

    An event of somebody known is about that entry, whatever the engine would find.
    """
    if source_code not in SOURCES or "event" not in rows.columns:
        return rows
    return rows.filter(pl.col("event").is_in(NEWCOMERS) & pl.col("name").is_not_null())


def standing_corrections() -> pl.DataFrame:
    """Give the values that corrections mended, the newest of each entry and field last."""
    return _values_of(RESIDENTS, ["correction"])


def standing_ends(subject: str) -> pl.DataFrame:
    """Give the day on which an event ended an entry: entry_id, record_id and ends_on."""
    acts = standing_acts().filter(
        (pl.col("subject") == subject) & pl.col("event").is_in(["death", "firm_closes"])
    )
    return (
        acts.sort("effective_on", "record_id")
        .unique("entry_id", keep="last", maintain_order=True)
        .select("entry_id", "record_id", pl.col("effective_on").alias("ends_on"))
    )


def standing_moves() -> pl.DataFrame:
    """Give where each organisation moved last: entry_id, record_id, address_id and grid_id."""
    return (
        standing_acts()
        .filter(pl.col("event") == "firm_moves")
        .sort("effective_on", "record_id")
        .unique("entry_id", keep="last", maintain_order=True)
        .select("entry_id", "record_id", "address_id", "grid_id", "effective_on")
    )


def opened_firms(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of firms that opened, with the columns the market's register has."""
    return rows.with_columns(
        pl.lit(None, pl.String).alias("representative"),
        pl.lit("").alias("state"),
        pl.lit(None, pl.Date).alias("dissolved_on"),
    )


def _values_of(source_code: str, events: list[str]) -> pl.DataFrame:
    rows = current_records(source_code)
    if "event" not in rows.columns:
        return pl.DataFrame(schema={"entry_id": pl.Int64, "record_id": pl.Int64})
    acts = standing_acts().select("record_id", "entry_id")
    return rows.filter(pl.col("event").is_in(events)).join(acts, on="record_id").sort("record_id")
