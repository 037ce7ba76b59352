"""Run the engine over what is staged and bring the registers to what the sources say."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import transaction

from fangge.fusion.actions.housing import dwelling_parts
from fangge.fusion.actions.merge import (
    keep_decisions,
    keep_pairs,
    keep_readings,
    merge_dwellings,
    merge_organisations,
    merge_residents,
)
from fangge.fusion.actions.merging import Merging, mark_decisions, mark_judgements
from fangge.fusion.actions.overlay import firm_rows, settle_run
from fangge.fusion.actions.presence import list_occupancies, list_trading
from fangge.fusion.actions.reading import Sources, list_uncertain, read_sources
from fangge.fusion.actions.running import Progress, open_run
from fangge.fusion.actions.tenancies import (
    TOLD,
    fuse_tenancies,
    list_tenancies,
    name_occupancies,
    tenancy_parts,
)
from fangge.fusion.adapters.engine import (
    Fused,
    as_parts,
    dates_said,
    fuse_plainly,
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
    DWELLING_PRECEDENCE,
    DWELLINGS,
    FIRM,
    ORGANISATION_PRECEDENCE,
    RESIDENT_PRECEDENCE,
    SPEAKERS,
    TENANCIES,
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
        people = _link_residents(sources, fresh, merging, progress)
        homes = _link_dwellings(sources, fresh, merging, progress)
        traded = _link_organisations(sources, fresh, merging, progress)
        rented, tenancies = _link_tenancies(sources, fresh, (people, homes), merging, progress)
        lived = list_occupancies(sources, people)
        told = [one.select(TOLD.names()).cast(TOLD) for one in (lived, traded, tenancies)]
        _write_occupancies(settle_run(pl.concat(told)), merging, progress)
        keep_decisions(name_occupancies(rented, tenancies), kind="tenancy", merging=merging)
        progress.finish("keep_tenancies")
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
    return members


def _link_dwellings(
    sources: Sources, fresh: Sources, merging: Merging, progress: Progress
) -> pl.DataFrame:
    """Write the dwellings; give which record part speaks of which."""
    parts = dwelling_parts(sources)
    codes = {speaker.source for speaker in DWELLINGS}
    fused = fuse_plainly(
        parts,
        precedence=DWELLING_PRECEDENCE,
        relinking=_relinking("dwelling", parts, fresh, codes, merging),
        decided=decided_pairs(kind="dwelling"),
    )
    progress.finish("link_dwellings")
    members, written = merge_dwellings(fused, sources, merging=merging)
    progress.figures["dwellings"] = written.as_figures()
    keep_decisions(members, kind="dwelling", merging=merging)
    keep_pairs(merging.changed("pairs.dwelling", fused.pairs), kind="dwelling", run=merging.run)
    progress.finish("register_dwellings")
    return members


def _link_tenancies(
    sources: Sources,
    fresh: Sources,
    spoken: tuple[pl.DataFrame, pl.DataFrame],
    merging: Merging,
    progress: Progress,
) -> tuple[Fused, pl.DataFrame]:
    """Find the tenancies of the residents and dwellings that rows speak of."""
    read = pl.concat([fresh[one.source]["record_id"] for one in TENANCIES])
    fused = fuse_tenancies(tenancy_parts(sources, *spoken), fresh=read, merging=merging)
    homes = merging.after.frames["dwellings"].select(
        pl.col("id").alias("entry_id"), "address_id", "grid_id"
    )
    progress.finish("link_tenancies")
    return fused, list_tenancies(fused, homes)


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
    fused = fuse_plainly(
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
