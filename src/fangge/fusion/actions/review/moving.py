"""Let record parts speak of another entry, and bring those entries to what their records say."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl
from django.db import OperationalError, connection, transaction

from fangge.fusion.actions.housing import hold_anew, place_dwellings
from fangge.fusion.actions.link import VERBS
from fangge.fusion.actions.merge import (
    dwelling_entries,
    organisation_entries,
    resident_entries,
)
from fangge.fusion.actions.overlay import firm_rows, settle_few
from fangge.fusion.actions.presence import list_occupancies, list_trading
from fangge.fusion.actions.running import RunInProgress
from fangge.fusion.actions.tenancies import TOLD, fuse_few, list_tenancies, tenancy_parts
from fangge.fusion.adapters.engine import fuse_as_told
from fangge.fusion.adapters.parts import parts_from, read_rows
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.queries.decisions import entries_of_records, parts_of_entries
from fangge.fusion.rules.life import FIRMS
from fangge.fusion.rules.linking import (
    FIRM,
    LINK_LOCK,
    PRECEDENCE,
)
from fangge.fusion.rules.reviewing import Move
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict
from fangge.registers.actions.dwellings import let_addresses_go, register_dwellings
from fangge.registers.actions.joining import lead_entry, rewrite_occupancies, stop_leading
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.actions.organisations import register_organisations
from fangge.registers.actions.residents import register_residents
from fangge.registers.queries.bearing import dwellings_held, places_of_dwellings
from fangge.registers.queries.buildings import buildings_of

PATIENCE = "5s"


class EntriesChanged(Conflict):
    """The records in question speak of other entries by now."""


def hold_registers() -> None:
    """Let nobody else change the registers until this transaction ends.

    Raises `RunInProgress` when a link run holds them for longer than a person wants to wait.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINK_LOCK])
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        raise RunInProgress(
            "A link run is under way. Your decision was not kept; try again when the run has ended."
        ) from error


@transaction.atomic
def move_parts(
    *, actor: Actor, kind: str, moves: Sequence[Move], reason: str, now: datetime
) -> None:
    """Let these parts speak of the entries they end at; entries left without records lead there.

    Raises `EntriesChanged` when a part does not speak of the entry it is to start from.
    """
    if not moves:
        return
    _append(actor=actor, kind=kind, moves=moves, reason=reason, now=now)
    entry_ids = sorted({move.start for move in moves} | {move.end for move in moves})
    members = parts_of_entries(kind=kind, entry_ids=entry_ids)
    living = set(members["entry_id"])
    # The registers are written by the system, in the name of the person who decided.
    hand = Actor(actor.reference, actor.name, actor.roles, actor.verbs | set(VERBS))
    before = buildings_of(kind, entry_ids)
    _write(hand, kind, members, pl.Series(sorted(set(entry_ids) - living), dtype=pl.Int64), now)
    for entry in entry_ids:
        if entry in living:
            stop_leading(actor=hand, kind=kind, entry_id=entry, now=now)
    for entry, end in {move.start: move.end for move in moves}.items():
        if entry not in living:
            lead_entry(actor=hand, kind=kind, entry_id=entry, leads_to_id=end, now=now)
    refresh_map_cells(building_ids=before | buildings_of(kind, entry_ids))


def _append(*, actor: Actor, kind: str, moves: Sequence[Move], reason: str, now: datetime) -> None:
    for move in moves:
        n_found = LinkDecision.objects.filter(
            record_id=move.record, part=move.part, kind=kind, entry_id=move.start, is_current=True
        ).update(is_current=False)
        if not n_found:
            raise EntriesChanged(
                "These records speak of other entries by now. Nothing was changed; look again."
            )
    LinkDecision.objects.bulk_create(
        LinkDecision(
            record_id=move.record,
            part=move.part,
            kind=kind,
            entry_id=move.end,
            method="person",
            reasons=[reason],
            decided_at=now,
            decided_by=actor.reference,
        )
        for move in moves
    )


def _write(actor: Actor, kind: str, members: pl.DataFrame, ended: pl.Series, now: datetime) -> None:
    rows = read_rows(members["record_id"].unique().to_list())
    fused = fuse_as_told(
        parts_from(rows, members, kind=kind),
        members.rename({"entry_id": "cluster"}),
        kind=kind,
        precedence=PRECEDENCE[kind],
    )
    subjects = fused.subjects.with_columns(id="cluster")
    if kind == "dwelling":
        _write_dwellings(actor, subjects, members, rows, ended, now)
        return
    if kind == "resident":
        register_residents(
            actor=actor, residents=resident_entries(subjects), run_id=None, ended=ended, now=now
        )
        occupancies = _list_where(rows, members)
    else:
        firms = firm_rows(rows[FIRM.source], rows[FIRMS])
        entries = organisation_entries(subjects, firms)
        register_organisations(
            actor=actor, organisations=entries, run_id=None, ended=ended, now=now
        )
        occupancies = list_trading(firms, members)
    holders = [*members["entry_id"].unique(), *ended]
    rewrite_occupancies(
        actor=actor,
        kind=kind,
        holder_ids=holders,
        occupancies=settle_few(occupancies, kind=kind, entry_ids=holders),
        now=now,
    )


def _list_where(rows: Mapping[str, pl.DataFrame], members: pl.DataFrame) -> pl.DataFrame:
    """List where residents are, from all their records, with what they rent."""
    record_ids = members["record_id"].unique().to_list()
    homes = entries_of_records(kind="dwelling", record_ids=record_ids)
    rented = fuse_few(tenancy_parts(rows, members, homes))
    tenancies = list_tenancies(rented, places_of_dwellings(homes["entry_id"].unique()))
    told = (list_occupancies(rows, members), tenancies)
    return pl.concat([one.select(TOLD.names()).cast(TOLD) for one in told])


def _write_dwellings(
    actor: Actor,
    subjects: pl.DataFrame,
    members: pl.DataFrame,
    rows: Mapping[str, pl.DataFrame],
    ended: pl.Series,
    now: datetime,
) -> None:
    """Register a few dwellings; the one that held an address holds it on while it has records."""
    named = members.rename({"entry_id": "cluster"})
    placed = place_dwellings(subjects, named, rows)
    own = pl.concat([placed["id"], ended])
    held = dwellings_held(ids=own, address_ids=placed["address_id"])
    mine = held.filter("holds_address", pl.col("id").is_in(own.implode()))
    let_addresses_go(actor=actor, dwelling_ids=mine["id"].to_list())
    register_dwellings(
        actor=actor,
        dwellings=dwelling_entries(hold_anew(placed, before=mine)),
        run_id=None,
        ended=ended,
        now=now,
    )
    record_ids = members["record_id"].unique().to_list()
    tenants = entries_of_records(kind="resident", record_ids=record_ids, part="tenant")
    if tenants.is_empty():
        return
    # What they rent stands where the dwelling does.
    holders = tenants["entry_id"].unique().to_list()
    whole = parts_of_entries(kind="resident", entry_ids=holders)
    found = _list_where(read_rows(whole["record_id"].unique().to_list()), whole)
    rewrite_occupancies(
        actor=actor,
        kind="resident",
        holder_ids=holders,
        occupancies=settle_few(found, kind="resident", entry_ids=holders),
        now=now,
    )
