"""Read what the sources say now, with the address each text means: all, or what changed."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from fangge.fusion.actions.running import Progress
from fangge.fusion.adapters.kept import Kept
from fangge.fusion.queries.life import speaking_rows
from fangge.fusion.queries.records import contract_mark, current_records, speaking_ids
from fangge.fusion.rules.linking import READINGS, Reading
from fangge.registers.actions.index import match_texts
from fangge.registers.queries.addresses import address_places

Sources = Mapping[str, pl.DataFrame]
SOURCE = "source."
MOST_NAMED = 20_000
"""Up to here addresses are read by name; beyond it is quicker to read them all, once."""


class Places:
    """Where the addresses are that texts were found to mean."""

    def __init__(self) -> None:
        self._all: pl.DataFrame | None = None

    def of(self, codes: pl.Series) -> pl.DataFrame:
        """Give the identifier, level and grid of at least these addresses, by code."""
        wanted = codes.drop_nulls().unique()
        if self._all is None and wanted.len() <= MOST_NAMED:
            return address_places(wanted)
        if self._all is None:
            self._all = address_places()
        return self._all


def read_sources(
    index: Path, progress: Progress, *, before: Kept | None, after: Kept
) -> tuple[Sources, Sources]:
    """Give each source's records, and of them those that are read otherwise than before.

    Where neither addresses nor names changed, a record that was read before is not read again.
    """
    places = Places()
    is_same_world = after.is_as(before, "addresses") and after.is_as(before, "wordings")
    sources, fresh = {}, {}
    for code in dict.fromkeys(reading.source for reading in READINGS):
        readings = [reading for reading in READINGS if reading.source == code]
        after.marks[SOURCE + code] = contract_mark(code)
        known = before.frames.get(SOURCE + code) if before and is_same_world else None
        if known is None or not after.is_as(before, SOURCE + code):
            rows = _read_all(code, readings, index, places, progress)
            sources[code] = fresh[code] = speaking_rows(code, rows)
        else:
            rows, new = _read_changed(code, readings, known, index, places, progress)
            sources[code], fresh[code] = speaking_rows(code, rows), speaking_rows(code, new)
        after.frames[SOURCE + code] = rows
    return sources, fresh


def _read_all(
    code: str, readings: list[Reading], index: Path, places: Places, progress: Progress
) -> pl.DataFrame:
    rows = current_records(code)
    progress.finish(f"read_{code}")
    rows = _read_places(rows, readings, index, places)
    progress.finish(f"match_{code}")
    return rows


def _read_changed(
    code: str,
    readings: list[Reading],
    known: pl.DataFrame,
    index: Path,
    places: Places,
    progress: Progress,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    ids = speaking_ids(code)
    unread = ids.filter(~ids.is_in(known["record_id"].implode()))
    new = current_records(code, record_ids=unread.to_list())
    progress.finish(f"read_{code}")
    new = _read_places(new, readings, index, places)
    kept = known.filter(pl.col("record_id").is_in(ids.implode()))
    rows = pl.concat([kept, new.cast(known.schema)]).sort("record_id") if new.height else kept
    progress.finish(f"match_{code}")
    return rows, new


def _read_places(
    rows: pl.DataFrame, readings: list[Reading], index: Path, places: Places
) -> pl.DataFrame:
    for reading in readings:
        if reading.column in rows.columns:
            rows = _read_place(rows, reading.column, reading.part, index, places)
    return rows


def _read_place(
    rows: pl.DataFrame, column: str, part: str, index: Path, places: Places
) -> pl.DataFrame:
    """Add {part}_code and the like; an address that is not certain is left to a person."""
    found = match_texts(rows[column], folder=index)
    located = found.join(places.of(found["code"]), on="code", how="left", maintain_order="left")
    sure = pl.col("asserted") & pl.col("address_id").is_not_null()
    named = located.select(
        pl.when(sure).then("code").alias(f"{part}_code"),
        pl.when(sure).then("address_id").alias(f"{part}_address_id"),
        *([pl.when(sure).then("home").alias(f"{part}_home")] if part == "dwelling" else []),
        pl.when(sure).then("grid_id").alias(f"{part}_grid_id"),
        pl.when(sure).then("address_level").alias(f"{part}_level"),
        pl.col("score").alias(f"{part}_score"),
        pl.col("reasons").alias(f"{part}_reasons"),
        pl.col("grid_id").alias(f"{part}_near_grid_id"),
    )
    return pl.concat([rows, named], how="horizontal")


def list_uncertain(sources: Sources) -> pl.DataFrame:
    """List the address texts of every record that were not taken for certain."""
    return pl.concat(
        sources[reading.source]
        .filter(
            pl.col(f"{reading.part}_address_id").is_null() & pl.col(reading.column).is_not_null()
        )
        .select(
            text=pl.col(reading.column).cast(pl.String),
            record_id="record_id",
            score=pl.col(f"{reading.part}_score").cast(pl.Float64),
            reasons=f"{reading.part}_reasons",
            grid_id=f"{reading.part}_near_grid_id",
        )
        for reading in READINGS
        if reading.column in sources[reading.source].columns
    )
