"""Run the engine over what is staged and bring the registers to what the sources say."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import transaction

from fangge.fusion.actions.merge import (
    keep_decisions,
    keep_pairs,
    keep_readings,
    merge_organisations,
    merge_residents,
    write_dwellings,
)
from fangge.fusion.actions.merging import Merging, mark_decisions, mark_judgements
from fangge.fusion.actions.overlay import firm_rows, settle_run
from fangge.fusion.actions.reading import Sources, list_uncertain, read_sources
from fangge.fusion.actions.running import Progress, open_run
from fangge.fusion.adapters.engine import (
    as_parts,
    dates_said,
    fuse_organisations,
    fuse_residents,
    number_changed,
)
from fangge.fusion.adapters.kept import Kept, changed_rows, drop_others, keep, load
from fangge.fusion.adapters.relinking import Relinking
from fangge.fusion.events import RegistersLinked
from fangge.fusion.models.run import Run, RunState
from fangge.fusion.models.source import Batch, BatchState
from fangge.fusion.queries.decisions import decided_pairs
from fangge.fusion.queries.records import contract_mark, current_records, speaking_ids
from fangge.fusion.rules.life import FIRMS
from fangge.fusion.rules.linking import (
    FIRM,
    ORGANISATION_PRECEDENCE,
    RESIDENT_PRECEDENCE,
    SPEAKERS,
)
from fangge.kernel import bus
from fangge.kernel.actor import Actor, system_actor
from fangge.registers.actions.acts.deciding import apply_due_acts
from fangge.registers.actions.addresses import register_addresses
from fangge.registers.actions.bulk import Written
from fangge.registers.actions.index import bring_index, publish_index
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.actions.occupancies import KEY, SAID, write_occupancies
from fangge.registers.actions.waiting import keep_waiting_texts
from fangge.registers.queries.addresses import buildings_of
from fangge.registers.queries.versions import mark_addresses, mark_wordings

VERBS = (
    "registers.link",
    "addresses.register",
    "residents.register",
    "dwellings.register",
    "organisations.register",
    "occupancies.write",
)
ADDRESSES = "standard_addresses"
TOKEN = "kept"  # noqa: S105 - the name of a figure


def linking_actor() -> Actor:
    """Act as the link run: it writes registers, and nothing else does so in bulk."""
    return system_actor("link", verbs=VERBS)


def link_registers(
    *, actor: Actor, tell: Callable[[str], None], now: datetime, is_full: bool = False
) -> Run:
    """Bring the registers to what the sources say now, or leave them untouched.

    What changed since the run before is read, and what differs is written; `is_full` reads all
    anew and gives the same. Raises as `open_run` does.
    """
    before = None if is_full else _kept_before()
    with open_run(actor=actor, is_full=before is None, tell=tell, now=now) as progress:
        # Only now does nobody else write: what was kept may have been of a run that just ended.
        before = None if before is None else _kept_before(held=before)
        merging = Merging(actor=actor, run=progress.run, now=now, before=before, after=Kept())
        merging.after.marks["judgements"] = mark_judgements()
        index = _link_addresses(merging, progress)
        sources, fresh = read_sources(index, progress, before=before, after=merging.after)
        _keep_what_was_read(sources, fresh, merging, progress)
        lived = _link_residents(sources, fresh, merging, progress)
        traded = _link_organisations(sources, fresh, merging, progress)
        held = settle_run(pl.concat([lived, traded], how="diagonal"))
        _write_occupancies(held, merging, progress)
        refresh_map_cells(building_ids=_touched_buildings(merging))
        progress.finish("count_for_map")
        Batch.objects.filter(state=BatchState.STAGED).update(state=BatchState.LINKED)
        bus.publish(RegistersLinked(run_id=progress.run.pk, linked_at=now))
        merging.after.marks["decisions"] = mark_decisions()
        if keep(merging.after, run_id=progress.run.pk):
            progress.figures[TOKEN] = merging.after.token
        progress.finish("keep_for_next")
        run_id = progress.run.pk
        transaction.on_commit(lambda: _settle(index, run_id, now=now))
    return progress.run


def _kept_before(*, held: Kept | None = None) -> Kept | None:
    """Give what the newest run kept: `held`, if that is it."""
    run = Run.objects.filter(state=RunState.DONE).order_by("-id").first()
    token = run.figures.get(TOKEN) if run else None
    if held is not None and held.token == token:
        return held
    return load(run_id=run.pk, token=token) if run and token else None


def _settle(index: Path, run_id: int, *, now: datetime) -> None:
    publish_index(index, since=now)
    drop_others(run_id=run_id)


def _link_addresses(merging: Merging, progress: Progress) -> Path:
    """Write the addresses where their source, or anybody else, changed anything."""
    apply_due_acts(actor=merging.actor, now=merging.now)
    before, after = merging.before, merging.after
    after.marks["addresses"], after.marks["contract"] = mark_addresses(), contract_mark(ADDRESSES)
    ids = speaking_ids(ADDRESSES).to_frame()
    known = before.frames.get(ADDRESSES) if before else None
    after.frames[ADDRESSES] = ids
    is_known = known is not None and known.equals(ids) and after.is_as(before, "contract")
    if is_known and after.is_as(before, "addresses"):
        written = Written(n_new=0, n_changed=0, n_same=ids.height)
    else:
        rows = current_records(ADDRESSES)
        progress.finish("read_addresses")
        listed = rows.with_columns(pl.col("aliases").str.split(";"))
        written = register_addresses(
            actor=merging.actor, addresses=listed, run_id=merging.run.pk, now=merging.now
        )
        after.marks["addresses"] = mark_addresses()
    after.marks["wordings"] = mark_wordings()
    progress.figures["addresses"] = written.as_figures()
    progress.finish("register_addresses")
    held = before.marks.get("index") if before and after.is_as(before, "addresses") else None
    index = bring_index(run_id=merging.run.pk, held=held)
    after.marks["index"] = index.name
    progress.finish("index_addresses")
    return index


def _keep_what_was_read(
    sources: Sources, fresh: Sources, merging: Merging, progress: Progress
) -> None:
    keep_readings(fresh, merging=merging)
    uncertain = list_uncertain(sources)
    merging.after.frames["uncertain"] = uncertain
    known = merging.before.frames.get("uncertain") if merging.before else None
    if (
        known is None
        or not known.equals(uncertain)
        or not merging.after.is_as(merging.before, "wordings")
    ):
        progress.figures["waiting_texts"] = keep_waiting_texts(
            actor=merging.actor, texts=uncertain, now=merging.now
        )
    progress.finish("keep_readings")


def _write_occupancies(held: pl.DataFrame, merging: Merging, progress: Progress) -> None:
    told = held.select(*KEY, *SAID)
    gone = merging.gone("occupancies", told, KEY)
    due = merging.changed("occupancies", told)
    written = write_occupancies(
        actor=merging.actor,
        occupancies=due,
        run_id=merging.run.pk,
        ended=gone,
        now=merging.now,
    )
    n_same = written.n_same + told.height - due.height
    progress.figures["occupancies"] = replace(written, n_same=n_same).as_figures()
    progress.finish("write_occupancies")


def _touched_buildings(merging: Merging) -> set[int] | None:
    """Give the buildings whose counts may have changed, or none when any may."""
    if merging.before is None or not merging.after.is_as(merging.before, "addresses"):
        return None
    touched = []
    for name in ("occupancies", "dwellings", "organisations"):
        then, now = merging.before.frames.get(name), merging.after.frames[name]
        if then is None:
            return None
        touched += [changed_rows(now, then)["address_id"], changed_rows(then, now)["address_id"]]
    return buildings_of(pl.concat(touched))


def _relinking(
    kind: str, parts: pl.DataFrame, fresh: Sources, codes: Iterable[str], merging: Merging
) -> Relinking:
    """Tell the engine which record parts were read anew."""
    read = pl.concat([fresh[code]["record_id"] for code in codes]).unique()
    return Relinking(kind, merging.before, merging.after, number_changed(parts, read))


def _link_residents(
    sources: Sources, fresh: Sources, merging: Merging, progress: Progress
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
    codes = {speaker.source for speaker in SPEAKERS}
    fused = fuse_residents(
        parts,
        precedence=RESIDENT_PRECEDENCE,
        relinking=_relinking("resident", parts, fresh, codes, merging),
        decided=decided,
    )
    progress.finish("link_residents")
    members, written = merge_residents(fused, dates_said(parts), merging=merging)
    progress.figures["residents"] = written.as_figures()
    progress.finish("register_residents")
    n_decided = keep_decisions(members, kind="resident", merging=merging)
    progress.figures["pairs_to_review"] = keep_pairs(
        merging.changed("pairs.resident", fused.pairs), kind="resident", run=merging.run
    )
    progress.figures["resident_decisions"] = n_decided
    dwellings = write_dwellings(sources["housing_dwellings"], merging=merging)
    progress.figures["dwellings"] = dwellings.as_figures()
    progress.finish("register_dwellings")
    return list_occupancies(sources, members)


def _link_organisations(
    sources: Sources, fresh: Sources, merging: Merging, progress: Progress
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
    fused = fuse_organisations(
        parts,
        precedence=ORGANISATION_PRECEDENCE,
        relinking=_relinking("organisation", parts, fresh, (FIRM.source, FIRMS), merging),
        decided=decided,
    )
    members, written = merge_organisations(fused, rows, merging=merging)
    progress.figures["organisations"] = written.as_figures()
    keep_decisions(members, kind="organisation", merging=merging)
    keep_pairs(
        merging.changed("pairs.organisation", fused.pairs), kind="organisation", run=merging.run
    )
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
