"""Take one record out of an entry: it is different from every other record there."""

from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.fusion.actions.review.decide import keep_judgement
from fangge.fusion.actions.review.moving import hold_registers
from fangge.fusion.actions.review.planning import PAIR, plan_parting
from fangge.fusion.adapters.engine import number_parts
from fangge.fusion.adapters.parts import speaking_members
from fangge.fusion.models.review import Judgement, JudgementWay, Verdict
from fangge.fusion.queries.decisions import parts_of_entries
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Missing
from fangge.kernel.wall import beyond_scope
from fangge.registers.queries.visible import entries_within


class NothingElseThere(Conflict):
    """The entry holds no other record."""


class RecordElsewhere(Conflict):
    """The record does not speak of this entry any longer."""


@transaction.atomic
@beyond_scope()
def take_out(
    *,
    actor: Actor,
    kind: str,
    entry_id: int,
    record_id: int,
    part: str,
    reason: str = "",
    now: datetime,
) -> Judgement:
    """Let a record speak of an entry of its own; the others stay. It can be taken back."""
    hold_registers()
    actor.require("pairs.decide")
    if not entries_within(actor, kind=kind, entry_ids=[entry_id]):
        raise Missing(f"There is no {kind} {entry_id}.")
    members = speaking_members(parts_of_entries(kind=kind, entry_ids=[entry_id]), kind=kind)
    own = (pl.col("record_id") == record_id) & (pl.col("part") == part)
    if members.filter(own).is_empty():
        raise RecordElsewhere("This record does not speak of this entry any longer. Look again.")
    others = members.filter(~own)
    if others.is_empty():
        raise NothingElseThere("The entry has no other record to be parted from.")
    pairs = _pairs_with(record_id, part, others)
    return keep_judgement(
        actor=actor,
        judgement=Judgement(kind=kind, way=JudgementWay.TAKE_OUT, reason=reason.strip()),
        pairs=pairs,
        verdict=Verdict.DIFFERENT,
        plan=plan_parting(actor=actor, kind=kind, pairs=pairs),
        now=now,
    )


def _pairs_with(record_id: int, part: str, others: pl.DataFrame) -> pl.DataFrame:
    """Pair a part with each of the others, the smaller first as the engine numbers them."""
    number = number_parts(pl.Series([record_id]), pl.Series([part]))[0]
    is_left = number < number_parts(others["record_id"], others["part"])
    first, second = pl.lit(record_id), pl.lit(part)
    return (
        others.with_columns(is_left=is_left)
        .select(
            left=pl.when("is_left").then(first).otherwise("record_id"),
            left_part=pl.when("is_left").then(second).otherwise("part"),
            right=pl.when("is_left").then("record_id").otherwise(first),
            right_part=pl.when("is_left").then("part").otherwise(second),
            left_entry="entry_id",
            right_entry="entry_id",
        )
        .select(*PAIR, "left_entry", "right_entry")
    )
