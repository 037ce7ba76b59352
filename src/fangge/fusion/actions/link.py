"""Run the engine over what is staged and bring the registers to what the sources say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter

import polars as pl
from django.db import connection, transaction

from fangge.fusion.actions.merge import (
    keep_decisions,
    keep_pairs,
    keep_readings,
    merge_organisations,
    merge_residents,
    write_dwellings,
)
from fangge.fusion.actions.overlay import firm_rows, settle_run
from fangge.fusion.adapters.engine import as_parts, fuse_organisations, fuse_residents
from fangge.fusion.events import RegistersLinked
from fangge.fusion.models.run import Run
from fangge.fusion.models.source import Batch, BatchState
from fangge.fusion.queries.decisions import decided_pairs
from fangge.fusion.queries.life import speaking_rows
from fangge.fusion.queries.records import current_records
from fangge.fusion.rules.life import FIRMS
from fangge.fusion.rules.linking import (
    FIRM,
    LINK_LOCK,
    ORGANISATION_PRECEDENCE,
    READINGS,
    RESIDENT_PRECEDENCE,
    SPEAKERS,
)
from fangge.kernel import bus
from fangge.kernel.actor import Actor, system_actor
from fangge.kernel.errors import Conflict
from fangge.registers.actions.acts.deciding import apply_due_acts
from fangge.registers.actions.addresses import register_addresses
from fangge.registers.actions.index import compile_index, match_texts, publish_index
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.actions.occupancies import write_occupancies
from fangge.registers.actions.waiting import keep_waiting_texts
from fangge.registers.queries.addresses import address_places

VERBS = (
    "registers.link",
    "addresses.register",
    "residents.register",
    "dwellings.register",
    "organisations.register",
    "occupancies.write",
)

Sources = Mapping[str, pl.DataFrame]


class RunInProgress(Conflict):
    """Another link run holds the registers."""


@dataclass(slots=True)
class Progress:
    """Seconds and counts by stage, told to whoever watches."""

    tell: Callable[[str], None]
    figures: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _started: float = field(default_factory=perf_counter)

    def finish(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage] = round(now - self._started, 3)
        self._started = now
        self.tell(stage)


def linking_actor() -> Actor:
    """Act as the link run: it writes registers, and nothing else does so in bulk."""
    return system_actor("link", verbs=VERBS)


@transaction.atomic
def link_registers(*, actor: Actor, tell: Callable[[str], None], now: datetime) -> Run:
    """Fuse every source's current records into the registers, or leave them untouched.

    Raises `RunInProgress` while another run holds the registers.
    """
    actor.require("registers.link")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LINK_LOCK])
        if not cursor.fetchone()[0]:
            raise RunInProgress(
                "Another link run is under way. Wait until it ends, then try again."
            )
    run = Run.objects.create(started_at=now, started_by=actor.reference)
    progress = Progress(tell=tell)
    index = _link_addresses(actor=actor, run=run, progress=progress, now=now)
    sources = _read_sources(index, progress)
    keep_readings(sources, run=run, actor=actor, now=now)
    progress.figures["waiting_texts"] = keep_waiting_texts(
        actor=actor, texts=list_uncertain(sources), now=now
    )
    progress.finish("keep_readings")
    lived = _link_residents(sources, actor=actor, run=run, progress=progress, now=now)
    traded = _link_organisations(sources, actor=actor, run=run, progress=progress, now=now)
    held = settle_run(pl.concat([lived, traded], how="diagonal"))
    written = write_occupancies(actor=actor, occupancies=held, now=now)
    progress.figures["occupancies"] = written.as_figures()
    progress.finish("write_occupancies")
    refresh_map_cells(building_ids=None)
    progress.finish("count_for_map")
    Batch.objects.filter(state=BatchState.STAGED).update(state=BatchState.LINKED)
    run.figures = progress.figures | {"seconds": progress.seconds}
    run.ended_at = now
    run.save()
    bus.publish(RegistersLinked(run_id=run.pk, linked_at=now))
    transaction.on_commit(lambda: publish_index(index, since=now))
    return run


def _link_addresses(*, actor: Actor, run: Run, progress: Progress, now: datetime) -> Path:
    apply_due_acts(actor=actor, now=now)
    rows = current_records("standard_addresses")
    progress.finish("read_addresses")
    listed = rows.with_columns(pl.col("aliases").str.split(";"))
    written = register_addresses(actor=actor, addresses=listed, run_id=run.pk, now=now)
    progress.figures["addresses"] = written.as_figures()
    progress.finish("register_addresses")
    folder = compile_index(run_id=run.pk)
    progress.finish("index_addresses")
    return folder


def _read_sources(index: Path, progress: Progress) -> Sources:
    """Read each source's records, and find the address that each place column means."""
    places = address_places()
    sources: dict[str, pl.DataFrame] = {}
    for code in dict.fromkeys(reading.source for reading in READINGS):
        rows = speaking_rows(code, current_records(code))
        progress.finish(f"read_{code}")
        for reading in READINGS:
            if reading.source == code and reading.column in rows.columns:
                rows = _read_places(rows, reading.column, reading.part, index, places)
        sources[code] = rows
        progress.finish(f"match_{code}")
    return sources


def _read_places(
    rows: pl.DataFrame, column: str, part: str, index: Path, places: pl.DataFrame
) -> pl.DataFrame:
    """Add {part}_code and the like; an address that is not certain is left to a person."""
    found = match_texts(rows[column], folder=index)
    located = found.join(places, on="code", how="left", maintain_order="left")
    sure = pl.col("asserted") & pl.col("address_id").is_not_null()
    named = located.select(
        pl.when(sure).then("code").alias(f"{part}_code"),
        pl.when(sure).then("address_id").alias(f"{part}_address_id"),
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


def _link_residents(
    sources: Sources, *, actor: Actor, run: Run, progress: Progress, now: datetime
) -> pl.DataFrame:
    parts = pl.concat(
        as_parts(
            sources[speaker.source].filter(pl.col(speaker.fields["name"]).is_not_null()),
            source=speaker.source,
            part=speaker.part,
            fields=speaker.fields,
        )
        for speaker in SPEAKERS
        if speaker.fields["name"] in sources[speaker.source].columns
    )
    decided = decided_pairs(kind="resident")
    fused = fuse_residents(parts, precedence=RESIDENT_PRECEDENCE, decided=decided)
    progress.finish("link_residents")
    members, written = merge_residents(fused, actor=actor, run=run, now=now)
    progress.figures["residents"] = written.as_figures()
    progress.finish("register_residents")
    n_decided = keep_decisions(members, kind="resident", actor=actor, run=run, now=now)
    progress.figures["pairs_to_review"] = keep_pairs(fused.pairs, kind="resident", run=run)
    progress.figures["resident_decisions"] = n_decided
    dwellings = write_dwellings(sources["housing_dwellings"], actor=actor, run=run, now=now)
    progress.figures["dwellings"] = dwellings.as_figures()
    progress.finish("register_dwellings")
    return list_occupancies(sources, members)


def _link_organisations(
    sources: Sources, *, actor: Actor, run: Run, progress: Progress, now: datetime
) -> pl.DataFrame:
    rows = firm_rows(sources[FIRM.source], sources[FIRMS])
    parts = pl.concat(
        as_parts(
            rows.filter(pl.col("said_by").eq_missing(said_by)),
            source=said_by or FIRM.source,
            part=FIRM.part,
            fields=FIRM.fields,
        )
        for said_by in (None, FIRMS)
    )
    decided = decided_pairs(kind="organisation")
    fused = fuse_organisations(parts, precedence=ORGANISATION_PRECEDENCE, decided=decided)
    members, written = merge_organisations(fused, rows, actor=actor, run=run, now=now)
    progress.figures["organisations"] = written.as_figures()
    keep_decisions(members, kind="organisation", actor=actor, run=run, now=now)
    keep_pairs(fused.pairs, kind="organisation", run=run)
    progress.finish("register_organisations")
    return list_trading(rows, members)


def list_trading(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """List which firm trades where, each firm and address once."""
    return (
        members.join(rows, on="record_id")
        .filter(pl.col("trades_address_id").is_not_null())
        .sort("founded_on", "record_id", nulls_last=True)
        .unique(["entry_id", "trades_address_id"], keep="first", maintain_order=True)
        .select(
            kind=pl.lit("trades"),
            resident_id=pl.lit(None, pl.Int64),
            organisation_id="entry_id",
            address_id="trades_address_id",
            grid_id="trades_grid_id",
            starts_on="founded_on",
            ends_on="dissolved_on",
            record_id="record_id",
        )
    )


def list_occupancies(sources: Sources, members: pl.DataFrame) -> pl.DataFrame:
    """List who is where by what the sources say, each holder, kind and address once.

    A person lives where the newest record says; where older ones said, they did until then.
    """
    spoken = [
        _spoken(sources["police_population"], members, "holder", "registered", "registered"),
        _spoken(sources["police_population"], members, "holder", "resident", "resident"),
        _spoken(sources["health_population"], members, "holder", "resident", "resident"),
        _spoken(sources["housing_dwellings"], members, "tenant", "tenant", "dwelling"),
        _spoken(sources["housing_dwellings"], members, "owner", "owner", "dwelling"),
    ]
    once = (
        pl.concat(spoken)
        .sort("said_on", "record_id", nulls_last=False)
        .group_by("kind", "resident_id", "address_id", maintain_order=True)
        .agg(
            pl.col("grid_id").last(),
            pl.col("said_on").min().alias("starts_on"),
            pl.col("said_on").max().alias("last_on"),
            pl.col("ends_on").last(),
            pl.col("record_id").last(),
        )
        .sort("kind", "resident_id", "last_on", "record_id", nulls_last=False)
    )
    moves = pl.col("kind").is_in(["resident", "registered"])
    next_on = pl.col("last_on").shift(-1).over("kind", "resident_id")
    return once.select(
        "kind",
        "resident_id",
        pl.lit(None, pl.Int64).alias("organisation_id"),
        "address_id",
        "grid_id",
        "starts_on",
        pl.when(moves & next_on.is_not_null()).then(next_on).otherwise("ends_on").alias("ends_on"),
        "record_id",
    )


def _spoken(
    rows: pl.DataFrame, members: pl.DataFrame, part: str, kind: str, place: str
) -> pl.DataFrame:
    said = "updated_on" if "updated_on" in rows.columns else "tenancy_starts_on"
    said_on = pl.lit(None, pl.Date) if part == "owner" else pl.col(said)
    ends_on = pl.col("tenancy_ends_on") if part == "tenant" else pl.lit(None, pl.Date)
    return (
        members.filter(pl.col("part") == part)
        .join(rows, on="record_id")
        .filter(pl.col(f"{place}_address_id").is_not_null())
        .select(
            kind=pl.lit(kind),
            resident_id="entry_id",
            address_id=f"{place}_address_id",
            grid_id=f"{place}_grid_id",
            said_on=said_on,
            ends_on=ends_on,
            record_id="record_id",
        )
    )
