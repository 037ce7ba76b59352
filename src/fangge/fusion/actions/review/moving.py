"""Let record parts speak of another entry, and bring those entries to what their records say."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from django.db import OperationalError, connection, transaction

from fangge.fusion.actions.link import (
    VERBS,
    list_occupancies,
    list_trading,
)
from fangge.fusion.actions.merge import organisation_entries, resident_entries
from fangge.fusion.actions.overlay import firm_rows, settle_few
from fangge.fusion.actions.running import RunInProgress
from fangge.fusion.adapters.engine import fuse_as_told
from fangge.fusion.adapters.parts import parts_from, read_rows
from fangge.fusion.models.decision import LinkDecision
from fangge.fusion.queries.decisions import parts_of_entries
from fangge.fusion.rules.life import FIRMS
from fangge.fusion.rules.linking import (
    FIRM,
    LINK_LOCK,
    ORGANISATION_PRECEDENCE,
    RESIDENT_PRECEDENCE,
)
from fangge.fusion.rules.reviewing import Move
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict
from fangge.registers.actions.joining import lead_entry, rewrite_occupancies, stop_leading
from fangge.registers.actions.mapcells import refresh_map_cells
from fangge.registers.actions.organisations import register_organisations
from fangge.registers.actions.residents import register_residents
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
    precedence = RESIDENT_PRECEDENCE if kind == "resident" else ORGANISATION_PRECEDENCE
    fused = fuse_as_told(
        parts_from(rows, members, kind=kind),
        members.rename({"entry_id": "cluster"}),
        kind=kind,
        precedence=precedence,
    )
    subjects = fused.subjects.with_columns(id="cluster")
    if kind == "resident":
        register_residents(
            actor=actor, residents=resident_entries(subjects), run_id=None, ended=ended, now=now
        )
        occupancies = list_occupancies(rows, members)
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
